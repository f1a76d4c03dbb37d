//! Why JSON that was sent cannot be read, said for people: what the parser says is about Rust, not
//! about what was sent.

use serde_json::error::Category;

/// Words of the parser for what stands there, and ours.
const FOUND: [(&str, &str); 9] = [
    ("string", "a text"),
    ("integer", "a number"),
    ("floating point", "a number"),
    ("number", "a number"),
    ("boolean", "true or false"),
    ("null", "null"),
    ("unit", "nothing"),
    ("sequence", "a list"),
    ("map", "an object"),
];

/// Words of the parser for what belongs there, and ours.
const EXPECTED: [(&[&str], &str); 8] = [
    (&["u8", "u16", "u32", "u64", "usize"], "a whole number that is not negative"),
    (&["i8", "i16", "i32", "i64", "isize"], "a whole number"),
    (&["f32", "f64"], "a number"),
    (&["a string", "a borrowed string", "a character", "str"], "a text"),
    (&["a boolean", "bool"], "true or false"),
    (&["a sequence", "a tuple"], "a list"),
    (&["a map", "struct", "internally tagged enum", "adjacently tagged enum"], "an object"),
    (&["a formatted UUID string", "a UUID"], "an id"),
];

/// A sentence without its full stop, and without the place.
pub fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    // The parser ends its texts with the place, and so ends everything that is told about a place
    // inside.
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    match error.classify() {
        Category::Eof => "it ends before it is complete".to_string(),
        Category::Syntax | Category::Io => syntax(text).to_string(),
        // What is none of the parser's own is what our types say of a value.
        Category::Data => data(text).unwrap_or_else(|| text.to_string()),
    }
}

/// Of what a parser has said, where only its text is left; none where nothing in it is for people.
pub fn reason_of_text(text: &str) -> Option<String> {
    data(text.rsplit_once(" at line ").map_or(text, |(text, _)| text))
}

/// The same with the place, where there is one.
pub fn reason_with_place(error: &serde_json::Error) -> String {
    match error.line() {
        0 => reason(error),
        line => format!("{}, at line {line}, column {}", reason(error), error.column()),
    }
}

fn syntax(text: &str) -> &'static str {
    if text.starts_with("recursion limit") {
        "it is nested too deeply"
    } else if text.starts_with("trailing characters") {
        "there is more after its end"
    } else if text.starts_with("number out of range") {
        "a number in it is too large"
    } else {
        "it is not JSON"
    }
}

fn data(text: &str) -> Option<String> {
    let named = || text.split('`').nth(1).unwrap_or_default();
    let known = || {
        let words: Vec<String> =
            text.split('`').skip(3).step_by(2).map(|word| format!("“{word}”")).collect();
        if words.is_empty() { String::new() } else { format!("; known are {}", words.join(", ")) }
    };
    Some(if text.starts_with("missing field") {
        format!("the field “{}” is missing", named())
    } else if text.starts_with("duplicate field") {
        format!("the field “{}” appears twice", named())
    } else if text.starts_with("unknown field") {
        format!("there is no field “{}” here{}", named(), known())
    } else if text.starts_with("unknown variant") {
        format!("“{}” is not known here{}", named(), known())
    } else if let Some(rest) =
        text.strip_prefix("invalid type: ").or_else(|| text.strip_prefix("invalid value: "))
    {
        mismatch(rest)
    } else if text.starts_with("invalid length") {
        "it has the wrong number of items".to_string()
    } else if text.starts_with("data did not match any variant") {
        "it matches none of the accepted forms".to_string()
    } else {
        return None;
    })
}

/// `string "a", expected u64`
fn mismatch(text: &str) -> String {
    let (found, expected) = text.rsplit_once(", expected ").unwrap_or((text, ""));
    let found = FOUND
        .iter()
        .find(|(word, _)| found.starts_with(word))
        .map_or("something else", |(_, ours)| ours);
    let is = |word: &str| {
        expected == word
            || expected.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', ',']))
    };
    match EXPECTED.iter().find(|(words, _)| words.iter().any(|word| is(word))) {
        Some((_, ours)) => format!("{found} is there instead of {ours}"),
        None => format!("{found} is not allowed there"),
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, de::DeserializeOwned};

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Form {
        count: u32,
        #[serde(default)]
        name: String,
        #[serde(default)]
        kind: Option<Kind>,
        #[serde(default)]
        inner: Option<Box<Form>>,
        #[serde(default)]
        list: Vec<i64>,
        #[serde(default)]
        pair: Option<Pair>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Delay,
        Split,
    }

    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    #[allow(dead_code)]
    enum Pair {
        Two([u8; 2]),
        Named { left: u8 },
    }

    fn of<T: DeserializeOwned + std::fmt::Debug>(text: &str) -> String {
        reason(&serde_json::from_str::<T>(text).expect_err(text))
    }

    #[test]
    fn each_reason_is_told_without_a_word_of_the_parser() {
        let samples = [
            ("", "it ends before it is complete"),
            ("{\"count\": 1", "it ends before it is complete"),
            ("pause", "it is not JSON"),
            ("{\"count\": 1} x", "there is more after its end"),
            ("{}", "the field “count” is missing"),
            ("{\"count\": 1, \"count\": 2}", "the field “count” appears twice"),
            ("[]", "it has the wrong number of items"),
            ("7", "a number is there instead of an object"),
            ("null", "null is there instead of an object"),
            (
                "{\"count\": \"many, expected\"}",
                "a text is there instead of a whole number that is not negative",
            ),
            ("{\"count\": -1}", "a number is there instead of a whole number that is not negative"),
            ("{\"count\": 1, \"name\": [1]}", "a list is there instead of a text"),
            ("{\"count\": 1, \"list\": {}}", "an object is there instead of a list"),
            (
                "{\"count\": 1, \"list\": [true]}",
                "true or false is there instead of a whole number",
            ),
            (
                "{\"count\": 1, \"kind\": \"explode\"}",
                "“explode” is not known here; known are “delay”, “split”",
            ),
            ("{\"count\": 1, \"pair\": \"two\"}", "it matches none of the accepted forms"),
        ];
        for (text, expected) in samples {
            assert_eq!(of::<Form>(text), expected, "{text}");
        }
        let unknown = of::<Form>("{\"count\": 1, \"colour\": 2}");
        assert!(
            unknown.starts_with("there is no field “colour” here; known are “count”, “name”"),
            "{unknown}"
        );
    }
}
