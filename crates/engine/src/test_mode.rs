//! Messages of channels in test mode: the log takes each as soon as it is queued, and the enrolment
//! goes on in the same transaction. Those of live channels are sent by the outbox dispatcher.

use super::{Engine, batch_builder::BatchBuilder};
use wayfare_domain::messages::{event::MessageEventKind, message_status::MessageStatus};
use wayfare_store::{StoreResult, engine::QueuedMessage};

impl Engine {
    pub(super) async fn send_test_messages(&mut self) -> StoreResult<bool> {
        let head = self.fresh_head().await?;
        let queued = self.load_test_messages().await?;
        if queued.is_empty() {
            return Ok(false);
        }
        let now = self.clock.now();
        let mut slice = BatchBuilder::new(&self.plan, &*self.calendar, head, now);
        let inside = queued
            .iter()
            .filter(|message| message.inside)
            .map(|message| message.enrolment.clone())
            .collect();
        slice.load(&*self.source, inside, &[]).await?;
        for message in &queued {
            let enrolment = &message.enrolment;
            let counted = slice.batch.counted.entry(enrolment.version).or_default();
            counted.queued -= 1;
            // Someone who met a goal or left meanwhile gets nothing any more.
            if !message.inside {
                counted.cancelled += 1;
                slice.batch.settled.push((message.seq, MessageStatus::Cancelled));
                continue;
            }
            tracing::debug!(
                message = %message.seq,
                channel = message.channel,
                profile = %enrolment.profile,
                "message.logged"
            );
            slice.batch.settled.push((message.seq, MessageStatus::Sent));
            slice.count_message_event(enrolment.version, &message.node, MessageEventKind::Sent);
            // They may have gone on from the node by a time-out of its own.
            if enrolment.node == message.node && enrolment.visit == message.visit {
                slice.answer(enrolment.version, enrolment.profile, MessageEventKind::Sent);
            }
        }
        let batch = slice.finish();
        self.carry_out(batch).await?;
        Ok(true)
    }

    /// The first of those whose version moves: those of an archived project wait, and keep no one
    /// behind them waiting.
    async fn load_test_messages(&self) -> StoreResult<Vec<QueuedMessage>> {
        let mut after = 0;
        loop {
            let mut page = self.store.load_queued_test_messages(after, self.most).await?;
            let (full, last) =
                (page.len() as i64 == self.most, page.last().map(|message| message.seq));
            page.retain(|message| self.plan.versions.contains_key(&message.enrolment.version));
            match last.filter(|_| full && page.is_empty()) {
                Some(last) => after = last.0,
                None => return Ok(page),
            }
        }
    }
}
