//! Dates, in the zone where the person lives.

use jiff::{Timestamp, Zoned, civil, fmt::strtime, tz::TimeZone};
use liquid_core::{Result, Runtime, Value, ValueView, model::Scalar};

use super::{Call, Spec, spec, text};
use crate::variable_scope::ZONE;

pub const FILTERS: &[Spec] = &[spec("date", 1, 2, date), spec("time_zone", 1, 1, time_zone)];

/// Longest format: each of its signs can become 255.
const FORMAT_MAX: usize = 100;
/// From this number on, seconds since 1970 are milliseconds: it is the year 5138.
const MILLISECONDS_FROM: u64 = 100_000_000_000;

/// `{{ profile.birthday | date: "%d.%m.%Y" }}`, with another zone as a second argument. What is no
/// date stays as it is.
fn date(call: &Call<'_>) -> Result<Value> {
    let format = call.text_of(0);
    let zone = if call.arguments.len() > 1 {
        zone_named(&call.text_of(1))
    } else {
        profile_zone(call.runtime)
    };
    if format.is_empty() || format.len() > FORMAT_MAX {
        return Ok(call.input.to_value());
    }
    let written = moment(call, &zone).and_then(|moment| strtime::format(&format, &moment).ok());
    written.map_or_else(|| Ok(call.input.to_value()), text)
}

/// The same time in another zone, for `date` to format.
fn time_zone(call: &Call<'_>) -> Result<Value> {
    let zone = zone_named(&call.text_of(0));
    match moment(call, &profile_zone(call.runtime)) {
        Some(moment) => text(
            strtime::format("%Y-%m-%d %H:%M:%S", &moment.with_time_zone(zone)).unwrap_or_default(),
        ),
        None => Ok(call.input.to_value()),
    }
}

fn zone_named(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

fn value_of(runtime: &dyn Runtime, name: &'static str) -> String {
    runtime
        .try_get(&[Scalar::new(name)])
        .map(|value| value.to_kstr().into_string())
        .unwrap_or_default()
}

fn profile_zone(runtime: &dyn Runtime) -> TimeZone {
    zone_named(&value_of(runtime, ZONE))
}

/// What a value says about a time: an instant, a day, seconds since 1970, a date and time without a
/// zone (then it is theirs).
fn moment(call: &Call<'_>, zone: &TimeZone) -> Option<Zoned> {
    let written = call.input.as_scalar()?.to_kstr().trim().to_string();
    if written.len() > 64 {
        return None;
    }
    let instant = |at: Timestamp| Some(at.to_zoned(zone.clone()));
    if matches!(written.to_ascii_lowercase().as_str(), "now" | "today") {
        return instant(value_of(call.runtime, "now").parse().ok()?);
    }
    if let Ok(number) = written.parse::<i64>() {
        let at = if number.unsigned_abs() < MILLISECONDS_FROM {
            Timestamp::from_second(number)
        } else {
            Timestamp::from_millisecond(number)
        };
        return at.ok().and_then(instant);
    }
    // "2016-02-16 10:00:00 +0100", as Ruby writes it.
    let joined = written.replacen(" +", "+", 1).replacen(" -", "-", 1).replacen(" UTC", "Z", 1);
    if let Ok(at) = joined.parse::<Timestamp>() {
        return instant(at);
    }
    let civil = written
        .parse::<civil::DateTime>()
        .ok()
        .or_else(|| written.parse::<civil::Date>().ok().map(civil::DateTime::from))?;
    civil.to_zoned(zone.clone()).ok()
}
