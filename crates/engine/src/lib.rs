//! The engine: enters people by what they do, moves them on, and puts their messages into the
//! outbox.
//!
//! One task works through rounds. A round reads a set of events, due people or messages, decides
//! about each in memory with the pure rules of `domain/engine`, and carries everything out in one
//! transaction, or, where the ground has moved meanwhile (someone paused, stopped, merged,
//! forgot), not at all: then it is decided anew. See docs/engine.md.

mod active_versions;
mod batch_builder;
mod entry_events;
mod entry_runs;
mod message_events;
mod test_mode;
mod timers;

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use active_versions::ActiveVersions;
use wayfare_domain::{
    engine::time_zones::TimeZones,
    ids::{ProjectId, VersionKey},
    journeys::status::Status,
    time::Timestamp,
};
use wayfare_runtime::{clock::Clock, engine_metrics::EngineMetrics};
use wayfare_store::{
    StoreResult, Stores,
    actors::system_actor,
    engine::{EngineBatch, EngineSource, EngineState, EngineStore},
    journeys::JourneyStore,
};

/// Most events, people or messages of one round. A round holds the writer's lock for some tens of
/// milliseconds.
const BATCH_SIZE_MAX: i64 = 4_000;
/// Beyond this many decisions, a person and a journey each, a round takes no further events: its
/// memory has a bound.
const DECISIONS_MAX: usize = 10_000;
/// The same while people have to wait for the engine's writing.
const SHORT_ROUND: i64 = 1_000;
const FEW_DECISIONS: usize = 1_000;
/// How often the database is asked whether another process wrote, while there is nothing to do.
const POLL_INTERVAL: Duration = Duration::from_millis(250);
/// How long the engine lets more come together after it was woken.
const COALESCE_DELAY: Duration = Duration::from_millis(4);
/// How far the place in the events may run ahead of the one that is kept, where nothing came of
/// those between: they are looked at again after a crash, and nothing will come of them again.
const CURSOR_LAG_MAX: i64 = 50_000;
/// And for how long, in milliseconds.
const AHEAD_MS: i64 = 60_000;
/// Batches that were refused one after the other before the engine pauses, and before someone is
/// told: a few seconds of nothing else.
const MANY_REFUSALS: u32 = 20;
const FAULTY_REFUSALS: u32 = 10 * MANY_REFUSALS;
/// How often pages hear of the engine's changes at most, in milliseconds.
const ANNOUNCE_EVERY: i64 = 400;

/// What the rounds share.
pub struct Engine {
    store: Arc<dyn EngineStore>,
    source: Arc<dyn EngineSource>,
    journeys: Arc<dyn JourneyStore>,
    clock: Arc<dyn Clock>,
    calendar: Arc<dyn TimeZones>,
    signs: EngineMetrics,
    plan: ActiveVersions,
    /// Most people or messages of this round, and most decisions: [`BATCH_SIZE_MAX`] and
    /// [`DECISIONS_MAX`], or fewer.
    most: i64,
    most_decisions: usize,
    /// The last event that was looked at.
    event_cursor: i64,
    /// Batches in a row that the store did not carry out.
    refused: u32,
    /// When the place was kept last.
    kept_at: Timestamp,
    /// Projects whose pages have not heard yet.
    unannounced: HashSet<ProjectId>,
    announced_at: Timestamp,
    /// The epoch in which nothing was left to sweep.
    swept_epoch: i64,
    /// The epoch in which runs were looked for, and when the next one is.
    looked_epoch: i64,
    next_run: Timestamp,
    catch_up: Option<timers::CatchUpLimiter>,
}

