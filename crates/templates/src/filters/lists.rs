//! Filters of lists. A single value counts as a list of one, nothing as an empty one.

use std::cmp::Ordering;

use liquid_core::{
    Result, Value, ValueView,
    model::{State, ValueViewCmp},
};

use super::{Call, Spec, spec, text, weight};

pub const FILTERS: &[Spec] = &[
    spec("size", 0, 0, size),
    spec("first", 0, 0, |call| Ok(end_of(call, 0))),
    spec("last", 0, 0, |call| Ok(end_of(call, -1))),
    spec("join", 0, 1, join),
    spec("split", 1, 1, split),
    spec("concat", 1, 1, concat),
    spec("compact", 0, 0, |call| {
        Ok(Value::Array(items(call).into_iter().filter(|item| !item.is_nil()).collect()))
    }),
    spec("map", 1, 1, |call| {
        let key = Key::of(call);
        Ok(Value::Array(items(call).iter().map(|item| key.in_item(item)).collect()))
    }),
    spec("reverse", 0, 0, |call| Ok(Value::Array(items(call).into_iter().rev().collect()))),
    spec("slice", 1, 2, slice),
    spec("sort", 0, 1, |call| sorted(call, compare)),
    spec("sort_natural", 0, 1, |call| {
        sorted(call, |a, b| a.to_kstr().to_lowercase().cmp(&b.to_kstr().to_lowercase()))
    }),
    spec("sum", 0, 1, sum),
    spec("uniq", 0, 1, uniq),
    spec("where", 1, 2, matching),
];

/// Longest list that is compared each with each.
const UNIQ_MAX: usize = 1_000;

fn items(call: &Call<'_>) -> Vec<Value> {
    items_of(call.input)
}

fn items_of(value: &dyn ValueView) -> Vec<Value> {
    match value.as_array() {
        Some(array) => array.values().map(ValueView::to_value).collect(),
        None if value.is_nil() || value.is_state() => Vec::new(),
        None => vec![value.to_value()],
    }
}

fn member(item: &Value, name: &str) -> Value {
    item.as_object().and_then(|object| object.get(name)).map_or(Value::Nil, ValueView::to_value)
}

/// What is sorted and compared by: a member of each, or itself. Its name is read once, however many
/// items there are: it may be as long as a property.
struct Key(Option<String>);

impl Key {
    fn of(call: &Call<'_>) -> Self {
        Self((!call.arguments.is_empty()).then(|| call.text_of(0)))
    }

    fn in_item(&self, item: &Value) -> Value {
        self.0.as_deref().map_or_else(|| item.clone(), |name| member(item, name))
    }
}

fn size(call: &Call<'_>) -> Result<Value> {
    let size = match (call.input.as_array(), call.input.as_object()) {
        (Some(array), _) => array.size(),
        (_, Some(object)) => object.size(),
        _ => i64::try_from(call.input.to_kstr().chars().count()).unwrap_or(i64::MAX),
    };
    Ok(Value::scalar(size))
}

fn end_of(call: &Call<'_>, index: i64) -> Value {
    match call.input.as_array() {
        Some(array) => array.get(index).map_or(Value::Nil, ValueView::to_value),
        None => {
            let text = call.text();
            let sign = if index == 0 { text.chars().next() } else { text.chars().next_back() };
            sign.map_or(Value::Nil, |sign| Value::scalar(sign.to_string()))
        }
    }
}

fn join(call: &Call<'_>) -> Result<Value> {
    let between = if call.arguments.is_empty() { " ".to_string() } else { call.text_of(0) };
    let items = items(call);
    let length: usize = items.iter().map(|item| weight(item) + between.len()).sum();
    call.makes(length)?;
    text(items.iter().map(|item| item.to_kstr().into_string()).collect::<Vec<_>>().join(&between))
}

