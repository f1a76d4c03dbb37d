//! Time is handed in, never reached for: the server gives the real clock, tests give one that they
//! hold.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::sync::watch;
use wayfare_domain::time::{CLOCK_TOLERANCE_MS, Timestamp};

pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The machine's clock, of a server: where it jumps ahead by more than an hour, nobody sees that
/// time. It goes on from where it was, and says that it jumped. Otherwise everything that waits for
/// the next years would happen at once.
pub struct GuardedClock {
    last: Mutex<Reading>,
    jumped: watch::Sender<Option<Duration>>,
}

/// What two clocks said at the same moment, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reading {
    wall: i64,
    /// Of a clock that nobody sets, and that goes on while the machine sleeps.
    steady: i64,
}

impl Reading {
    fn take() -> Self {
        Self { wall: SystemClock.now().0, steady: steady_ms() }
    }

    /// What the wall clock would say at `later` if nobody had set it.
    fn expected_at(self, later: Reading) -> i64 {
        self.wall.saturating_add(later.steady.saturating_sub(self.steady))
    }
}

impl GuardedClock {
    pub fn start() -> Self {
        Self { last: Mutex::new(Reading::take()), jumped: watch::Sender::new(None) }
    }

    /// Returns when the clock has jumped ahead, with how far.
    pub async fn jumped(&self) -> Duration {
        let mut jumped = self.jumped.subscribe();
        let by = jumped.wait_for(Option::is_some).await.map(|by| *by);
        // The sender is ours: it cannot be gone.
        by.ok().flatten().unwrap_or_default()
    }

    /// How far the clock has jumped ahead, if it has.
    pub fn jump(&self) -> Option<Duration> {
        *self.jumped.borrow()
    }

    fn last(&self) -> MutexGuard<'_, Reading> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, now: Reading) -> Timestamp {
        let mut last = self.last();
        let expected = last.expected_at(now);
        let ahead = now.wall.saturating_sub(expected);
        if ahead <= CLOCK_TOLERANCE_MS {
            *last = now;
            return Timestamp(now.wall);
        }
        self.jumped.send_if_modified(|jumped| {
            let first = jumped.is_none();
            jumped.get_or_insert(Duration::from_millis(ahead.unsigned_abs()));
            first
        });
        Timestamp(expected)
    }
}

impl Clock for GuardedClock {
    fn now(&self) -> Timestamp {
        self.read(Reading::take())
    }
}

/// Linux's monotonic clock stands still while the machine sleeps; others' do not.
fn steady_ms() -> i64 {
    #[cfg(target_os = "linux")]
    const STEADY: rustix::time::ClockId = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    const STEADY: rustix::time::ClockId = rustix::time::ClockId::Monotonic;
    let time = rustix::time::clock_gettime(STEADY);
    time.tv_sec.saturating_mul(1_000).saturating_add(time.tv_nsec / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wayfare_domain::time::{DAY_MS, HOUR_MS};

    const START: Reading = Reading { wall: 1_790_000_000_000, steady: 5_000 };

    fn clock() -> GuardedClock {
        GuardedClock { last: Mutex::new(START), jumped: watch::Sender::new(None) }
    }

    /// Both clocks after `passed`, the wall clock set by `set`.
    fn after(passed: i64, set: i64) -> Reading {
        Reading { wall: START.wall + passed + set, steady: START.steady + passed }
    }

    #[test]
    fn time_passes_as_the_wall_clock_says() {
        let clock = clock();
        assert_eq!(clock.read(after(400 * DAY_MS, 0)), Timestamp(START.wall + 400 * DAY_MS));
        assert_eq!(clock.jump(), None);
    }

    #[test]
    fn a_clock_that_is_set_by_up_to_an_hour_or_back_is_followed() {
        let clock = clock();
        for set in [HOUR_MS, 0, -DAY_MS] {
            assert_eq!(clock.read(after(1_000, set)).0, START.wall + 1_000 + set);
        }
        assert_eq!(clock.jump(), None);
    }

    #[test]
    fn nobody_sees_the_time_to_which_a_clock_jumped_ahead() {
        let clock = clock();
        let jump = HOUR_MS + 1;
        assert_eq!(clock.read(after(1_000, jump)), Timestamp(START.wall + 1_000));
        assert_eq!(clock.read(after(2_000, jump)), Timestamp(START.wall + 2_000));
        assert_eq!(clock.jump(), Some(Duration::from_millis(jump.unsigned_abs())));
    }

    #[tokio::test]
    async fn whoever_waits_for_a_jump_is_told() {
        let clock = clock();
        clock.read(after(0, 2 * HOUR_MS));
        assert_eq!(clock.jumped().await, Duration::from_secs(2 * 3600));
    }

    #[test]
    fn the_steady_clock_goes_on() {
        let before = steady_ms();
        std::thread::sleep(Duration::from_millis(5));
        assert!(steady_ms() >= before + 4);
    }
}
