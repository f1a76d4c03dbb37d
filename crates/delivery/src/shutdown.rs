//! How the dispatcher ends when the server is told to.

use std::time::Duration;

use super::{
    delivery_task::AttemptResult,
    dispatcher::{GATHER, LOOK_EVERY, OutboxDispatcher},
};
use wayfare_store::StoreResult;

/// What is on its way when the server ends is waited for as long as its channel waits for an
/// answer: this is longer than any.
const GRACE: Duration = Duration::from_secs(35);
/// How often the last words are written down where the store does not take them.
const LAST_TRIES: u32 = 5;

impl OutboxDispatcher {
    /// Nothing begins any more. What has not begun comes back at once and is written down first;
    /// then what is on its way, as it comes in, so that anyone who loses patience with us meanwhile
    /// has as little in doubt as there is.
    pub(super) async fn close(mut self, mut came_back: Vec<AttemptResult>) {
        let until = tokio::time::Instant::now() + GRACE;
        let mut failed = 0;
        loop {
            self.gather_rest(&mut came_back).await;
            if let Err(error) = self.settle_last(&mut came_back).await {
                failed += 1;
                tracing::error!(%error, failed, "delivery.last_settlement_failed");
                if failed == LAST_TRIES {
                    return;
                }
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            if self.in_flight == 0 {
                return;
            }
            match tokio::time::timeout_at(until, self.back.recv()).await {
                Ok(Some(outcome)) => came_back.push(outcome),
                Ok(None) => return,
                Err(_) => break,
            }
        }
        // Whatever is given up may have arrived: it stays marked as begun, and goes out again under
        // the same key.
        tracing::warn!(in_doubt = self.in_flight, "delivery.given_up_at_the_end");
        self.context.flights.give_all_up();
        while came_back.len() < self.in_flight
            && let Ok(Some(outcome)) = tokio::time::timeout(LOOK_EVERY, self.back.recv()).await
        {
            came_back.push(outcome);
        }
        if let Err(error) = self.settle_last(&mut came_back).await {
            tracing::error!(%error, "delivery.last_settlement_failed");
        }
    }

    async fn gather_rest(&mut self, came_back: &mut Vec<AttemptResult>) {
        tokio::time::sleep(GATHER).await;
        while let Ok(outcome) = self.back.try_recv() {
            came_back.push(outcome);
        }
    }

    async fn settle_last(&mut self, came_back: &mut Vec<AttemptResult>) -> StoreResult<()> {
        came_back.retain(|outcome| !outcome.stays_begun);
        if came_back.is_empty() {
            return Ok(());
        }
        let now = self.context.clock.now();
        self.update_limiters(came_back, now);
        self.exchange(came_back, &[], now).await
    }
}
