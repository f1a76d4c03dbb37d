//! A circuit breaker: where a provider fails again and again it is left alone for a while, then
//! tried with one message.

use crate::time::{MINUTE_MS, SECOND_MS, Timestamp};

/// Failures in a row that open it.
const FAILURE_THRESHOLD: u32 = 8;
/// How long it stays open first, and at most.
const OPEN_FIRST_MS: i64 = 2 * SECOND_MS;
const OPEN_MAX_MS: i64 = 5 * MINUTE_MS;

/// What a provider is trusted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    Closed,
    /// One message, to see whether it works again.
    HalfOpen,
    /// Nothing before then.
    OpenUntil(Timestamp),
}

/// Of one channel of one project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CircuitBreaker {
    in_a_row: u32,
    open_until: Option<Timestamp>,
    /// How long it was open last.
    length: i64,
}

impl CircuitBreaker {
    pub fn trust(&self, now: Timestamp) -> BreakerState {
        match self.open_until {
            None => BreakerState::Closed,
            // Before it was opened is where a clock goes that was set back: that must not keep it
            // open for longer.
            Some(until) if until <= now || now < until.plus(-self.length) => BreakerState::HalfOpen,
            Some(until) => BreakerState::OpenUntil(until),
        }
    }

    /// It took a message, or refused one for the message's own fault: it works.
    pub fn record_success(&mut self) {
        *self = Self::default();
    }

    /// It failed. Answers whether this has opened the breaker, or keeps it open longer.
    pub fn record_failure(&mut self, now: Timestamp) -> bool {
        self.in_a_row = self.in_a_row.saturating_add(1);
        let probe = match self.trust(now) {
            BreakerState::Closed => false,
            BreakerState::HalfOpen => true,
            // One that was on its way when it opened: no news.
            BreakerState::OpenUntil(_) => return false,
        };
        if !probe && self.in_a_row < FAILURE_THRESHOLD {
            return false;
        }
        self.length =
            if self.length == 0 { OPEN_FIRST_MS } else { (self.length * 2).min(OPEN_MAX_MS) };
        self.open_until = Some(now.plus(self.length));
        true
    }

    /// Failures since it worked last.
    pub fn in_a_row(&self) -> u32 {
        self.in_a_row
    }

    /// Is it open, or has no one tried since?
    pub fn is_open(&self) -> bool {
        self.open_until.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(0);

    fn opened() -> CircuitBreaker {
        let mut breaker = CircuitBreaker::default();
        for _ in 1..FAILURE_THRESHOLD {
            assert!(!breaker.record_failure(NOW));
            assert_eq!(breaker.trust(NOW), BreakerState::Closed);
        }
        assert!(breaker.record_failure(NOW));
        breaker
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_lets_one_through_afterwards() {
        let breaker = opened();
        assert_eq!(breaker.trust(NOW), BreakerState::OpenUntil(NOW.plus(OPEN_FIRST_MS)));
        assert_eq!(breaker.trust(NOW.plus(OPEN_FIRST_MS)), BreakerState::HalfOpen);
    }

    #[test]
    fn a_success_in_between_starts_the_count_anew() {
        let mut breaker = CircuitBreaker::default();
        for _ in 0..3 * FAILURE_THRESHOLD {
            breaker.record_failure(NOW);
            breaker.record_success();
        }
        assert_eq!(breaker.trust(NOW), BreakerState::Closed);
    }

    #[test]
    fn each_failed_trial_doubles_the_wait_up_to_a_bound() {
        let mut breaker = opened();
        let mut now = NOW.plus(OPEN_FIRST_MS);
        let mut waits = Vec::new();
        for _ in 0..12 {
            assert!(breaker.record_failure(now));
            let BreakerState::OpenUntil(until) = breaker.trust(now) else { panic!("open") };
            waits.push(until.0 - now.0);
            now = until;
        }
        assert_eq!((waits[0], waits[11]), (2 * OPEN_FIRST_MS, OPEN_MAX_MS));
        breaker.record_success();
        assert_eq!(breaker.trust(now), BreakerState::Closed);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_keep_it_open_for_longer() {
        assert_eq!(opened().trust(NOW), BreakerState::OpenUntil(NOW.plus(OPEN_FIRST_MS)));
        assert_eq!(opened().trust(NOW.plus(-60 * MINUTE_MS)), BreakerState::HalfOpen);
    }

    #[test]
    fn failures_that_were_under_way_when_it_opened_prolong_nothing() {
        let mut breaker = opened();
        assert!(!breaker.record_failure(NOW.plus(1)));
        assert_eq!(breaker.trust(NOW.plus(1)), BreakerState::OpenUntil(NOW.plus(OPEN_FIRST_MS)));
    }
}
