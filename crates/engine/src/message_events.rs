//! What happened to messages of live channels, and where it leads: an enrolment that is still at
//! the message goes on.

use super::{Engine, batch_builder::BatchBuilder};
use wayfare_store::StoreResult;

impl Engine {
    /// What happened to messages moves those whose enrolments are still at them.
    pub(super) async fn apply_message_events(&mut self) -> StoreResult<bool> {
        let head = self.fresh_head().await?;
        let events = self.store.load_pending_message_events(self.most).await?;
        if events.is_empty() {
            return Ok(false);
        }
        let now = self.clock.now();
        let mut slice = BatchBuilder::new(&self.plan, &*self.calendar, head, now);
        let inside = events
            .iter()
            .filter(|event| event.inside)
            .map(|event| event.enrolment.clone())
            .collect();
        slice.load(&*self.source, inside, &[]).await?;
        for event in &events {
            let enrolment = &event.enrolment;
            slice.batch.answered.push((event.message, event.kind));
            slice.count_message_event(enrolment.version, &event.node, event.kind);
            if event.inside {
                slice.message_answer(
                    enrolment.version,
                    enrolment.profile,
                    (&event.node, event.visit),
                    event.kind,
                );
            }
        }
        let batch = slice.finish();
        self.carry_out(batch).await?;
        Ok(true)
    }
}
