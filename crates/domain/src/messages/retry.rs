//! When a message whose attempt was deferred is retried.

use crate::time::{HOUR_MS, MINUTE_MS, Timestamp};

/// Waits between tries, in milliseconds: quick at first, for a hiccup; hours at last, for an
/// outage.
const WAITS: [i64; 8] =
    [2_000, 10_000, MINUTE_MS, 5 * MINUTE_MS, 20 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS];
/// Tries in all; a message that failed as often is undelivered.
pub const ATTEMPTS_MAX: i64 = WAITS.len() as i64 + 1;
/// The longest that a provider's own wish is respected.
const REQUESTED_DELAY_MAX: i64 = 24 * HOUR_MS;

/// When to try again after so many tries; none: it has been tried often enough. `wish_ms` is what
/// the provider asked for, `chance` (0 to 99) spreads those who failed together, so that they do
/// not come back together.
pub fn next_attempt_at(
    tries: i64,
    now: Timestamp,
    wish_ms: Option<i64>,
    chance: u8,
) -> Option<Timestamp> {
    let index = usize::try_from(tries.max(1) - 1).ok()?;
    let wait = *WAITS.get(index)?;
    let spread = wait / 5 * i64::from(chance.min(99)) / 100;
    let wish = wish_ms.unwrap_or(0).clamp(0, REQUESTED_DELAY_MAX);
    Some(now.plus((wait + spread).max(wish)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(0);

    #[test]
    fn waits_grow_and_end() {
        let waits: Vec<i64> = (1..ATTEMPTS_MAX)
            .filter_map(|tries| next_attempt_at(tries, NOW, None, 0))
            .map(|at| at.0)
            .collect();
        assert_eq!(waits, WAITS);
        assert!(waits.is_sorted());
        assert_eq!(next_attempt_at(ATTEMPTS_MAX, NOW, None, 0), None);
    }

    #[test]
    fn those_who_failed_together_come_back_apart_but_not_sooner() {
        let at = |chance| next_attempt_at(3, NOW, None, chance).expect("again").0;
        assert!(at(0) >= WAITS[2] && at(99) > at(50) && at(50) > at(0));
        assert!(at(99) < WAITS[2] + WAITS[2] / 5);
    }

    #[test]
    fn a_providers_wish_is_respected_within_a_day() {
        assert_eq!(next_attempt_at(1, NOW, Some(45_000), 0), Some(Timestamp(45_000)));
        assert_eq!(next_attempt_at(4, NOW, Some(1), 0), Some(Timestamp(WAITS[3])));
        assert_eq!(
            next_attempt_at(1, NOW, Some(i64::MAX), 0),
            Some(Timestamp(REQUESTED_DELAY_MAX))
        );
    }
}
