//! What is typed into a field, as the value that it means, and back.

use serde_json::Value;

/// A number, `true`, `false` or a list where it reads as one, everything else a text. A text that
/// looks like a number stands in quotation marks.
pub fn value_of_text(text: &str) -> Value {
    match serde_json::from_str::<Value>(text) {
        Ok(value) if !value.is_null() && !value.is_object() => value,
        _ => Value::String(text.to_string()),
    }
}

pub fn text_of_value(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if value_of_text(text) == *value => text.clone(),
        value => value.to_string(),
    }
}

/// What someone who typed it sees: how it is understood.
pub fn kind_of_value(value: &Value) -> &'static str {
    match value {
        Value::Null => "none",
        Value::Bool(_) => "yes or no",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The place of a complaint inside of the form that it belongs to:
/// `graph.nodes[3].step.email.subject` is `step.email.subject` in the form of the node,
/// `settings.end` is `end` in the settings.
pub fn path_in_form(path: &str) -> &str {
    if let Some(rest) = path.strip_prefix("settings.") {
        return rest;
    }
    match path.strip_prefix("graph.nodes[") {
        Some(rest) => rest.split_once(']').map_or("", |(_, rest)| rest.trim_start_matches('.')),
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    proptest! {
        #[test]
        fn whatever_is_shown_means_what_it_meant(text in "\\PC{0,20}", number in -1e6..1e6_f64, yes in any::<bool>()) {
            for value in [json!(text), json!(number), json!(yes), json!([text, yes])] {
                prop_assert_eq!(value_of_text(&text_of_value(&value)), value);
            }
        }
    }

    #[test]
    fn numbers_are_numbers_and_words_are_words() {
        assert_eq!(
            ["12.5", "true", "Berlin", "\"12\"", ""].map(value_of_text),
            [json!(12.5), json!(true), json!("Berlin"), json!("12"), json!("")]
        );
    }

    #[test]
    fn it_is_said_how_a_value_is_understood() {
        let typed = ["12.5", "true", "\"12\"", "[1, 2]"].map(value_of_text);
        assert_eq!(
            typed.each_ref().map(kind_of_value),
            ["a number", "yes or no", "a text", "a list"]
        );
    }

    #[test]
    fn complaints_find_their_field() {
        let paths = [
            "graph.nodes[12].step.delay.until.time",
            "settings.quiet_hours.from",
            "graph.nodes[0]",
            "graph.connectors",
        ];
        assert_eq!(
            paths.map(path_in_form),
            ["step.delay.until.time", "quiet_hours.from", "", "graph.connectors"]
        );
    }
}
