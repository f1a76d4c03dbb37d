//! Where a text goes decides how values are put into it, so that nothing a person is called can
//! break out of its place: a filter of ours is added to the end of every output. `| raw` switches
//! it off for that output.

use std::collections::HashSet;

use super::{
    addresses::schemes_in,
    expression,
    filters::{ADDRESS, AS_IT_IS, HTML_BARE, HTML_NOW, HTML_VALUE},
    markup::{Bare, Markup, ValuePosition},
    parser::TemplateNode,
};

/// The place of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EscapeContext {
    /// Nothing in it has a meaning: an SMS, the text of a push.
    Text,
    Html,
    Json,
    /// A web address; also the body of a form.
    Url,
    /// One line: a subject, the value of a header. What goes out is made one line as a whole (see
    /// [`one_line`]).
    Line,
}

/// Filters that the end of an output may have already, and that ours does instead.
const URL_FILTERS: [&str; 4] = ["url_encode", "url_escape", "url_param_escape", "cgi_escape"];
const JSON_FILTERS: [&str; 3] = ["json", "to_json", "as_json"];

/// Follows the texts of a template to know where an output of it stands.
pub struct ContextTracker {
    place: EscapeContext,
    /// JSON: between quotes?
    in_string: bool,
    /// How many captures are open.
    captures: usize,
    captured: HashSet<String>,
    /// HTML: where in it?
    markup: Markup,
    /// The filter for a value that decides where an address leads, with the schemes that the author
    /// has written.
    address: String,
    /// Did the last value stand in a tag without quotes around it?
    pub was_bare: bool,
}

impl ContextTracker {
    pub fn new(place: EscapeContext, pieces: &[TemplateNode]) -> Self {
        let names = |wanted: &str| -> Vec<String> {
            let name = |piece: &TemplateNode| match piece {
                TemplateNode::Tag { name, arguments, .. } if name == wanted => {
                    arguments.split([' ', '=', '\n', '\t']).next().map(str::to_string)
                }
                _ => None,
            };
            pieces.iter().filter_map(name).collect()
        };
        let assigned: HashSet<String> = ["assign", "for", "tablerow", "increment", "decrement"]
            .into_iter()
            .flat_map(names)
            .collect();
        let captured =
            names("capture").into_iter().filter(|name| !assigned.contains(name)).collect();
        let mut schemes: Vec<String> = pieces
            .iter()
            .flat_map(|piece| match piece {
                TemplateNode::Text(_) => Vec::new(),
                TemplateNode::Output { code, .. } | TemplateNode::Tag { arguments: code, .. } => {
                    schemes_in(code)
                }
            })
            .collect();
        schemes.sort();
        schemes.dedup();
        let address = if schemes.is_empty() {
            ADDRESS.to_string()
        } else {
            format!("{ADDRESS}: \"{}\"", schemes.join(" "))
        };
        Self {
            place,
            in_string: false,
            captures: 0,
            captured,
            markup: Markup::new(),
            address,
            was_bare: false,
        }
    }

    pub fn passes_text(&mut self, text: &str) {
        if self.place == EscapeContext::Html {
            self.markup.passes_text(text);
        }
        if self.place != EscapeContext::Json || self.captures > 0 {
            return;
        }
        let mut escaped = false;
        for byte in text.bytes() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if self.in_string => escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ => {}
            }
        }
    }

    /// Under which name the parser gets a tag: `cycle` writes values as well, and escapes them for
    /// their place.
    pub fn passes_tag<'a>(&mut self, name: &'a str) -> &'a str {
        if self.place == EscapeContext::Html {
            self.markup.passes_tag(name);
        }
        match name {
            "capture" => self.captures += 1,
            "endcapture" => self.captures = self.captures.saturating_sub(1),
            "cycle" => return self.cycle(),
            _ => {}
        }
        name
    }

    fn html_value(&mut self) -> ValuePosition {
        let standing = self.markup.passes_value();
        self.was_bare = standing.bare != Bare::No;
        standing
    }

    fn cycle(&mut self) -> &'static str {
        match self.place {
            EscapeContext::Text | EscapeContext::Line => "cycle",
            EscapeContext::Html => {
                let standing = self.html_value();
                match (standing.leads, standing.bare) {
                    (true, Bare::No) => "cycle_address",
                    (true, _) => "cycle_address_bare",
                    (false, Bare::No) => "cycle_html",
                    (false, _) => "cycle_html_bare",
                }
            }
            EscapeContext::Json | EscapeContext::Url if self.captures > 0 => "cycle",
            EscapeContext::Json if self.in_string => "cycle_json_text",
            EscapeContext::Json => "cycle_json",
            EscapeContext::Url => "cycle_url",
        }
    }

    /// The code of an output, with our filter at its end.
    pub fn finish(&mut self, code: &str) -> String {
        let ValuePosition { leads, bare } = match self.place {
            EscapeContext::Html => self.html_value(),
            _ => ValuePosition { leads: false, bare: Bare::No },
        };
        let html = match bare {
            Bare::No => HTML_VALUE.to_string(),
            Bare::Value => HTML_BARE.to_string(),
            Bare::Name => format!("{HTML_BARE}: \"name\""),
        };
        let filters = expression::filters(code);
        let ends_with = |known: &[&str]| {
            filters.last().filter(|(_, name)| known.contains(&name.as_str())).map(|(at, _)| *at)
        };
        let plain = |code: &str| format!("{code} | {}", AS_IT_IS);
        let checked = |code: &str| format!("{code} | {}", self.address);
        if filters.iter().any(|(_, name)| name == "raw") {
            return if leads { checked(code) } else { plain(code) };
        }
        match self.place {
            EscapeContext::Text | EscapeContext::Line => plain(code),
            EscapeContext::Html => {
                // What was captured from this very text is made of values that were escaped in it.
                if self.captured.contains(code) && bare == Bare::No {
                    return if leads { checked(code) } else { plain(code) };
                }
                if leads {
                    return format!("{} | {html}", checked(code));
                }
                match ends_with(&["newline_to_br"]) {
                    Some(at) if bare == Bare::No => {
                        format!("{}| {HTML_NOW} {}", &code[..at], &code[at..])
                    }
                    _ => format!("{code} | {html}"),
                }
            }
            EscapeContext::Json if self.captures > 0 => plain(code),
            EscapeContext::Json => {
                let code = ends_with(&JSON_FILTERS).map_or(code, |at| &code[..at]);
                format!("{code} | {}", if self.in_string { "__json_text" } else { "__json_value" })
            }
            EscapeContext::Url if self.captures > 0 => plain(code),
            EscapeContext::Url => {
                format!("{} | __url", ends_with(&URL_FILTERS).map_or(code, |at| &code[..at]))
            }
        }
    }
}

/// Makes a text one line without control characters, so that it can be a subject or the value of a
/// header.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let is_break = |sign: char| sign.is_control() || matches!(sign, '\u{2028}' | '\u{2029}');
    for part in text.split(is_break).filter(|part| !part.trim().is_empty()) {
        if !line.is_empty() && !line.ends_with(' ') && !part.starts_with(' ') {
            line.push(' ');
        }
        line.push_str(part);
    }
    line.trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_whatever_is_put_into_it() {
        assert_eq!(one_line("Hi Ann\r\nBcc: all@example.com"), "Hi Ann Bcc: all@example.com");
        assert_eq!(one_line(" a\u{0}\u{2028}b \n\n"), "a b");
    }
}
