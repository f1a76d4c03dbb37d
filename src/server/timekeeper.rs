//! What happens to journeys by itself: scheduled ones start, ended ones complete. Sleeps until the next is due.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    domain::actor::Actor,
    server::{changes::Changes, clock::Clock, store::Store},
};

/// The longest sleep, so that a clock that was set is noticed.
const LONGEST: Duration = Duration::from_secs(60);

/// Runs until told to stop. A change in the list may bring a new due time and wakes it.
pub async fn keep_time(store: impl Store, clock: Arc<dyn Clock>, system: Actor, changes: Changes, stop: CancellationToken) {
    let mut changed = changes.subscribe();
    loop {
        let now = clock.now();
        let next = match store.advance_by_time(&system, now).await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, "timekeeper.failed");
                None
            }
        };
        if let Ok(generation) = store.generation(system.project).await {
            changes.announce(generation);
        }
        changed.mark_unchanged();
        let wait = next.map_or(LONGEST, |next| Duration::from_millis((next.0 - now.0).max(10).unsigned_abs())).min(LONGEST);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
            _ = changed.changed() => {}
        }
    }
}
