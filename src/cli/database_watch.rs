//! What a server looks at every second: whether the database is still its own, whether another
//! process released it, and whether the clock can be believed.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::open::Database;
use wayfare_application::hold_watch::HoldWatch;
use wayfare_domain::{
    hold::{HoldReason, is_clock_doubtful},
    time::{HOUR_MS, Timestamp},
};
use wayfare_runtime::clock::{Clock, GuardedClock};
use wayfare_store::{StoreResult, Stores, ownership::OwnershipStore};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(1);
/// How often it is written that a server runs, in milliseconds.
const ALIVE_EVERY_MS: i64 = HOUR_MS;

/// This process serves the database from now on. Answers whether it is held: by whoever started it,
/// or because the clock is to be doubted.
///
/// # Errors
/// The store's own.
pub async fn take_over(database: &Database, hold: bool, now: Timestamp) -> StoreResult<HoldWatch> {
    for sentence in &database.exposed_files {
        tracing::warn!("{sentence}");
    }
    let ownership = &database.stores.ownership;
    let process = std::process::id();
    let owner = format!("wayfare {}, process {process}", env!("CARGO_PKG_VERSION"));
    ownership.take_over(&owner, now).await?;
    if hold {
        ownership.hold(HoldReason::Requested, now).await?;
    }
    if is_clock_doubtful(ownership.find_last_alive().await?, now) {
        ownership.hold(HoldReason::ClockAhead, now).await?;
    }
    Ok(HoldWatch::new(ownership.confirm_ownership().await?))
}

/// Looks until told to stop, and stops the server where it must not go on.
pub async fn watch(
    stores: Stores,
    clock: Arc<GuardedClock>,
    hold: HoldWatch,
    stop: CancellationToken,
) {
    let mut alive_at = None;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            lost = stores.maintenance.lost() => {
                tracing::error!("{}", lost.sentence());
                stop.cancel();
                return;
            }
            by = clock.jumped() => {
                hold_for_the_clock(&*stores.ownership, &clock, by).await;
                stop.cancel();
                return;
            }
            () = tokio::time::sleep(EVERY) => {}
        }
        let now = clock.now();
        match stores.ownership.confirm_ownership().await {
            Ok(None) => {
                hold.release();
                if clock.jump().is_none() {
                    say_alive(&*stores.ownership, &mut alive_at, now).await;
                }
            }
            Ok(Some(_)) => {}
            Err(error) => tracing::warn!(%error, "database.look_failed"),
        }
    }
}

/// The next start finds the hold: until somebody has looked at the clock nothing goes on by itself.
async fn hold_for_the_clock(ownership: &dyn OwnershipStore, clock: &GuardedClock, by: Duration) {
    tracing::error!(seconds = by.as_secs(), "clock.jumped_ahead");
    if let Err(error) = ownership.hold(HoldReason::ClockAhead, clock.now()).await {
        tracing::error!(%error, "clock.hold_failed");
    }
}

async fn say_alive(
    ownership: &dyn OwnershipStore,
    alive_at: &mut Option<Timestamp>,
    now: Timestamp,
) {
    if alive_at.is_some_and(|at| (0..ALIVE_EVERY_MS).contains(&(now.0 - at.0))) {
        return;
    }
    match ownership.record_alive(now).await {
        Ok(()) => *alive_at = Some(now),
        Err(error) => tracing::warn!(%error, "database.alive_not_recorded"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::cli::open::open_for_server;
    use wayfare_domain::{hold::Hold, time::DAY_MS};

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    /// Starts a server at that time; answers whether it is held. One that is not says that it
    /// runs.
    async fn start(path: &Path, now: Timestamp) -> Option<Hold> {
        let database = open_for_server(path, 1).await.expect("a database");
        let hold = take_over(&database, false, now).await.expect("ours").get();
        if hold.is_none() {
            say_alive(&*database.stores.ownership, &mut None, now).await;
        }
        database.stores.maintenance.close().await;
        hold
    }

    #[tokio::test]
    async fn a_server_that_starts_long_after_the_last_one_is_held_until_it_is_released() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("wayfare.db");
        assert_eq!(start(&path, NOW).await, None, "it is new");
        let month = NOW.plus(30 * DAY_MS);
        assert_eq!(start(&path, month).await, None);
        let later = month.plus(30 * DAY_MS + 1);
        let held = start(&path, later).await.expect("a hold");
        assert_eq!((held.reason, held.since), (HoldReason::ClockAhead, later));
        assert_eq!(
            start(&path, month).await,
            Some(held),
            "a clock that is set right frees nothing"
        );
    }
}
