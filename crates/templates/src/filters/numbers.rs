//! Filters of numbers. What is no number counts as 0; what cannot be counted is nothing.

use liquid_core::{Result, Value, ValueView};

use super::{Call, Spec, spec};

pub const FILTERS: &[Spec] = &[
    spec("abs", 0, 0, |call| one(call, i64::checked_abs, f64::abs)),
    spec("ceil", 0, 0, |call| one(call, Some, f64::ceil).map(whole)),
    spec("floor", 0, 0, |call| one(call, Some, f64::floor).map(whole)),
    spec("round", 0, 1, round),
    spec("plus", 1, 1, |call| two(call, i64::checked_add, |a, b| a + b)),
    spec("minus", 1, 1, |call| two(call, i64::checked_sub, |a, b| a - b)),
    spec("times", 1, 1, |call| two(call, i64::checked_mul, |a, b| a * b)),
    spec("divided_by", 1, 1, |call| two(call, i64::checked_div_euclid, |a, b| a / b)),
    spec("modulo", 1, 1, |call| two(call, i64::checked_rem_euclid, f64::rem_euclid)),
    spec("at_least", 1, 1, |call| two(call, |a, b| Some(a.max(b)), f64::max)),
    spec("at_most", 1, 1, |call| two(call, |a, b| Some(a.min(b)), f64::min)),
    spec("number_with_delimiter", 0, 1, with_delimiter),
];

/// Most decimal places that make sense in a double.
const PLACES_MAX: i64 = 15;

#[derive(Clone, Copy)]
enum Number {
    Whole(i64),
    Float(f64),
}

impl Number {
    fn of(value: &dyn ValueView) -> Self {
        let Some(scalar) = value.as_scalar() else { return Number::Whole(0) };
        let text = scalar.to_kstr();
        let is_float = value.type_name() == "fractional number";
        match (text.trim().parse::<i64>(), text.trim().parse::<f64>()) {
            (Ok(whole), _) if !is_float => Number::Whole(whole),
            (_, Ok(float)) if float.is_finite() => Number::Float(float),
            _ => Number::Whole(0),
        }
    }

    fn float(self) -> f64 {
        match self {
            Number::Whole(whole) => whole as f64,
            Number::Float(float) => float,
        }
    }
}

/// A float, where it is one.
fn finite(float: f64) -> Value {
    if float.is_finite() { Value::scalar(float) } else { Value::Nil }
}

/// A whole number, where it fits into one.
fn whole(value: Value) -> Value {
    match value.as_scalar().and_then(|scalar| scalar.to_float()) {
        Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => Value::scalar(float as i64),
        _ => value,
    }
}

fn one(
    call: &Call<'_>,
    on_whole: fn(i64) -> Option<i64>,
    on_float: fn(f64) -> f64,
) -> Result<Value> {
    Ok(match Number::of(call.input) {
        Number::Whole(number) => on_whole(number).map_or(Value::Nil, Value::scalar),
        Number::Float(number) => finite(on_float(number)),
    })
}

fn two(
    call: &Call<'_>,
    on_whole: fn(i64, i64) -> Option<i64>,
    on_float: fn(f64, f64) -> f64,
) -> Result<Value> {
    let (a, b) = (Number::of(call.input), Number::of(call.argument(0)));
    Ok(match (a, b) {
        (Number::Whole(a), Number::Whole(b)) => on_whole(a, b).map_or(Value::Nil, Value::scalar),
        (a, b) => finite(on_float(a.float(), b.float())),
    })
}

fn round(call: &Call<'_>) -> Result<Value> {
    let places = call.whole(0).unwrap_or(0).clamp(0, PLACES_MAX);
    let Number::Float(number) = Number::of(call.input) else { return one(call, Some, f64::round) };
    if places == 0 {
        return Ok(whole(finite(number.round())));
    }
    let scale = 10_f64.powi(i32::try_from(places).unwrap_or(0));
    let rounded = (number * scale).round() / scale;
    Ok(finite(if rounded.is_finite() { rounded } else { number }))
}

/// 1234567.5 as 1,234,567.5
fn with_delimiter(call: &Call<'_>) -> Result<Value> {
    let delimiter = if call.arguments.is_empty() { ",".to_string() } else { call.text_of(0) };
    let written = call.text();
    let (sign, number) =
        written.strip_prefix('-').map_or(("", written.as_str()), |rest| ("-", rest));
    let (digits, places) =
        number.split_once('.').map_or((number, None), |(digits, places)| (digits, Some(places)));
    if digits.is_empty() || digits.len() > 40 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return super::text(written);
    }
    call.makes(delimiter.len() * digits.len())?;
    let mut out = sign.to_string();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push_str(&delimiter);
        }
        out.push(digit);
    }
    if let Some(places) = places {
        out.push('.');
        out.push_str(places);
    }
    super::text(out)
}
