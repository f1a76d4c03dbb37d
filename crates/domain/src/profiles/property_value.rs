//! Values of properties in one canonical form, so that both evaluators of criteria compare the same
//! thing.
//!
//! A property is a text, a number, a boolean, a date-time or a list. JSON has no date-time: a text
//! that is an RFC 3339 instant is one, and is kept as UTC with milliseconds
//! (`2026-11-23T18:30:00.000Z`), so that comparing texts compares times.

use serde_json::{Map, Number, Value};

use crate::{
    error::FieldError,
    time::{Day, Timestamp},
};

/// Properties by name.
pub type Properties = Map<String, Value>;

/// Most properties of a profile or an event (docs/design.md, Limits).
pub const PROPERTIES_MAX: usize = 256;
/// Most bytes of all properties of a profile, with their names.
pub const PROFILE_BYTES_MAX: usize = 1024 * 1024;
/// Longest name of a property or an event, in characters (docs/design.md, Limits).
pub const KEY_MAX: usize = 120;
/// Longest text of a property, in characters. Twice CleverTap's, since templates carry links.
pub const TEXT_MAX: usize = 1024;
/// Most items of a list (docs/design.md, Limits).
pub const LIST_MAX: usize = 100;
/// Deepest nesting of what an event carries along.
pub const DEPTH_MAX: usize = 8;
/// Integers beyond this are not told apart by a double.
const EXACT_MAX: i64 = 1 << 53;

/// Of one value in memory, whatever it is: a list of many zeros is large, although its text is not.
const VALUE_BYTES: usize = 32;

/// About how many bytes a value takes in memory.
pub fn size(value: &Value) -> usize {
    let inside = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum::<usize>(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| name.len() + size(value)).sum::<usize>()
        }
    };
    VALUE_BYTES + inside
}

/// The canonical form of a property's value.
pub fn to_canonical(value: Value) -> Value {
    match value {
        Value::String(text) => match instant(&text) {
            Some(at) => Value::String(canonical_instant(at)),
            None => Value::String(text),
        },
        Value::Number(number) => Value::Number(canonical_number(&number)),
        Value::Array(items) => Value::Array(items.into_iter().map(to_canonical).collect()),
        other => other,
    }
}

/// An instant as it is kept.
pub fn canonical_instant(at: Timestamp) -> String {
    let text = at.to_string();
    // Timestamp leaves `.000` out.
    if text.len() == 20 { format!("{}.000Z", &text[..19]) } else { text }
}

fn canonical_number(number: &Number) -> Number {
    match (number.as_i64(), number.as_f64()) {
        (Some(whole), _) if (-EXACT_MAX..=EXACT_MAX).contains(&whole) => whole.into(),
        (_, Some(float)) if float.fract() == 0.0 && float.abs() <= EXACT_MAX as f64 => {
            (float as i64).into()
        }
        (_, Some(float)) => Number::from_f64(float).unwrap_or_else(|| 0.into()),
        (_, None) => 0.into(),
    }
}