impl Engine {
    pub fn new(
        stores: &Stores,
        clock: Arc<dyn Clock>,
        calendar: Arc<dyn TimeZones>,
        signs: EngineMetrics,
    ) -> Self {
        Self {
            store: Arc::clone(&stores.engine),
            source: Arc::clone(&stores.engine_source),
            journeys: Arc::clone(&stores.journeys),
            clock,
            calendar,
            signs,
            plan: ActiveVersions::default(),
            most: BATCH_SIZE_MAX,
            most_decisions: DECISIONS_MAX,
            event_cursor: 0,
            refused: 0,
            kept_at: Timestamp(0),
            unannounced: HashSet::new(),
            announced_at: Timestamp(0),
            swept_epoch: 0,
            looked_epoch: 0,
            next_run: Timestamp(0),
            catch_up: None,
        }
    }

    /// People who became overdue while the server stood still go on at this rate.
    #[must_use]
    pub fn catching_up(mut self, per_second: u32) -> Self {
        self.catch_up = Some(timers::CatchUpLimiter::new(per_second, self.clock.now()));
        self
    }

    /// Works until told to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut failed: u32 = 0;
        loop {
            let wait = match self.tick().await {
                Ok(true) => Duration::ZERO,
                Ok(false) => self.sleep_length().await,
                Err(error) => {
                    failed += 1;
                    self.signs.count_failure();
                    let wait = POLL_INTERVAL * 2_u32.pow(failed.min(5));
                    tracing::error!(%error, failed, ?wait, "engine.round_failed");
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(wait) => {}
                    }
                    continue;
                }
            };
            failed = 0;
            let signs = self.signs.clone();
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = signs.wait_for_wake(), if !wait.is_zero() => tokio::time::sleep(COALESCE_DELAY).await,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Until the next timer, or the next look.
    async fn sleep_length(&self) -> Duration {
        let now = self.clock.now();
        let due = self.next_due().await.ok().flatten();
        let ahead = due.map(|due| Duration::from_millis((due.0 - now.0).max(1).unsigned_abs()));
        ahead.map_or(POLL_INTERVAL, |ahead| ahead.min(POLL_INTERVAL))
    }

    /// Everything that there is to do right now, once. True where there may be more.
    ///
    /// # Errors
    /// The store's own; nothing of the failed part was done.
    pub async fn tick(&mut self) -> StoreResult<bool> {
        (self.most, self.most_decisions) = if self.store.is_under_pressure() {
            (SHORT_ROUND, FEW_DECISIONS)
        } else {
            (BATCH_SIZE_MAX, DECISIONS_MAX)
        };
        let head = self.fresh_head().await?;
        self.event_cursor = self.event_cursor.max(head.cursor);
        self.signs.set_behind(head.last_event - self.event_cursor);
        let mut worked = false;
        let mut until = self.clock.now();
        if self.event_cursor < head.last_event {
            let (done, reached) = self.qualify(head).await?;
            worked |= done;
            // Timers and events are acted on in the order of their times, also when there are more
            // events than one round takes.
            until = reached.unwrap_or(until).min(until);
        }
        worked |= self.due(until).await?;
        // What was done may have changed where everything stands.
        let head = if worked { self.fresh_head().await? } else { head };
        if head.last_profile_change > 0 {
            worked |= self.profile_changes(head).await?;
        }
        if head.queued {
            worked |= self.send_test_messages().await?;
        }
        if head.answers {
            worked |= self.apply_message_events().await?;
        }
        worked |= self.runs().await?;
        worked |= self.sweep().await?;
        self.announce_rest().await?;
        Ok(worked)
    }

    async fn fresh_head(&mut self) -> StoreResult<EngineState> {
        let head = self.store.get_engine_state().await?;
        self.plan.refresh(&*self.source, &head).await?;
        Ok(head)
    }

