//! Filters that make a value fit into its place. Those that begin with `__` stand at the end of
//! every output.

use std::fmt::Write;

use liquid_core::{Result, Value, ValueView};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{AS_IT_IS, Call, Spec, spec, text};
use crate::{addresses::may_lead, placeholders::value_or_mark};

pub const FILTERS: &[Spec] = &[
    spec(AS_IT_IS, 0, 0, as_it_is),
    spec(super::HTML_VALUE, 0, 0, html_value),
    spec(super::HTML_NOW, 0, 0, escape_once),
    spec(super::HTML_BARE, 0, 1, html_bare),
    spec(super::ADDRESS, 0, 1, address),
    spec("__json_text", 0, 0, json_text),
    spec("__json_value", 0, 0, json),
    spec("__url", 0, 0, url_encode),
    spec("raw", 0, 0, as_it_is),
    spec("escape", 0, 0, escape),
    spec("h", 0, 0, escape),
    spec("escape_once", 0, 0, escape_once),
    spec("json", 0, 0, json),
    spec("to_json", 0, 0, json),
    spec("as_json", 0, 0, json),
    spec("url_encode", 0, 0, url_encode),
    spec("url_escape", 0, 0, url_encode),
    spec("url_param_escape", 0, 0, url_encode),
    spec("cgi_escape", 0, 0, url_encode),
    spec("url_decode", 0, 0, url_decode),
    spec("base64_encode", 0, 0, base64),
];

/// What a web address carries as it is (RFC 3986, unreserved).
const URL_SET: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn as_it_is(call: &Call<'_>) -> Result<Value> {
    Ok(call.input.to_value())
}

fn entity(sign: char) -> Option<&'static str> {
    Some(match sign {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\'' => "&#39;",
        _ => return None,
    })
}

fn escape(call: &Call<'_>) -> Result<Value> {
    escaped(call, false)
}

/// Entities stay as they are: what was escaped before is not escaped again.
fn escape_once(call: &Call<'_>) -> Result<Value> {
    escaped(call, true)
}

/// At the end of an output: what it gives stands in the email as it is.
fn html_value(call: &Call<'_>) -> Result<Value> {
    let value = escape_once(call)?.to_kstr().into_string();
    text(value_or_mark(call.runtime, value))
}

/// The same in a tag without quotes around it: no blank ends it.
fn html_bare(call: &Call<'_>) -> Result<Value> {
    let escaped = escape_once(call)?.to_kstr().into_string();
    call.makes(8 * escaped.len())?;
    let value = bare(&escaped, call.text_of(0) == "name");
    text(value_or_mark(call.runtime, value))
}

/// Of a name also what would begin its value.
fn bare(escaped: &str, is_name: bool) -> String {
    let mut out = String::with_capacity(escaped.len());
    for sign in escaped.chars() {
        if sign.is_whitespace() || sign.is_control() || sign == '`' || is_name && sign == '=' {
            // Writing to a text does not fail.
            let _ = write!(out, "&#{};", u32::from(sign));
        } else {
            out.push(sign);
        }
    }
    out
}

/// Nothing, where it would lead somewhere that no value may lead to.
fn address(call: &Call<'_>) -> Result<Value> {
    let plain = call.text();
    call.makes(plain.len())?;
    let own: Vec<String> = call.text_of(0).split(' ').map(str::to_string).collect();
    text(if may_lead(&plain, &own) { plain } else { String::new() })
}

fn escaped(call: &Call<'_>, once: bool) -> Result<Value> {
    let plain = call.input.to_kstr();
    let signs =
        plain.bytes().filter(|byte| matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'')).count();
    if signs == 0 {
        return text(plain.into_string());
    }
    call.makes(plain.len() + 6 * signs)?;
    text(escaped_text(&plain, signs, once))
}

fn escaped_text(plain: &str, signs: usize, once: bool) -> String {
    let mut out = String::with_capacity(plain.len() + 6 * signs);
    for (at, sign) in plain.char_indices() {
        match entity(sign) {
            Some(_) if once && sign == '&' && is_entity(&plain[at + 1..]) => out.push('&'),
            Some(entity) => out.push_str(entity),
            None => out.push(sign),
        }
    }
    out
}

/// A value on its own, as `cycle` writes it: escaped for its place like any output.
pub mod alone {
    use super::{ValueView, may_lead, push_json, push_json_text, utf8_percent_encode};

