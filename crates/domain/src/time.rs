//! Instants and days in UTC, without a time zone database: the browser's half stays small, and
//! zones are applied only at the edges (the server's engine, the browser's `Intl`).
//!
//! The calendar arithmetic is the proleptic Gregorian one of RFC 3339; a property test compares it
//! with `jiff`.

use std::{fmt, ops::RangeInclusive, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Milliseconds since 1970-01-01T00:00:00Z. In JSON and in HTML an RFC 3339 text, in the store an
/// integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

/// A day of the calendar, written `2026-11-23`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

pub const SECOND_MS: i64 = 1_000;
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// Longest wait, time-out or interval that a journey may have: ten years of 365 days.
pub const DURATION_DAYS_MAX: u32 = 3_650;

/// By how much a clock that is set right may step. What lies further in the future than anything
/// that was written can lie is from when the clock was ahead.
pub const CLOCK_TOLERANCE_MS: i64 = HOUR_MS;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A date or an instant that is not written as RFC 3339 asks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}” is not a date Wayfare can read. Write a day as 2026-11-23 and a moment as \
        2026-11-23T18:30:00Z."
)]
pub struct MalformedTime(pub String);

impl Day {
    /// Days since 1970-01-01.
    fn days(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month_from_march = (i64::from(self.month) + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    fn from_days(days: i64) -> Self {
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self { year: year as i32, month: month as u8, day: day as u8 }
    }

    /// The days that instants fall on.
    const INSTANTS: RangeInclusive<i64> = i64::MIN.div_euclid(DAY_MS)..=i64::MAX / DAY_MS;

    /// So many days later, or earlier; the last day of all, or the first, where that is beyond.
    pub fn plus(self, days: i64) -> Self {
        let later = self.days().saturating_add(days);
        Self::from_days(later.clamp(*Self::INSTANTS.start(), *Self::INSTANTS.end()))
    }

    /// 1 is Monday, 7 is Sunday (ISO 8601).
    pub fn weekday(self) -> u8 {
        // 1970-01-01 was a Thursday.
        ((self.days() + 3).rem_euclid(7) + 1) as u8
    }

    /// The first instant of the day, UTC.
    pub fn start(self) -> Timestamp {
        Timestamp(self.days().saturating_mul(DAY_MS))
    }

    /// The first instant of the day after, UTC.
    pub fn end(self) -> Timestamp {
        Timestamp((self.days() + 1).saturating_mul(DAY_MS))
    }

    fn days_in_month(year: i32, month: u8) -> u8 {
        match month {
            4 | 6 | 9 | 11 => 30,
            2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            _ => 31,
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Day {
    type Err = MalformedTime;

    fn from_str(text: &str) -> Result<Self, MalformedTime> {
        let malformed = || MalformedTime(text.chars().take(40).collect());
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(malformed());
        }
        let year = digits(&bytes[0..4]).ok_or_else(malformed)? as i32;
        let month = digits(&bytes[5..7]).ok_or_else(malformed)? as u8;
        let day = digits(&bytes[8..10]).ok_or_else(malformed)? as u8;
        if !(1..=12).contains(&month) || day == 0 || day > Day::days_in_month(year, month) {
            return Err(malformed());
        }
        Ok(Day { year, month, day })
    }
}

impl Timestamp {
    /// The UTC day that this instant falls on.
    pub fn day(self) -> Day {
        Day::from_days(self.0.div_euclid(DAY_MS))
    }

    pub fn plus(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// "23 Nov 2026", for a table cell.
    pub fn short_date(self) -> String {
        let day = self.day();
        format!("{} {} {}", day.day, MONTHS[usize::from(day.month - 1)], day.year)
    }

    /// "23 Nov 2026, 18:30 UTC", for a page that has room.
    pub fn long_date(self) -> String {
        let minutes = self.0.rem_euclid(DAY_MS) / MINUTE_MS;
        format!("{}, {:02}:{:02} UTC", self.short_date(), minutes / 60, minutes % 60)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.rem_euclid(DAY_MS);
        let (hour, minute, second) = (ms / HOUR_MS, ms / MINUTE_MS % 60, ms / 1000 % 60);
        write!(f, "{}T{hour:02}:{minute:02}:{second:02}", self.day())?;
        if ms % 1000 != 0 {
            write!(f, ".{:03}", ms % 1000)?;
        }
        f.write_str("Z")
    }
}

impl FromStr for Timestamp {
    type Err = MalformedTime;

    /// RFC 3339, section 5.6: `2026-11-23T18:30:00Z`, with or without a fraction, `Z` or an offset.
    fn from_str(text: &str) -> Result<Self, MalformedTime> {
        let malformed = || MalformedTime(text.chars().take(40).collect());
        if !text.is_ascii() || text.len() < 20 {
            return Err(malformed());
        }
        let day: Day = text[0..10].parse()?;
        let bytes = text.as_bytes();
        if !matches!(bytes[10], b'T' | b't' | b' ') || bytes[13] != b':' || bytes[16] != b':' {
            return Err(malformed());
        }
        let hour = digits(&bytes[11..13]).filter(|h| *h < 24).ok_or_else(malformed)?;
        let minute = digits(&bytes[14..16]).filter(|m| *m < 60).ok_or_else(malformed)?;
        let second = digits(&bytes[17..19]).filter(|s| *s < 60).ok_or_else(malformed)?;
        let mut rest = &text[19..];
        let mut millis = 0;
        if let Some(fraction) = rest.strip_prefix('.') {
            let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if length == 0 || length > 9 {
                return Err(malformed());
            }
            let padded = format!("{:0<3}", &fraction[..length]);
            millis = digits(&padded.as_bytes()[..3]).ok_or_else(malformed)?;
            rest = &fraction[length..];
        }
        let offset = match rest {
            "Z" | "z" => 0,
            _ => offset_minutes(rest.as_bytes()).ok_or_else(malformed)?,
        };
        let in_day = ((hour * 60 + minute) * 60 + second) * 1000 + millis;
        Ok(Timestamp(day.start().0 + in_day - offset * MINUTE_MS))
    }
}

fn offset_minutes(bytes: &[u8]) -> Option<i64> {
    if bytes.len() != 6 || bytes[3] != b':' {
        return None;
    }
    let sign = match bytes[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = digits(&bytes[1..3]).filter(|h| *h < 24)?;
    let minutes = digits(&bytes[4..6]).filter(|m| *m < 60)?;
    Some(sign * (hours * 60 + minutes))
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0_i64, |sum, byte| {
        byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'))
    })
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_instant_is_written_as_another_library_writes_it(ms in -62_000_000_000_000_i64..253_000_000_000_000) {
            let theirs = jiff::Timestamp::from_millisecond(ms).expect("in range");
            let ours = Timestamp(ms).to_string();
            prop_assert_eq!(ours.parse::<jiff::Timestamp>().expect("readable"), theirs);
            prop_assert_eq!(ours.parse::<Timestamp>(), Ok(Timestamp(ms)));
        }

        #[test]
        fn every_instant_and_every_day_after_it_has_its_place_in_the_calendar(
            ms: i64,
            days: i64,
        ) {
            let (at, day) = (Timestamp(ms), Timestamp(ms).day());
            prop_assert!(day.start() <= at && at <= day.end());
            prop_assert!((1..=7).contains(&day.weekday()) && !at.to_string().is_empty());
            let other = day.plus(days);
            prop_assert!((other >= day) == (days >= 0));
            prop_assert!(other.start() <= other.end());
        }

        #[test]
        fn any_text_is_read_or_refused_but_never_breaks(text in "\\PC{0,40}") {
            let _ = text.parse::<Timestamp>();
            let _ = text.parse::<Day>();
        }
    }

    #[test]
    fn the_first_and_the_last_instant_are_on_days_as_all_others_are() {
        for at in [Timestamp(i64::MIN), Timestamp(i64::MAX)] {
            let day = at.day();
            assert!(day.start() <= at && at <= day.end());
            assert!(!at.long_date().is_empty());
        }
        let day = Timestamp(0).day();
        assert_eq!(day.plus(i64::MAX).plus(1), day.plus(i64::MAX));
        assert_eq!(day.plus(i64::MIN).plus(-1), day.plus(i64::MIN));
    }

    #[test]
    fn an_offset_is_taken_off() {
        let utc: Timestamp = "2026-03-29T00:30:00Z".parse().expect("valid");
        assert_eq!("2026-03-29T02:30:00+02:00".parse(), Ok(utc));
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for text in ["2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "26-04-01", "2026-4-1"]
        {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
        assert!("2028-02-29".parse::<Day>().is_ok());
    }
}
