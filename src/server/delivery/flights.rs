//! Messages between being taken and being settled, by version. A Stop is a barrier because it looks here: what has not been
//! handed over yet never is, and what is on its way has come to an end, one way or the other, before the Stop is answered.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{Mutex as AsyncMutex, MutexGuard as AsyncGuard, Notify};
use tokio_util::sync::CancellationToken;

use crate::server::store::{StoreResult, delivery::DeliveryStore, engine::VersionNumber};

/// How long messages on their way get to finish when their journey is stopped. Then they are given up.
const GRACE: Duration = Duration::from_secs(5);

/// The board on which every message stands. Cheap to clone; all clones are the same board.
#[derive(Clone, Default)]
pub struct Flights(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// Held while messages are taken, until they stand on the board.
    taking: AsyncMutex<()>,
    board: Mutex<HashMap<VersionNumber, Version>>,
    landed: Notify,
}

#[derive(Default)]
struct Version {
    /// Taken and not settled.
    taken: usize,
    /// Being handed over right now.
    flying: usize,
    /// Stopped: nothing more of it is handed over.
    closed: bool,
    give_up: CancellationToken,
}

/// A message that is being handed over. Dropping it says that this has come to an end.
pub struct Flight {
    flights: Flights,
    version: VersionNumber,
    give_up: CancellationToken,
}

impl Flight {
    /// Its journey was stopped and the grace is over.
    pub async fn given_up(&self) {
        self.give_up.cancelled().await;
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if let Some(version) = self.flights.board().get_mut(&self.version) {
            version.flying = version.flying.saturating_sub(1);
        }
        self.flights.0.landed.notify_waiters();
    }
}

impl Flights {
    fn board(&self) -> MutexGuard<'_, HashMap<VersionNumber, Version>> {
        self.0.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be held from before messages are taken until they were registered.
    pub async fn taking(&self) -> AsyncGuard<'_, ()> {
        self.0.taking.lock().await
    }

    /// Messages of these versions were taken.
    pub fn register(&self, versions: impl Iterator<Item = VersionNumber>) {
        let mut board = self.board();
        for version in versions {
            board.entry(version).or_default().taken += 1;
        }
    }

    /// Messages of these versions were settled, or put back.
    pub fn settle(&self, versions: impl Iterator<Item = VersionNumber>) {
        let mut board = self.board();
        for version in versions {
            if let Some(entry) = board.get_mut(&version) {
                entry.taken = entry.taken.saturating_sub(1);
                if entry.taken == 0 && entry.flying == 0 {
                    board.remove(&version);
                }
            }
        }
    }

    /// A message of the version is about to be handed over; none where it must not be any more.
    pub fn begin(&self, version: VersionNumber) -> Option<Flight> {
        let mut board = self.board();
        let entry = board.get_mut(&version).filter(|entry| !entry.closed)?;
        entry.flying += 1;
        Some(Flight { flights: self.clone(), version, give_up: entry.give_up.clone() })
    }

    /// Returns when nothing of a stopped journey is on its way any more, nor ever will be. To be called after the Stop was
    /// committed and before it is answered.
    ///
    /// # Errors
    /// The store's own: then it is not known what was stopped, and everything goes on.
    pub async fn barrier(&self, store: &impl DeliveryStore) -> StoreResult<()> {
        let versions: Vec<VersionNumber> = {
            // What was taken before the Stop stands on the board from here on; what is taken later sees the Stop.
            let _nobody_takes = self.taking().await;
            self.board().keys().copied().collect()
        };
        if versions.is_empty() {
            return Ok(());
        }
        let stopped = store.stopped_of(&versions).await?;
        for version in &stopped {
            if let Some(entry) = self.board().get_mut(version) {
                entry.closed = true;
            }
        }
        if tokio::time::timeout(GRACE, self.landed(&stopped)).await.is_err() {
            for version in &stopped {
                if let Some(entry) = self.board().get(version) {
                    tracing::warn!(version, given_up = entry.flying, "delivery.given_up");
                    entry.give_up.cancel();
                }
            }
            self.landed(&stopped).await;
        }
        Ok(())
    }

    async fn landed(&self, versions: &HashSet<VersionNumber>) {
        loop {
            let landed = self.0.landed.notified();
            tokio::pin!(landed);
            // From here on no landing is missed.
            landed.as_mut().enable();
            let flying: usize = {
                let board = self.board();
                versions.iter().filter_map(|version| board.get(version)).map(|entry| entry.flying).sum()
            };
            if flying == 0 {
                return;
            }
            landed.await;
        }
    }

    /// Gives everything up that is on its way: the server ends.
    pub fn give_all_up(&self) {
        for entry in self.board().values_mut() {
            entry.closed = true;
            entry.give_up.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_not_begun_before_a_version_closed_never_is() {
        let flights = Flights::default();
        flights.register([1, 1, 2].into_iter());
        let under_way = flights.begin(1).expect("begins");
        flights.board().get_mut(&1).expect("there").closed = true;
        assert!(flights.begin(1).is_none());
        assert!(flights.begin(2).is_some());
        let stopped = HashSet::from([1]);
        let waiting = tokio::spawn({
            let flights = flights.clone();
            async move { flights.landed(&stopped).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(under_way);
        waiting.await.expect("landed");
    }

    #[tokio::test]
    async fn a_version_with_nothing_in_hand_leaves_the_board() {
        let flights = Flights::default();
        flights.register([1, 1].into_iter());
        flights.settle([1].into_iter());
        assert!(flights.begin(1).is_some());
        flights.settle([1].into_iter());
        assert!(flights.board().is_empty());
    }
}
