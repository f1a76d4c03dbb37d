//! Documents of journeys with a text in every place that takes one, found out by asking the form
//! itself: a field that is added to it is in them, or the test says that it needs an example.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use wayfare_domain::journeys::{document::JourneyDocument, settings::EntryType};
use wayfare_editor_model::palette::{item, items};

/// A key that no object of the form has.
const UNKNOWN: &str = "x-unknown";
/// Forms of a value that hold no text.
const WITHOUT_TEXT: [&str; 4] = ["any", "every", "on_dates", "until"];

/// One for each way in, with every kind of step.
pub fn documents(payload: &str) -> Vec<Value> {
    let documents: Vec<Value> =
        EntryType::ALL.into_iter().map(|entry| complete(document(entry))).collect();
    // Of every value that may have one form or another, each form is there.
    let keys: BTreeSet<String> = documents.iter().flat_map(keys).collect();
    let forms: BTreeSet<String> = documents.iter().flat_map(known_forms).collect();
    let missing: Vec<&String> = forms
        .iter()
        .filter(|form| !keys.contains(*form) && !WITHOUT_TEXT.contains(&form.as_str()))
        .collect();
    assert!(missing.is_empty(), "no document has {missing:?}: give an example of each");
    documents.into_iter().map(|document| everywhere(document, payload)).collect()
}

fn document(entry: EntryType) -> Value {
    let mut nodes = vec![json!({ "id": "entry", "step": { "entry": {} } })];
    for kind in items() {
        assert!(item(kind.key).is_some());
        nodes.push(
            json!({ "id": kind.key, "step": serde_json::to_value(kind.step).expect("JSON") }),
        );
    }
    nodes.push(json!({ "id": "until", "step": { "delay": { "until_property": { "property": "renewal", "offset_days": 1 } } } }));
    let connectors: Vec<Value> = nodes
        .windows(2)
        .take(1)
        .map(|pair| json!({ "from": pair[0]["id"], "outlet": "next", "to": pair[1]["id"] }))
        .collect();
    json!({
        "name": "Everything",
        "settings": { "entry": way_in(entry) },
        "graph": { "nodes": nodes, "connectors": connectors },
    })
}

fn way_in(entry: EntryType) -> Value {
    match entry {
        EntryType::Event => json!({ "event": { "name": "Left Cart" } }),
        EntryType::Profile => json!({ "profile": { "criteria": { "all": [
            { "property": { "property": "plan", "is": "equals", "value": "gold" } },
            { "not": { "did": { "event": { "name": "Bought" } } } },
            { "in_segment": "Regulars" },
            { "on_list": "Fair" },
            { "reachable": "email" },
            { "did_time": { "event": { "name": "Sold" }, "occasion": "first", "ago": "within", "days": 7 } },
        ] } } }),
        EntryType::Segment => json!({ "segment": { "name": "Regulars", "when": { "once": {} } } }),
        EntryType::List => json!({ "list": { "name": "Fair" } }),
        EntryType::Api => json!({ "api": {} }),
    }
}

/// An example for a field that may be left out.
fn example(field: &str) -> Option<Value> {
    let filter = json!({ "property": "colour", "is": "equals", "value": "red" });
    Some(match field {
        "description" | "link" | "body" | "title" | "subject" | "detail" => json!("words"),
        "name" => json!("a name"),
        "labels" => json!(["a label"]),
        "status" => json!("draft"),
        "filters" => json!([filter]),
        "all" => json!([{ "property": filter }]),
        "sending" => json!({}),
        "ignore_caps" => json!(true),
        "reason" => json!("words"),
        "headers" => json!([{ "name": "X-Shop", "value": "a value" }]),
        "set" => json!([{ "property": "level", "value": "high" }]),
        "same" => json!(["order"]),
        "goals" => json!([{ "name": "A goal", "event": { "name": "Paid" } }]),
        "exits" => json!([{ "name": "Left" }]),
        "quiet_hours" => json!({ "from": "22:00", "to": "08:00", "then": "drop" }),
        "time_zone" => json!("UTC"),
        "position" => json!({ "x": 1, "y": 2 }),
        "method" => json!("POST"),
        "reentry" => json!("never"),
        "start" => json!("2035-01-01T00:00:00Z"),
        "end" => json!("2036-01-01T00:00:00Z"),
        "value" => json!("a value"),
        "connectors" => json!([]),
        "weekdays" => json!([]),
        "entry_cap" | "timeout_hours" | "within_days" | "at_least" | "timeout_minutes"
        | "too_late_minutes" | "answer_minutes" => json!(7),
        "control_percent" | "offset_days" => json!(1),
        _ => return None,
    })
}