    /// Carries a batch out and keeps the plan's counts in step with it. False where it has to be
    /// decided anew.
    async fn carry_out(&mut self, mut batch: EngineBatch) -> StoreResult<bool> {
        batch.cursor = batch.cursor.max(self.event_cursor);
        let soon = !has_passed(AHEAD_MS, self.kept_at, batch.now)
            && batch.cursor - batch.head.cursor < CURSOR_LAG_MAX;
        if batch.is_empty() && (soon || batch.cursor == batch.head.cursor) {
            self.event_cursor = batch.cursor;
            return Ok(true);
        }
        let touched: HashSet<ProjectId> = batch
            .counted
            .keys()
            .filter_map(|version| self.plan.versions.get(version))
            .map(|live| live.planned.project_id)
            .collect();
        self.unannounced.extend(touched);
        let announces = has_passed(ANNOUNCE_EVERY, self.announced_at, batch.now);
        if announces {
            batch.announce = self.unannounced.iter().copied().collect();
        }
        if !self.store.commit_batch(&batch).await? {
            self.refused += 1;
            // Once or twice is a Pause or a Stop, a few times a row of them; over and over is a
            // fault, and must not keep the processor busy in silence.
            if self.refused.is_multiple_of(MANY_REFUSALS) {
                if self.refused >= FAULTY_REFUSALS {
                    tracing::error!(refused = self.refused, "engine.batch_refused");
                }
                tokio::time::sleep(POLL_INTERVAL).await;
            }
            return Ok(false);
        }
        self.refused = 0;
        (self.event_cursor, self.kept_at) = (batch.cursor, batch.now);
        if announces {
            self.unannounced.clear();
            self.announced_at = batch.now;
        }
        if batch.messages.iter().any(|message| message.live) {
            self.signs.wake_dispatcher();
        }
        self.signs.count_batch(
            batch.entered.len() as u64,
            batch.nodes.values().sum::<i64>().unsigned_abs(),
            batch.settled.len() as u64,
        );
        for (version, counted) in &batch.counted {
            if let Some(live) = self.plan.versions.get_mut(version) {
                live.planned.entered += counted.entered;
            }
        }
        self.complete_full(&batch).await?;
        Ok(true)
    }

    /// A journey that has let in as many as it may is complete.
    async fn complete_full(&mut self, batch: &EngineBatch) -> StoreResult<()> {
        for version in batch.counted.keys() {
            let full = self.plan.versions.get(version).is_some_and(|live| {
                let cap = live.compiled.settings.entry_cap.and_then(|cap| i64::try_from(cap).ok());
                live.takes_entries() && cap.is_some_and(|cap| live.planned.entered >= cap)
            });
            if full {
                self.complete(*version).await?;
            }
        }
        Ok(())
    }

    /// Entry is over, by itself.
    async fn complete(&self, version: VersionKey) -> StoreResult<()> {
        let Some(live) = self.plan.versions.get(&version) else { return Ok(()) };
        if live.planned.status != Status::Running {
            return Ok(());
        }
        let system = system_actor(live.planned.project_id);
        self.journeys.complete_version(&system, version, self.clock.now()).await
    }

    /// Pages hear of the last change as well, when nothing follows it.
    async fn announce_rest(&mut self) -> StoreResult<()> {
        let now = self.clock.now();
        if self.unannounced.is_empty() || !has_passed(ANNOUNCE_EVERY, self.announced_at, now) {
            return Ok(());
        }
        let head = self.store.get_engine_state().await?;
        let announce = self.unannounced.iter().copied().collect();
        let batch = EngineBatch {
            head,
            now,
            cursor: self.event_cursor,
            announce,
            ..EngineBatch::default()
        };
        if self.store.commit_batch(&batch).await? {
            self.unannounced.clear();
            self.announced_at = now;
        }
        Ok(())
    }

    /// Rows that a Stop or a newer version left are looked for only where something was changed
    /// since.
    async fn sweep(&mut self) -> StoreResult<bool> {
        if self.swept_epoch == self.plan.epoch {
            return Ok(false);
        }
        let more = self.store.sweep(self.clock.now(), self.most).await?;
        if !more {
            self.swept_epoch = self.plan.epoch;
        }
        Ok(more)
    }
}

/// Have so many milliseconds gone by? A clock that was set back says so too: nothing waits until it
/// has caught up.
fn has_passed(ms: i64, since: Timestamp, now: Timestamp) -> bool {
    !(0..ms).contains(&(now.0 - since.0))
}
