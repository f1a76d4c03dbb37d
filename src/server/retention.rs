//! Keeps the file from growing for ever: old events, old step logs and old accounts of refusals and imports go, a portion at a
//! time, so that nobody waits for it. People, their trips and all figures stay.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    domain::time::{DAY_MS, Timestamp},
    server::{
        clock::Clock,
        store::{StoreResult, engine::EngineStore},
    },
};

/// How often old rows are looked for.
const EVERY: Duration = Duration::from_secs(3600);
/// Most rows of one transaction.
const PORTION: i64 = 2_000;
/// Between two portions, so that others come in between.
const PAUSE: Duration = Duration::from_millis(20);

/// How long what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days; none: for ever.
    pub events: Option<u32>,
    /// Days, of step logs, of messages and of the accounts of refusals and imports; none: for ever.
    pub steps: Option<u32>,
}

impl Retention {
    fn before(days: Option<u32>, now: Timestamp) -> Option<Timestamp> {
        days.map(|days| now.plus(-(i64::from(days) * DAY_MS)))
    }
}

/// Runs until told to stop.
pub async fn keep_small(store: impl EngineStore, clock: Arc<dyn Clock>, retention: Retention, stop: CancellationToken) {
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            done = tidy(&store, retention, clock.now()) => match done {
                Ok(0) => {}
                Ok(rows) => tracing::info!(rows, "retention.done"),
                Err(error) => tracing::error!(%error, "retention.failed"),
            },
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Deletes everything that is too old; answers how many rows it was.
async fn tidy(store: &impl EngineStore, retention: Retention, now: Timestamp) -> StoreResult<u64> {
    let mut rows = 0;
    if let Some(before) = Retention::before(retention.events, now) {
        loop {
            let deleted = store.forget_events(before, PORTION).await?;
            rows += deleted;
            if deleted < PORTION.unsigned_abs() {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
    if let Some(before) = Retention::before(retention.steps, now) {
        let mut from = Some(0);
        while let Some(enrolment) = from {
            let (deleted, next) = store.forget_steps(before, enrolment, PORTION).await?;
            rows += deleted;
            from = next;
            tokio::time::sleep(PAUSE).await;
        }
        loop {
            let deleted = store.forget_messages(before, PORTION).await?;
            rows += deleted;
            if deleted < PORTION.unsigned_abs() {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        rows += store.forget_accounts(before).await?;
    }
    Ok(rows)
}