    pub fn plain(value: &dyn ValueView) -> String {
        value.to_kstr().into_string()
    }

    pub fn html(value: &dyn ValueView) -> String {
        super::escaped_text(&value.to_kstr(), 0, true)
    }

    pub fn html_bare(value: &dyn ValueView) -> String {
        super::bare(&html(value), true)
    }

    pub fn address_bare(value: &dyn ValueView) -> String {
        super::bare(&address(value), false)
    }

    pub fn address(value: &dyn ValueView) -> String {
        if may_lead(&value.to_kstr(), &[]) { html(value) } else { String::new() }
    }

    pub fn json_text(value: &dyn ValueView) -> String {
        let mut out = String::new();
        push_json_text(&mut out, &value.to_kstr());
        out
    }

    pub fn json(value: &dyn ValueView) -> String {
        let mut out = String::new();
        push_json(&mut out, value);
        out
    }

    pub fn url(value: &dyn ValueView) -> String {
        utf8_percent_encode(&value.to_kstr(), super::URL_SET).to_string()
    }
}

/// Does `amp;`, `#39;` or the like follow the `&`?
fn is_entity(behind: &str) -> bool {
    let Some(end) = behind.bytes().take(12).position(|byte| byte == b';') else { return false };
    let name = &behind.as_bytes()[..end];
    match name {
        [b'#', b'x' | b'X', digits @ ..] => {
            !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit)
        }
        [b'#', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        letters => !letters.is_empty() && letters.iter().all(u8::is_ascii_alphanumeric),
    }
}

fn push_json_text(out: &mut String, text: &str) {
    for sign in text.chars() {
        match sign {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // The last two end a line in scripts.
            _ if sign.is_control() || matches!(sign, '\u{2028}' | '\u{2029}') => {
                // Writing to a text does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(sign));
            }
            _ => out.push(sign),
        }
    }
}

/// Between the quotes of a JSON text.
fn json_text(call: &Call<'_>) -> Result<Value> {
    let plain = call.input.to_kstr();
    call.makes(plain.len() * 6)?;
    let mut out = String::with_capacity(plain.len() + 16);
    push_json_text(&mut out, &plain);
    text(out)
}

/// A whole JSON value.
fn json(call: &Call<'_>) -> Result<Value> {
    call.makes(super::weight(call.input) * 6)?;
    let mut out = String::new();
    push_json(&mut out, call.input);
    text(out)
}

fn push_json(out: &mut String, value: &dyn ValueView) {
    if let Some(items) = value.as_array() {
        out.push('[');
        for (index, item) in items.values().enumerate() {
            out.push_str(if index == 0 { "" } else { "," });
            push_json(out, item);
        }
        out.push(']');
    } else if let Some(members) = value.as_object() {
        out.push('{');
        // In one order, whatever the map's.
        let mut members: Vec<_> = members.iter().collect();
        members.sort_by(|a, b| a.0.cmp(&b.0));
        for (index, (key, member)) in members.into_iter().enumerate() {
            out.push_str(if index == 0 { "\"" } else { ",\"" });
            push_json_text(out, &key);
            out.push_str("\":");
            push_json(out, member);
        }
        out.push('}');
    } else if value.is_nil() || value.is_state() {
        out.push_str("null");
    } else if value.type_name() == "string" {
        out.push('"');
        push_json_text(out, &value.to_kstr());
        out.push('"');
    } else {
        let number = value.to_kstr();
        // There is no infinity in JSON.
        let is_finite =
            value.as_scalar().and_then(|scalar| scalar.to_float()).is_none_or(f64::is_finite);
        out.push_str(if is_finite { number.as_str() } else { "null" });
    }
}

fn url_encode(call: &Call<'_>) -> Result<Value> {
    let plain = call.input.to_kstr();
    call.makes(plain.len() * 3)?;
    text(utf8_percent_encode(&plain, URL_SET).to_string())
}

fn url_decode(call: &Call<'_>) -> Result<Value> {
    let plain = call.text().replace('+', " ");
    text(percent_decode_str(&plain).decode_utf8_lossy().into_owned())
}

fn base64(call: &Call<'_>) -> Result<Value> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let plain = call.input.to_kstr();
    call.makes(plain.len() * 2)?;
    text(STANDARD.encode(plain.as_bytes()))
}
