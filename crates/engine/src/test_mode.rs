//! Messages that the log takes, and what became of those that went out.
//!
//! A channel in test mode is the log: it takes each message at once, and the person goes on by it
//! in the same transaction. Real channels are fed by the courier (`server/delivery`); what became
//! of a message comes back as an answer, here.

use super::{Engine, batch_builder::BatchBuilder};
use wayfare_domain::messages::{event::MessageEventKind, message_status::MessageStatus};
use wayfare_store::{StoreResult, engine::QueuedMessage};

impl Engine {
    pub(super) async fn deliver(&mut self) -> StoreResult<bool> {
        let head = self.fresh_head().await?;
        let queued = self.deliverable().await?;
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
            let trip = &message.enrolment;
            let counted = slice.batch.counted.entry(trip.version).or_default();
            counted.queued -= 1;
            // Someone who met a goal or left meanwhile gets nothing any more.
            if !message.inside {
                counted.cancelled += 1;
                slice.batch.settled.push((message.seq, MessageStatus::Cancelled));
                continue;
            }
            tracing::debug!(
                message = message.seq,
                channel = message.channel,
                profile = trip.profile,
                "message.logged"
            );
            slice.batch.settled.push((message.seq, MessageStatus::Sent));
            slice.count_message_event(trip.version, &message.node, MessageEventKind::Sent);
            // They may have gone on from the node by a time-out of its own.
            if trip.node == message.node && trip.visit == message.visit {
                slice.answer(trip.version, trip.profile, MessageEventKind::Sent);
            }
        }
        let batch = slice.finish();
        self.carry_out(batch).await?;
        Ok(true)
    }

    /// The first of those whose version moves: those of an archived project wait, and keep no one
    /// behind them waiting.
    async fn deliverable(&self) -> StoreResult<Vec<QueuedMessage>> {
        let mut after = 0;
        loop {
            let mut page = self.store.load_queued_test_messages(after, self.most).await?;
            let (full, last) =
                (page.len() as i64 == self.most, page.last().map(|message| message.seq));
            page.retain(|message| self.plan.versions.contains_key(&message.enrolment.version));
            match last.filter(|_| full && page.is_empty()) {
                Some(last) => after = last,
                None => return Ok(page),
            }
        }
    }

    /// What became of messages moves people who are still at them.
    pub(super) async fn answers(&mut self) -> StoreResult<bool> {
        let head = self.fresh_head().await?;
        let answers = self.store.load_pending_message_events(self.most).await?;
        if answers.is_empty() {
            return Ok(false);
        }
        let now = self.clock.now();
        let mut slice = BatchBuilder::new(&self.plan, &*self.calendar, head, now);
        let inside = answers
            .iter()
            .filter(|answer| answer.inside)
            .map(|answer| answer.enrolment.clone())
            .collect();
        slice.load(&*self.source, inside, &[]).await?;
        for answer in &answers {
            let trip = &answer.enrolment;
            slice.batch.answered.push((answer.message, answer.fate));
            slice.count_message_event(trip.version, &answer.node, answer.fate);
            if answer.inside {
                slice.message_answer(
                    trip.version,
                    trip.profile,
                    (&answer.node, answer.visit),
                    answer.fate,
                );
            }
        }
        let batch = slice.finish();
        self.carry_out(batch).await?;
        Ok(true)
    }
}