/// Adds every field that may be left out, until none is missing.
fn complete(mut document: Value) -> Value {
    // What is filled in may have fields of its own.
    for _ in 0..4 {
        for place in places(&document, &Value::is_object) {
            for field in known_fields(&document, &place) {
                let object =
                    document.pointer_mut(&place).and_then(Value::as_object_mut).expect("an object");
                if !object.contains_key(&field) {
                    let value = example(&field).unwrap_or_else(|| {
                        panic!("{place} may have a field “{field}”: give an example of it")
                    });
                    object.insert(field, value);
                }
            }
        }
    }
    // A list that is empty tells nothing of what is in it.
    for place in places(&document, &|value| value.as_array().is_some_and(Vec::is_empty)) {
        let field = place.rsplit('/').next().unwrap_or_default().to_string();
        let value =
            example(&field).unwrap_or_else(|| panic!("{place} is empty: give an example of it"));
        *document.pointer_mut(&place).expect("a list") = value;
    }
    assert!(
        is_fine(&document),
        "{:?}",
        serde_json::from_value::<JourneyDocument>(document).map(|read| read.problems())
    );
    document
}

/// The forms that a value with one key may have.
fn known_forms(document: &Value) -> Vec<String> {
    let one_key = |value: &Value| value.as_object().is_some_and(|members| members.len() == 1);
    let asked = |place: String| {
        let mut asked = document.clone();
        *asked.pointer_mut(&place).expect("an object") = json!({ UNKNOWN: null });
        let error = serde_json::from_value::<JourneyDocument>(asked).err()?.to_string();
        let forms = error.strip_prefix(&format!("unknown variant `{UNKNOWN}`, expected "))?;
        Some(forms.split('`').skip(1).step_by(2).map(str::to_string).collect::<Vec<_>>())
    };
    places(document, &one_key).into_iter().filter_map(asked).flatten().collect()
}

fn keys(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(keys).collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, member)| keys(member).into_iter().chain([key.clone()]))
            .collect(),
        _ => Vec::new(),
    }
}

/// The fields that the form knows in an object, in its own words about one that it does not know.
fn known_fields(document: &Value, place: &str) -> Vec<String> {
    let mut asked = document.clone();
    let object: Option<&mut Map<String, Value>> =
        asked.pointer_mut(place).and_then(Value::as_object_mut);
    object.expect("an object").insert(UNKNOWN.to_string(), Value::Null);
    let Err(error) = serde_json::from_value::<JourneyDocument>(asked) else { return Vec::new() };
    let text = error.to_string();
    if !text.starts_with(&format!("unknown field `{UNKNOWN}`")) {
        return Vec::new();
    }
    text.split('`').skip(3).step_by(2).map(str::to_string).collect()
}

fn is_fine(document: &Value) -> bool {
    serde_json::from_value::<JourneyDocument>(document.clone())
        .is_ok_and(|read| read.problems().is_empty())
}

/// Puts the text into each place in which the form takes it. What is named in several places is
/// named the same in all.
fn everywhere(mut document: Value, payload: &str) -> Value {
    for (number, place) in places(&document, &Value::is_string).into_iter().enumerate() {
        let Some(before) = document.pointer(&place).and_then(Value::as_str).map(str::to_string)
        else {
            continue;
        };
        if before.starts_with(payload) {
            continue;
        }
        // Names and ids are there once.
        for text in [payload.to_string(), format!("{payload}{number}")] {
            let mut wanted = document.clone();
            if before.is_empty() {
                *wanted.pointer_mut(&place).expect("a text") = json!(text);
            } else {
                rename(&mut wanted, &before, &text);
            }
            if is_fine(&wanted) {
                document = wanted;
                break;
            }
        }
    }
    for wanted in [
        "/name",
        "/description",
        "/labels/0",
        "/graph/nodes/1/name",
        "/graph/nodes/1/step/email/subject",
    ] {
        let text = document.pointer(wanted).and_then(Value::as_str);
        assert!(
            text.is_some_and(|text| text.starts_with(payload)),
            "{wanted} takes any text: {text:?}"
        );
    }
    document
}

fn rename(value: &mut Value, before: &str, after: &str) {
    match value {
        Value::String(text) if text == before => *text = after.to_string(),
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, before, after)),
        Value::Object(members) => {
            members.values_mut().for_each(|member| rename(member, before, after))
        }
        _ => {}
    }
}

/// The places of values that are wanted, as JSON pointers.
fn places(value: &Value, wanted: &dyn Fn(&Value) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    collect(value, String::new(), wanted, &mut found);
    found
}

fn collect(value: &Value, place: String, wanted: &dyn Fn(&Value) -> bool, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| collect(item, format!("{place}/{index}"), wanted, found));
        }
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| {
                collect(member, format!("{place}/{name}"), wanted, found)
            });
        }
        _ => {}
    }
    if wanted(value) {
        found.push(place);
    }
}
