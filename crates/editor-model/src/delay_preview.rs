//! When a delay would be over for someone: what the form of a delay shows as an example.

use wayfare_domain::{
    engine::time_zones::{LocalTime, TimeZones, minute_of, next_time_of_day, plus_days},
    graph::node::Delay,
    profiles::{
        Profile,
        property_value::{DateOrInstant, parse_date_or_instant},
    },
    time::{DAY_MS, MINUTE_MS, Timestamp},
};

/// How many times are shown.
const TIMES: usize = 3;

/// When people who come to the delay today, tomorrow and so on would go on; of a date in the
/// profile there is only one.
pub fn next_times(
    calendar: &dyn TimeZones,
    delay: &Delay,
    profile: &Profile,
    zone: &str,
    now: Timestamp,
) -> Vec<Timestamp> {
    match delay {
        Delay::For { minutes } => {
            let first = now.plus(i64::from(*minutes) * MINUTE_MS);
            (0..TIMES as i64).map(|days| first.plus(days * DAY_MS)).collect()
        }
        Delay::Until { time, weekdays } => {
            let Some(minute) = minute_of(time) else { return Vec::new() };
            let after = |at: &Timestamp| {
                Some(next_time_of_day(calendar, at.plus(MINUTE_MS), zone, minute, weekdays))
            };
            let first = next_time_of_day(calendar, now, zone, minute, weekdays);
            std::iter::successors(Some(first), after).take(TIMES).collect()
        }
        Delay::UntilProperty { property, offset_days } => {
            let base = match profile.properties.get(property).and_then(parse_date_or_instant) {
                Some(DateOrInstant::At(at)) => at,
                Some(DateOrInstant::On(day)) => {
                    calendar.instant(LocalTime { day, minute: 0 }, zone)
                }
                None => return Vec::new(),
            };
            vec![plus_days(calendar, base, zone, i64::from(*offset_days))]
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use wayfare_domain::engine::time_zones::UtcOnly;

    /// A Monday, 12:00 UTC.
    const NOON: Timestamp = Timestamp(1_790_596_800_000);

    fn times(delay: serde_json::Value, profile: &Profile) -> Vec<String> {
        let delay: Delay = serde_json::from_value(delay).expect("a delay");
        next_times(&UtcOnly, &delay, profile, "UTC", NOON)
            .into_iter()
            .map(|at| at.long_date())
            .collect()
    }

    #[test]
    fn a_time_of_day_comes_on_each_of_its_weekdays() {
        let nobody = Profile::default();
        assert_eq!(
            times(json!({"until": {"time": "09:00", "weekdays": [1, 4]}}), &nobody),
            ["1 Oct 2026, 09:00 UTC", "5 Oct 2026, 09:00 UTC", "8 Oct 2026, 09:00 UTC"]
        );
        assert_eq!(times(json!({"for": {"minutes": 90}}), &nobody)[0], "28 Sep 2026, 13:30 UTC");
    }

    #[test]
    fn a_date_in_the_profile_comes_once_and_without_one_never() {
        let properties = json!({"renews": "2026-10-20"}).as_object().cloned().expect("an object");
        let ada = Profile { properties, ..Profile::default() };
        let delay = json!({"until_property": {"property": "renews", "offset_days": -3}});
        assert_eq!(times(delay.clone(), &ada), ["17 Oct 2026, 00:00 UTC"]);
        assert_eq!(times(delay, &Profile::default()), Vec::<String>::new());
    }
}
