//! Messages leave. The one channel there is, the log, takes each at once; the person goes on by what became of it, in the
//! same transaction.

use super::{Engine, ROUND, slice::Slice};
use crate::server::store::{Store, StoreResult, engine::Settled};

impl<S: Store + Clone> Engine<S> {
    pub(super) async fn deliver(&mut self) -> StoreResult<bool> {
        let head = self.fresh_head().await?;
        let queued = self.store.queued(ROUND).await?;
        let queued: Vec<_> =
            queued.into_iter().filter(|message| self.plan.versions.contains_key(&message.enrolment.version)).collect();
        if queued.is_empty() {
            return Ok(false);
        }
        let now = self.clock.now();
        let mut slice = Slice::new(&self.plan, &*self.calendar, head, now);
        let inside = queued.iter().filter(|message| message.inside).map(|message| message.enrolment.clone()).collect();
        slice.load(&self.store, inside, &[]).await?;
        for message in &queued {
            let trip = &message.enrolment;
            let counted = slice.batch.counted.entry(trip.version).or_default();
            counted.queued -= 1;
            // Somebody who met a goal or left meanwhile gets nothing any more.
            if !message.inside {
                counted.cancelled += 1;
                slice.batch.settled.push((message.seq, Settled::Cancelled));
                continue;
            }
            tracing::debug!(message = message.seq, channel = message.channel, profile = trip.profile, "message.logged");
            slice.batch.settled.push((message.seq, Settled::Sent));
            // She may have gone on from the node by a time-out of its own.
            if trip.node == message.node && trip.visit == message.visit {
                slice.answer(trip.version, trip.profile, "sent");
            }
        }
        let batch = slice.finish();
        self.carry_out(batch).await?;
        Ok(true)
    }
}
