//! Times of day in people's zones. The zone database is outside: [`TimeZones`] is handed in.

use crate::{
    journeys::settings::QuietHours,
    time::{DAY_MS, Day, MINUTE_MS, Timestamp},
};

/// A moment as clocks of a place show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    pub day: Day,
    /// Minutes since midnight on the clock, 0 to 1439.
    pub minute: u16,
}

/// Knows the zones of the world.
pub trait TimeZones: Send + Sync {
    /// What the clocks of a zone show. An unknown zone is UTC.
    fn local(&self, at: Timestamp, zone: &str) -> LocalTime;
    /// When the clocks of a zone show it. A time that is skipped when clocks go forward is the
    /// moment after the gap; of a time that comes twice, the first.
    fn instant(&self, time: LocalTime, zone: &str) -> Timestamp;
    /// Is it a zone at all?
    fn knows(&self, zone: &str) -> bool;
}

/// Minutes since midnight of "09:30".
pub fn minute_of(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// The next moment, now included, at which the clock shows `minute` on one of the weekdays (1 is
/// Monday; none means any).
pub fn next_time_of_day(
    calendar: &dyn TimeZones,
    now: Timestamp,
    zone: &str,
    minute: u16,
    weekdays: &[u8],
) -> Timestamp {
    let today = calendar.local(now, zone).day;
    // From yesterday: near a change of the clocks, a moment of yesterday's date may still be ahead.
    (-1..=9)
        .map(|days| today.plus(days))
        .filter(|day| weekdays.is_empty() || weekdays.contains(&day.weekday()))
        .map(|day| calendar.instant(LocalTime { day, minute }, zone))
        .find(|at| *at >= now)
        .unwrap_or(now.plus(7 * DAY_MS))
}

/// So many days after (or before) an instant, at the same time of day in the zone.
pub fn plus_days(calendar: &dyn TimeZones, at: Timestamp, zone: &str, days: i64) -> Timestamp {
    if days == 0 {
        return at;
    }
    let local = calendar.local(at, zone);
    let within_minute = at.0.rem_euclid(MINUTE_MS);
    calendar.instant(LocalTime { day: local.day.plus(days), ..local }, zone).plus(within_minute)
}

/// When the quiet hours that hold now are over; none where it is not quiet.
pub fn quiet_until(
    calendar: &dyn TimeZones,
    now: Timestamp,
    zone: &str,
    quiet: &QuietHours,
) -> Option<Timestamp> {
    let (from, to) = (minute_of(&quiet.from)?, minute_of(&quiet.to)?);
    let minute = calendar.local(now, zone).minute;
    let is_quiet =
        if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to };
    is_quiet.then(|| next_time_of_day(calendar, now, zone, to, &[]))
}

/// One zone for all: for tests of rules that have nothing to do with zones.
pub struct UtcOnly;

impl TimeZones for UtcOnly {
    fn local(&self, at: Timestamp, _: &str) -> LocalTime {
        LocalTime { day: at.day(), minute: (at.0.rem_euclid(DAY_MS) / MINUTE_MS) as u16 }
    }

    fn instant(&self, time: LocalTime, _: &str) -> Timestamp {
        time.day.start().plus(i64::from(time.minute) * MINUTE_MS)
    }

    fn knows(&self, zone: &str) -> bool {
        zone == "UTC"
    }
}
