//! A circuit breaker: where a provider fails again and again it is left alone for a while, then
//! tried with one message.

use crate::domain::time::{MINUTE_MS, SECOND_MS, Timestamp};

/// Failures in a row that open it.
const FAILURE_THRESHOLD: u32 = 8;
/// How long it stays open first, and at most.
const OPEN_FIRST_MS: i64 = 2 * SECOND_MS;
const LONGEST: i64 = 5 * MINUTE_MS;

/// What a provider is trusted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    Everything,
    /// One message, to see whether it works again.
    One,
    /// Nothing before then.
    NothingUntil(Timestamp),
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
    pub fn trust(&self, now: Timestamp) -> Trust {
        match self.open_until {
            None => Trust::Everything,
            // Before it was opened is where a clock goes that was set back: that must not keep it
            // open for longer.
            Some(until) if until <= now || now < until.plus(-self.length) => Trust::One,
            Some(until) => Trust::NothingUntil(until),
        }
    }

    /// It took a message, or refused one for the message's own fault: it works.
    pub fn works(&mut self) {
        *self = Self::default();
    }

    /// It failed. Answers whether this has opened the breaker, or keeps it open longer.
    pub fn fails(&mut self, now: Timestamp) -> bool {
        self.in_a_row = self.in_a_row.saturating_add(1);
        let probe = match self.trust(now) {
            Trust::Everything => false,
            Trust::One => true,
            // One that was on its way when it opened: no news.
            Trust::NothingUntil(_) => return false,
        };
        if !probe && self.in_a_row < FAILURE_THRESHOLD {
            return false;
        }
        self.length = if self.length == 0 { OPEN_FIRST_MS } else { (self.length * 2).min(LONGEST) };
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
            assert!(!breaker.fails(NOW));
            assert_eq!(breaker.trust(NOW), Trust::Everything);
        }
        assert!(breaker.fails(NOW));
        breaker
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_lets_one_through_afterwards() {
        let breaker = opened();
        assert_eq!(breaker.trust(NOW), Trust::NothingUntil(NOW.plus(OPEN_FIRST_MS)));
        assert_eq!(breaker.trust(NOW.plus(OPEN_FIRST_MS)), Trust::One);
    }

    #[test]
    fn a_success_in_between_starts_the_count_anew() {
        let mut breaker = CircuitBreaker::default();
        for _ in 0..3 * FAILURE_THRESHOLD {
            breaker.fails(NOW);
            breaker.works();
        }
        assert_eq!(breaker.trust(NOW), Trust::Everything);
    }

    #[test]
    fn each_failed_trial_doubles_the_wait_up_to_a_bound() {
        let mut breaker = opened();
        let mut now = NOW.plus(OPEN_FIRST_MS);
        let mut waits = Vec::new();
        for _ in 0..12 {
            assert!(breaker.fails(now));
            let Trust::NothingUntil(until) = breaker.trust(now) else { panic!("open") };
            waits.push(until.0 - now.0);
            now = until;
        }
        assert_eq!((waits[0], waits[11]), (2 * OPEN_FIRST_MS, LONGEST));
        breaker.works();
        assert_eq!(breaker.trust(now), Trust::Everything);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_keep_it_open_for_longer() {
        assert_eq!(opened().trust(NOW), Trust::NothingUntil(NOW.plus(OPEN_FIRST_MS)));
        assert_eq!(opened().trust(NOW.plus(-60 * MINUTE_MS)), Trust::One);
    }

    #[test]
    fn failures_that_were_under_way_when_it_opened_prolong_nothing() {
        let mut breaker = opened();
        assert!(!breaker.fails(NOW.plus(1)));
        assert_eq!(breaker.trust(NOW.plus(1)), Trust::NothingUntil(NOW.plus(OPEN_FIRST_MS)));
    }
}