fn instant(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    (bytes.len() >= 20 && bytes[4] == b'-' && bytes[0].is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

/// Is it a day or an instant in canonical form? Such texts are ordered as times.
pub fn is_date(text: &str) -> bool {
    let shape: &[u8] = match text.len() {
        10 => b"0000-00-00",
        24 => b"0000-00-00T00:00:00.000Z",
        _ => return false,
    };
    text.bytes()
        .zip(shape)
        .all(|(byte, kind)| if *kind == b'0' { byte.is_ascii_digit() } else { byte == *kind })
}

/// What a property says about a time: an instant, or a day.
pub enum DateOrInstant {
    At(Timestamp),
    On(Day),
}

/// Reads a canonical text as a time.
pub fn parse_date_or_instant(value: &Value) -> Option<DateOrInstant> {
    let text = value.as_str()?;
    match text.len() {
        10 => text.parse().ok().map(DateOrInstant::On),
        _ => text.parse().ok().map(DateOrInstant::At),
    }
}

/// Brings properties into canonical form, or says what is wrong with the first bad one. `null` is
/// kept: it removes a property.
///
/// # Errors
/// Names the property and the limit.
pub fn read_properties(properties: Properties) -> Result<Properties, FieldError> {
    if properties.len() > PROPERTIES_MAX {
        let sentence =
            format!("There are {} properties; the limit is {PROPERTIES_MAX}.", properties.len());
        return Err(FieldError::new("", "too_many", sentence));
    }
    if properties.values().map(size).sum::<usize>() > PROFILE_BYTES_MAX {
        let sentence =
            "The properties take more than 1 MB in memory. Send fewer or shorter values.";
        return Err(FieldError::new("", "too_large", sentence));
    }
    let mut kept = Properties::new();
    for (name, value) in properties {
        let name = read_key(&name)?;
        check_value(&value, DEPTH_MAX).map_err(|error| error.under(&name))?;
        kept.insert(name, to_canonical(value));
    }
    Ok(kept)
}

/// The name of a property or an event, without spaces around it.
///
/// # Errors
/// Where it is empty, too long, or holds characters that the reference forbids and paths cannot
/// carry.
pub fn read_key(name: &str) -> Result<String, FieldError> {
    let name = name.trim();
    let length = name.chars().count();
    if length == 0 || length > KEY_MAX {
        return Err(FieldError::new(
            "",
            "length",
            format!("A name has 1 to {KEY_MAX} characters."),
        ));
    }
    if let Some(bad) = name.chars().find(|c| c.is_control() || matches!(c, '"' | '\\' | '\'')) {
        let shown = if bad.is_control() {
            "a control character".to_string()
        } else {
            format!("“{bad}”")
        };
        let short: String = name.chars().take(40).collect();
        return Err(FieldError::new(
            "",
            "malformed",
            format!("The name “{short}” contains {shown}, which names must not."),
        ));
    }
    Ok(name.to_string())
}

fn check_value(value: &Value, depth: usize) -> Result<(), FieldError> {
    if depth == 0 {
        return Err(FieldError::new(
            "",
            "too_deep",
            format!("Values are nested at most {DEPTH_MAX} deep."),
        ));
    }
    match value {
        Value::String(text) if text.len() > TEXT_MAX && text.chars().count() > TEXT_MAX => {
            let sentence = format!(
                "The text has {} characters; the limit is {TEXT_MAX}.",
                text.chars().count()
            );
            Err(FieldError::new("", "too_long", sentence))
        }
        Value::Array(items) if items.len() > LIST_MAX => {
            let sentence = format!("The list has {} items; the limit is {LIST_MAX}.", items.len());
            Err(FieldError::new("", "too_many", sentence))
        }
        Value::Array(items) => items.iter().try_for_each(|item| check_value(item, depth - 1)),
        Value::Object(members) if members.len() > PROPERTIES_MAX => Err(FieldError::new(
            "",
            "too_many",
            format!("The object has {} members; the limit is {PROPERTIES_MAX}.", members.len()),
        )),
        Value::Object(members) => {
            members.values().try_for_each(|member| check_value(member, depth - 1))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_instant_is_kept_in_utc_with_milliseconds_and_other_texts_as_they_are() {
        assert_eq!(
            to_canonical(json!("2026-03-29T02:30:00+02:00")),
            json!("2026-03-29T00:30:00.000Z")
        );
        assert_eq!(to_canonical(json!("2026-03-29")), json!("2026-03-29"));
        assert_eq!(to_canonical(json!("2026-03-29T25:00:00Z")), json!("2026-03-29T25:00:00Z"));
    }

    #[test]
    fn a_number_has_one_form() {
        assert_eq!(to_canonical(json!(3.0)), json!(3));
        assert_eq!(to_canonical(json!(u64::MAX)), json!(u64::MAX as f64));
    }

    #[test]
    fn a_whole_number_that_a_double_cannot_tell_apart_is_a_double_to_the_last_one() {
        for whole in [i64::MIN, i64::MIN + 1, -EXACT_MAX - 2, EXACT_MAX + 2, i64::MAX] {
            let Value::Number(kept) = to_canonical(json!(whole)) else { panic!("a number") };
            assert!(kept.is_f64(), "{whole}");
            assert_eq!(kept.as_f64(), Some(whole as f64));
        }
        for whole in [-EXACT_MAX, EXACT_MAX] {
            assert_eq!(to_canonical(json!(whole)), json!(whole));
        }
    }

    #[test]
    fn what_is_too_much_is_named() {
        let path = |value: Value| {
            read_properties(Properties::from_iter([("a".to_string(), value)]))
                .expect_err("refused")
                .path
        };
        assert_eq!(path(json!("x".repeat(TEXT_MAX + 1))), "a");
        assert_eq!(path(json!(vec![1; LIST_MAX + 1])), "a");
        let deep = (0..20).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(path(deep), "a");
        assert!(
            read_key("a\"b").is_err()
                && read_key(" ").is_err()
                && read_key(&"x".repeat(121)).is_err()
        );
    }

    proptest! {
        #[test]
        fn canonical_times_are_ordered_as_the_times_are(a in 0_i64..4_000_000_000_000, b in 0_i64..4_000_000_000_000) {
            let (x, y) = (canonical_instant(Timestamp(a)), canonical_instant(Timestamp(b)));
            prop_assert!(is_date(&x) && is_date(&y));
            prop_assert_eq!(a.cmp(&b), x.cmp(&y));
        }

        #[test]
        fn a_second_reading_changes_nothing(text in "\\PC{0,30}", number: f64, whole: i64) {
            for value in [json!(text), json!(number), json!(whole)] {
                let once = to_canonical(value);
                prop_assert_eq!(to_canonical(once.clone()), once);
            }
        }
    }
}
