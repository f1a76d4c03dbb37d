//! Keeps the file from growing for ever: old events, messages, enrolment logs, entry rejections and
//! results of imports go, a portion at a time, so that no one waits for it. Profiles, enrolments
//! and all stats stay.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use wayfare_domain::{
    ids::{EnrolmentKey, VersionKey},
    time::{DAY_MS, Timestamp},
};
use wayfare_runtime::clock::Clock;
use wayfare_store::{
    StoreResult,
    retention::{DeletedPage, RetentionCutoff, RetentionStore},
};

/// How often old rows are looked for.
const EVERY: Duration = Duration::from_secs(3600);
/// Most rows of one transaction.
const PORTION: i64 = 2_000;
/// Between two portions, so that others come in between.
const PAUSE: Duration = Duration::from_millis(20);

/// How long what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionPolicy {
    /// Days; none: for ever.
    pub events: Option<u32>,
    /// Days, of step logs, of messages and of the accounts of refusals and imports; none: for ever.
    pub steps: Option<u32>,
}

impl RetentionPolicy {
    fn before(days: Option<u32>, now: Timestamp) -> Option<Timestamp> {
        days.map(|days| now.plus(-(i64::from(days) * DAY_MS)))
    }
}

/// Runs until told to stop.
pub async fn run_retention(
    store: Arc<dyn RetentionStore>,
    clock: Arc<dyn Clock>,
    retention: RetentionPolicy,
    stop: CancellationToken,
) {
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            done = tidy(&*store, retention, clock.now()) => match done {
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
async fn tidy(
    store: &dyn RetentionStore,
    retention: RetentionPolicy,
    now: Timestamp,
) -> StoreResult<u64> {
    let mut rows = 0;
    if let Some(before) = RetentionPolicy::before(retention.events, now) {
        rows += page_by_page(|from| {
            store.delete_old_events(RetentionCutoff { before, now }, from, PORTION)
        })
        .await?;
    }
    if let Some(before) = RetentionPolicy::before(retention.steps, now) {
        let cutoff = RetentionCutoff { before, now };
        rows += page_by_page(|from| {
            store.delete_old_enrolment_logs(cutoff, EnrolmentKey(from), PORTION)
        })
        .await?;
        rows += page_by_page(|from| store.delete_old_messages(cutoff, from, PORTION)).await?;
        rows += page_by_page(|from| {
            store.delete_old_entry_rejections(cutoff, VersionKey(from), PORTION)
        })
        .await?;
        rows += page_by_page(|_| store.delete_old_imports_and_dedup_keys(cutoff, PORTION)).await?;
    }
    Ok(rows)
}

/// Goes through a table by key, past what stays, to where nothing can be old any more.
async fn page_by_page<F, Deletion>(forget: F) -> StoreResult<u64>
where
    F: Fn(i64) -> Deletion,
    Deletion: Future<Output = StoreResult<DeletedPage>>,
{
    let (mut rows, mut from) = (0, Some(0));
    while let Some(key) = from {
        let page = forget(key).await?;
        rows += page.deleted;
        from = page.next;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(rows)
}