fn split(call: &Call<'_>) -> Result<Value> {
    let (whole, between) = (call.text(), call.text_of(0));
    let count = if between.is_empty() { whole.len() } else { whole.matches(&between).count() + 1 };
    // Each part is a value of its own.
    call.makes(whole.len() + 48 * count)?;
    let parts: Vec<Value> = if between.is_empty() {
        whole.chars().map(|sign| Value::scalar(sign.to_string())).collect()
    } else {
        whole.split(between.as_str()).map(|part| Value::scalar(part.to_string())).collect()
    };
    // As in Liquid: nothing at the end is no part.
    let kept =
        parts.iter().rposition(|part| !part.query_state(State::Empty)).map_or(0, |last| last + 1);
    Ok(Value::Array(parts.into_iter().take(kept).collect()))
}

fn concat(call: &Call<'_>) -> Result<Value> {
    call.makes(weight(call.input) + weight(call.argument(0)))?;
    let mut all = items(call);
    all.extend(items_of(call.argument(0)));
    Ok(Value::Array(all))
}

fn slice(call: &Call<'_>) -> Result<Value> {
    let length = usize::try_from(call.whole(1).unwrap_or(1)).unwrap_or(0);
    let range = |size: usize| {
        let start = call.whole(0).unwrap_or(0);
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        let start = if start < 0 { size.saturating_add(start) } else { start };
        usize::try_from(start).unwrap_or(usize::MAX)
    };
    if call.input.is_array() {
        let items = items(call);
        let start = range(items.len());
        return Ok(Value::Array(items.into_iter().skip(start).take(length).collect()));
    }
    let whole = call.text();
    text(whole.chars().skip(range(whole.chars().count())).take(length).collect::<String>())
}

/// Some order among all values, so that sorting is safe: what cannot be compared goes by its text.
fn compare(a: &Value, b: &Value) -> Ordering {
    let number = |value: &Value| {
        value
            .as_scalar()
            .filter(|_| value.type_name() != "string")
            .and_then(|scalar| scalar.to_float())
    };
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        // Nothing comes last.
        (None, None) => a.is_nil().cmp(&b.is_nil()).then_with(|| a.to_kstr().cmp(&b.to_kstr())),
    }
}

fn sorted(call: &Call<'_>, order: fn(&Value, &Value) -> Ordering) -> Result<Value> {
    let key = Key::of(call);
    let mut keyed: Vec<(Value, Value)> =
        items(call).into_iter().map(|item| (key.in_item(&item), item)).collect();
    // A sort compares each about as often as its length has bits.
    let bits = keyed.len().checked_ilog2().unwrap_or(0) as usize + 1;
    call.makes(keyed.iter().map(|(key, _)| weight(key)).sum::<usize>() * bits)?;
    keyed.sort_by(|(a, _), (b, _)| order(a, b));
    Ok(Value::Array(keyed.into_iter().map(|(_, item)| item).collect()))
}

fn sum(call: &Call<'_>) -> Result<Value> {
    let key = Key::of(call);
    let number = |item: &Value| {
        key.in_item(item).as_scalar().and_then(|scalar| scalar.to_float()).unwrap_or(0.0)
    };
    let sum: f64 = items(call).iter().map(number).sum();
    Ok(if sum.fract() == 0.0 && sum.abs() < 9e15 {
        Value::scalar(sum as i64)
    } else {
        Value::scalar(sum)
    })
}

fn uniq(call: &Call<'_>) -> Result<Value> {
    let all = items(call);
    call.makes(weight(call.input) * all.len().min(UNIQ_MAX))?;
    let mut kept: Vec<(Value, Value)> = Vec::new();
    let key_of = Key::of(call);
    for item in all.into_iter().take(UNIQ_MAX) {
        let key = key_of.in_item(&item);
        if !kept.iter().any(|(known, _)| ValueViewCmp::new(known) == ValueViewCmp::new(&key)) {
            kept.push((key, item));
        }
    }
    Ok(Value::Array(kept.into_iter().map(|(_, item)| item).collect()))
}

/// Items whose member has the value; without one, those that have it at all.
fn matching(call: &Call<'_>) -> Result<Value> {
    let name = call.text_of(0);
    let fits = |item: &Value| {
        let value = member(item, &name);
        match call.arguments.len() {
            1 => value.query_state(State::Truthy),
            _ => ValueViewCmp::new(&value) == ValueViewCmp::new(call.argument(1)),
        }
    };
    Ok(Value::Array(items(call).into_iter().filter(fits).collect()))
}
