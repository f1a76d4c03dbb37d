//! Query strings and forms: `application/x-www-form-urlencoded`, read and written in one place.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The field by which a form names the project that it was made for.
pub const FOR_PROJECT: &str = "for_project";

/// Decodes `application/x-www-form-urlencoded` pairs.
pub fn pairs(query: &str) -> impl Iterator<Item = (String, String)> + '_ {
    let decode =
        |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty()).map(move |pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key).trim_end_matches("[]").to_string(), decode(value))
    })
}

const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Encodes pairs as a query string.
pub fn write_query(pairs: &[(&str, String)]) -> String {
    let encoded: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{key}={}", utf8_percent_encode(value, QUERY)))
        .collect();
    encoded.join("&")
}
