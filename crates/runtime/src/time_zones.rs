//! Zones of the world, from the zone database that is part of the program.

use jiff::{civil, tz::TimeZone};

use wayfare_domain::{
    engine::time_zones::{LocalTime, TimeZones, UtcOnly},
    time::{Day, Timestamp},
};

/// [`TimeZones`] over `jiff`.
#[derive(Debug, Clone, Copy, Default)]
pub struct TzdbZones;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// None of a time that the calendar of zones does not reach.
fn civil(time: LocalTime) -> Option<civil::DateTime> {
    let Day { year, month, day } = time.day;
    let (month, day) = (month.cast_signed(), day.cast_signed());
    let (hour, minute) = (i8::try_from(time.minute / 60).ok()?, (time.minute % 60) as i8);
    civil::DateTime::new(i16::try_from(year).ok()?, month, day, hour, minute, 0, 0).ok()
}

impl TimeZones for TzdbZones {
    fn local(&self, at: Timestamp, name: &str) -> LocalTime {
        // Farther than the calendar of zones reaches, as dates that stand for “never” do.
        let Ok(instant) = jiff::Timestamp::from_millisecond(at.0) else {
            return UtcOnly.local(at, name);
        };
        let local = zone(name).to_datetime(instant);
        let day = Day {
            year: i32::from(local.year()),
            month: local.month().cast_unsigned(),
            day: local.day().cast_unsigned(),
        };
        LocalTime {
            day,
            minute: u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute()))
                .unwrap_or(0),
        }
    }

    fn instant(&self, time: LocalTime, name: &str) -> Timestamp {
        // "Compatible": after the gap where clocks go forward, the first of two where they go back
        // (RFC 5545, 3.3.5).
        let instant = civil(time)
            .and_then(|civil| zone(name).to_ambiguous_timestamp(civil).compatible().ok());
        instant.map_or_else(
            || UtcOnly.instant(time, name),
            |instant| Timestamp(instant.as_millisecond()),
        )
    }

    fn knows(&self, name: &str) -> bool {
        TimeZone::get(name).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use wayfare_domain::{
        engine::time_zones::{next_time_of_day, plus_days, quiet_until},
        journeys::settings::{QuietHours, QuietHoursPolicy},
        time::{DAY_MS, HOUR_MS},
    };

    const ZONES: [&str; 8] = [
        "Europe/Berlin",
        "America/New_York",
        "America/Sao_Paulo",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Africa/Cairo",
        "Pacific/Apia",
        "UTC",
    ];

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    proptest! {
        #[test]
        fn the_next_time_of_day_is_ahead_within_its_week_and_shows_the_wanted_time(
            now in 1_600_000_000_000_i64..1_900_000_000_000,
            zone in 0_usize..8,
            minute in 0_u16..1440,
            weekday in 0_u8..=7,
        ) {
            let (now, zone) = (Timestamp(now), ZONES[zone]);
            let weekdays: Vec<u8> = (weekday > 0).then_some(weekday).into_iter().collect();
            let next = next_time_of_day(&TzdbZones, now, zone, minute, &weekdays);
            prop_assert!(next >= now && next.0 - now.0 <= 9 * DAY_MS);
            let local = TzdbZones.local(next, zone);
            if local.minute != minute {
                // Only where the wanted time does not exist that day: it is the moment after the
                // gap.
                prop_assert_ne!(TzdbZones.local(next.plus(-HOUR_MS), zone).minute.abs_diff(local.minute), 60);
            } else if weekday > 0 {
                prop_assert_eq!(local.day.weekday(), weekday);
            }
        }

        #[test]
        fn days_later_it_is_the_same_time_of_day(
            now in 1_600_000_000_000_i64..1_900_000_000_000, zone in 0_usize..8, days in -400_i64..400,
        ) {
            let (now, zone) = (Timestamp(now), ZONES[zone]);
            let later = plus_days(&TzdbZones, now, zone, days);
            prop_assert!((later.0 - now.0 - days * DAY_MS).abs() <= DAY_MS + HOUR_MS);
            let (before, after) = (TzdbZones.local(now, zone), TzdbZones.local(later, zone));
            prop_assert!(before.minute == after.minute || after.minute.abs_diff(before.minute) <= 60);
        }
    }

    #[test]
    fn a_date_that_stands_for_never_stays_far_ahead() {
        for (never, days, then) in [
            ("9999-12-31T00:00:00Z", -3, "9999-12-28T00:00:00Z"),
            ("9999-12-31T23:59:00Z", -400, "9998-11-26T23:59:00Z"),
            ("9998-12-31T12:00:00Z", 1, "9999-01-01T12:00:00Z"),
        ] {
            assert_eq!(plus_days(&TzdbZones, at(never), "UTC", days), at(then), "{never}");
        }
        let never = at("9999-12-31T00:00:00Z");
        for zone in ZONES {
            let later = plus_days(&TzdbZones, never, zone, 1);
            assert!((later.0 - never.0 - DAY_MS).abs() <= DAY_MS, "{zone}: {later}");
            let far = Timestamp(1_000_000_000_000_000);
            assert!(plus_days(&TzdbZones, far, zone, 1) > never, "{zone}");
        }
    }

    #[test]
    fn half_past_two_on_the_night_that_has_none_is_half_past_three() {
        let night = at("2026-03-28T20:00:00Z");
        assert_eq!(
            next_time_of_day(&TzdbZones, night, "Europe/Berlin", 150, &[]),
            at("2026-03-29T01:30:00Z")
        );
    }

    #[test]
    fn half_past_two_on_the_night_that_has_two_comes_once() {
        let night = at("2026-10-24T20:00:00Z");
        let first = next_time_of_day(&TzdbZones, night, "Europe/Berlin", 150, &[]);
        assert_eq!(first, at("2026-10-25T00:30:00Z"));
        assert_eq!(
            next_time_of_day(&TzdbZones, first.plus(1), "Europe/Berlin", 150, &[]),
            at("2026-10-26T01:30:00Z")
        );
    }

    #[test]
    fn quiet_hours_over_a_night_end_in_the_morning_of_the_zone() {
        let quiet = QuietHours {
            from: "22:00".to_string(),
            to: "08:00".to_string(),
            then: QuietHoursPolicy::SendWhenOver,
        };
        let until = |now: &str| quiet_until(&TzdbZones, at(now), "America/New_York", &quiet);
        assert_eq!(until("2026-07-01T03:00:00Z"), Some(at("2026-07-01T12:00:00Z")));
        assert_eq!(until("2026-07-01T12:00:00Z"), None);
    }
}
