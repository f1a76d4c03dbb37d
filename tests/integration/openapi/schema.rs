//! Does a value fit into a schema? As much of JSON Schema as the description of the API uses; what
//! it does not know it refuses.

use serde_json::Value;

/// Notes and limits that answers need not be measured by.
const NOTES: [&str; 10] = [
    "default",
    "description",
    "example",
    "maxLength",
    "minLength",
    "maxItems",
    "minProperties",
    "maxProperties",
    "format",
    "properties",
];

/// Everything that does not fit, by its place.
pub fn misfits(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    visit(document, schema, value, "$", &mut found);
    found
}

/// Follows a reference within the document.
pub fn follow<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => {
            let target = document
                .pointer(reference.trim_start_matches('#'))
                .unwrap_or_else(|| panic!("{reference} leads nowhere"));
            follow(document, target)
        }
        None => schema,
    }
}

fn visit(document: &Value, schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let schema = follow(document, schema);
    for (keyword, wanted) in schema.as_object().unwrap_or_else(|| panic!("{place} has no schema")) {
        match keyword.as_str() {
            "type" if !types(wanted).any(|kind| is_of(kind, value)) => {
                found.push(format!("{place} is not {wanted}: {value}"))
            }
            "enum" if !wanted.as_array().is_some_and(|all| all.contains(value)) => {
                found.push(format!("{place} is none of {wanted}: {value}"));
            }
            "const" if wanted != value => found.push(format!("{place} is not {wanted}: {value}")),
            "required" => {
                for name in wanted.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    if value.is_object() && value.get(name).is_none() {
                        found.push(format!("{place} lacks {name}"));
                    }
                }
            }
            "items" if *wanted == false => {
                let most = schema["prefixItems"].as_array().map_or(0, Vec::len);
                if value.as_array().is_some_and(|items| items.len() > most) {
                    found.push(format!("{place} has more than {most} items"));
                }
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    visit(document, wanted, item, &format!("{place}[{index}]"), found);
                }
            }
            "prefixItems" => {
                let items = value.as_array().into_iter().flatten();
                let wanted = wanted.as_array().into_iter().flatten();
                for (index, (item, wanted)) in items.zip(wanted).enumerate() {
                    visit(document, wanted, item, &format!("{place}[{index}]"), found);
                }
            }
            "oneOf" => {
                let wanted = wanted.as_array().into_iter().flatten();
                let misfits: Vec<Vec<String>> =
                    wanted.map(|wanted| misfits(document, wanted, value)).collect();
                if misfits.iter().filter(|misfits| misfits.is_empty()).count() != 1 {
                    found.push(format!("{place} fits other than one form: {misfits:?}"));
                }
            }
            "minimum" if value.as_i64().zip(wanted.as_i64()).is_some_and(|(is, min)| is < min) => {
                found.push(format!("{place} is below {wanted}: {value}"));
            }
            "maximum" if value.as_i64().zip(wanted.as_i64()).is_some_and(|(is, max)| is > max) => {
                found.push(format!("{place} is above {wanted}: {value}"));
            }
            "additionalProperties" if *wanted == false => {
                let known = |name: &String| schema["properties"].get(name).is_some();
                let unknown =
                    value.as_object().into_iter().flatten().filter(|(name, _)| !known(name));
                found
                    .extend(unknown.map(|(name, _)| format!("{place} has the undescribed {name}")));
            }
            "type" | "enum" | "const" | "additionalProperties" | "minimum" | "maximum" => {}
            note => assert!(NOTES.contains(&note), "{place}: unknown: {note}"),
        }
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(value) = value.get(name) {
            visit(document, inner, value, &format!("{place}.{name}"), found);
        }
    }
}

fn types(wanted: &Value) -> impl Iterator<Item = &str> {
    let one = wanted.as_str().into_iter();
    one.chain(wanted.as_array().into_iter().flatten().filter_map(Value::as_str))
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("unknown type {other}"),
    }
}
