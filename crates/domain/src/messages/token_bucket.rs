//! At most so many a second: a bucket that fills with time.

use crate::time::{SECOND_MS, Timestamp};

/// Holds at most one second's worth, so that nothing saved up bursts out.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenBucket {
    per_second: u32,
    /// Thousandths.
    held: i64,
    filled_at: Timestamp,
}

impl TokenBucket {
    pub fn new(per_second: u32, now: Timestamp) -> Self {
        // A tenth of a second's worth to begin with, and at least one.
        let held = (i64::from(per_second) * 100).max(1000);
        Self { per_second, held, filled_at: now }
    }

    pub fn per_second(&self) -> u32 {
        self.per_second
    }

    /// How many may go now.
    pub fn available(&mut self, now: Timestamp) -> i64 {
        // A clock that was set back fills nothing and takes nothing.
        let passed = (now.0 - self.filled_at.0).clamp(0, SECOND_MS);
        // What is left over of a whole message is not lost.
        let full = (i64::from(self.per_second) * 1000).max(1000) + 999;
        self.held = (self.held + passed * i64::from(self.per_second)).min(full);
        self.filled_at = now;
        self.held.max(0) / 1000
    }

    /// So many went.
    pub fn consume(&mut self, count: i64) {
        self.held -= count * 1000;
    }

    /// When the next one may go.
    pub fn next_available_at(&self) -> Timestamp {
        if self.per_second == 0 || self.held >= 1000 {
            return self.filled_at;
        }
        self.filled_at.plus((1000 - self.held).div_euclid(i64::from(self.per_second)) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_a_minute_it_lets_through_what_it_says_however_often_it_is_asked() {
        for (per_second, step) in [(1, 7), (10, 3), (10, 997), (250, 1), (250, 1000)] {
            let mut rate = TokenBucket::new(per_second, Timestamp(0));
            let mut went = 0;
            let mut now = 0;
            while now < 60_000 {
                now += step;
                let available = rate.available(Timestamp(now));
                rate.consume(available);
                went += available;
            }
            let fair = i64::from(per_second) * 60;
            assert!(
                (went - fair).abs() <= i64::from(per_second) + 1,
                "{per_second} a second, asked every {step} ms: {went}"
            );
        }
    }

    #[test]
    fn it_says_when_the_next_one_may_go() {
        let mut rate = TokenBucket::new(2, Timestamp(0));
        let first = rate.available(Timestamp(0));
        rate.consume(first);
        assert_eq!(rate.available(Timestamp(1)), 0);
        let next = rate.next_available_at();
        assert!(
            rate.available(Timestamp(next.0 - 2)) == 0 && rate.available(next) == 1,
            "{next:?}"
        );
    }

    #[test]
    fn a_clock_that_is_set_back_neither_fills_nor_blocks_it() {
        let mut rate = TokenBucket::new(1, Timestamp(100_000));
        rate.consume(1);
        assert_eq!(rate.available(Timestamp(50_000)), 0);
        assert_eq!(rate.available(Timestamp(51_100)), 1);
    }
}
