//! What happens to journeys by itself: scheduled ones start, ended ones complete. Sleeps until the
//! next is due.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::change_feed::ChangeFeed;
use wayfare_domain::{ids::ProjectId, time::Timestamp};
use wayfare_runtime::clock::Clock;
use wayfare_store::{StoreResult, Stores, actors::system_actor};

/// When something due that was refused is tried again.
const AGAIN: Duration = Duration::from_secs(60);
/// The longest sleep: projects are asked whether anything changed, since a change may bring a new
/// due time.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The shortest sleep.
const SHORTEST: Duration = Duration::from_millis(10);

/// Runs until told to stop.
pub async fn run_scheduler(
    stores: Stores,
    clock: Arc<dyn Clock>,
    changes: ChangeFeed,
    stop: CancellationToken,
) {
    let mut keeper = JourneyScheduler { stores, changes, seen: HashMap::new() };
    loop {
        let wait = keeper.look(clock.now()).await.unwrap_or_else(|error| {
            tracing::error!(%error, "timekeeper.failed");
            LOOK_EVERY
        });
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

struct JourneyScheduler {
    stores: Stores,
    changes: ChangeFeed,
    /// The generation of each project when it was last looked at, and what was due next.
    seen: HashMap<ProjectId, (i64, Option<Timestamp>)>,
}

impl JourneyScheduler {
    /// Does what is due in every project that changed or has something due; answers how long to
    /// wait.
    async fn look(&mut self, now: Timestamp) -> StoreResult<Duration> {
        let mut wait = LOOK_EVERY;
        for (project, generation) in self.stores.projects.list_generations().await? {
            let known = self.seen.get(&project).copied();
            let same = known
                .is_some_and(|(seen, due)| seen == generation && due.is_none_or(|due| due > now));
            let next = if same {
                known.and_then(|(_, due)| due)
            } else {
                self.advance(project, now).await?
            };
            if let Some(next) = next {
                let ahead = Duration::from_millis((next.0 - now.0).max(0).unsigned_abs());
                wait = wait.min(ahead.max(SHORTEST));
            }
        }
        Ok(wait)
    }

    async fn advance(
        &mut self,
        project: ProjectId,
        now: Timestamp,
    ) -> StoreResult<Option<Timestamp>> {
        let system = system_actor(project);
        let mut next = self.stores.journeys.advance_by_time(&system, now).await?;
        // What is due and was not done was refused; it is asked for again in a while, not at once.
        if next.is_some_and(|next| next <= now) {
            tracing::warn!(%project, "timekeeper.refused");
            next = Some(Timestamp(now.0 + i64::try_from(AGAIN.as_millis()).unwrap_or(60_000)));
        }
        let generation = self.stores.projects.get_generation(project).await?;
        self.seen.insert(project, (generation, next));
        self.changes.announce(project, generation);
        Ok(next)
    }
}
