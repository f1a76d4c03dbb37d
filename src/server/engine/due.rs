//! Those whose time has come.

use std::sync::atomic::Ordering;

use super::{Engine, ROUND, slice::Slice};
use crate::{
    domain::time::Timestamp,
    server::store::{Store, StoreResult},
};

impl<S: Store + Clone> Engine<S> {
    /// Everybody who was due until then, the longest due first.
    pub(super) async fn due(&mut self, until: Timestamp) -> StoreResult<bool> {
        let mut due = self.store.due(until, ROUND).await?;
        let found = due.len() as i64;
        // People of a version that does not move (its project is archived) stay where they are.
        due.retain(|live| self.plan.versions.contains_key(&live.version));
        let Some(first) = due.first() else { return Ok(false) };
        let head = self.fresh_head().await?;
        let now = self.clock.now();
        let late = first.due_at.map_or(0, |due| now.0 - due.0);
        self.signs.0.lateness_ms.store(late, Ordering::Relaxed);
        let people: Vec<_> = due.iter().map(|live| (live.version, live.profile)).collect();
        let mut slice = Slice::new(&self.plan, &*self.calendar, head, now);
        slice.load(&self.store, due, &[]).await?;
        for (version, profile) in people {
            slice.time_up(version, profile);
        }
        let batch = slice.finish();
        let moved = !batch.moved.is_empty();
        let done = self.carry_out(batch).await?;
        Ok(moved && (!done || found == ROUND))
    }
}
