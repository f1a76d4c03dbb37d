//! The text of an email for those who read no HTML.

use html2text::config;

use super::TemplateError;

/// Widest line. Mail programs break lines as wide as their window, and what is put into a text must
/// not depend on where it was broken before (see `layout_cache.rs`).
const WIDTH: usize = 100_000;
/// Of no use to a reader of text.
const SKIPPED: [&str; 5] = ["head", "script", "style", "title", "template"];
/// What means something in a text.
const KEPT: [&str; 17] = [
    "a",
    "blockquote",
    "br",
    "dd",
    "dl",
    "dt",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "img",
    "li",
    "ol",
    "p",
    "ul",
];
/// Of those, what has no end.
const ENDLESS: [&str; 2] = ["br", "img"];
/// Most of them within one another: quotes in quotes in lists are no text that people read, and each
/// writes something before every line. What is deeper is layout.
const DEPTH_MAX: usize = 16;
/// What leaves no mark in it. Everything else is layout, and begins a line.
const INLINE: [&str; 20] = [
    "abbr", "b", "bdo", "big", "cite", "code", "del", "em", "font", "i", "ins", "label", "mark",
    "s", "small", "span", "strong", "sub", "sup", "u",
];

/// Reads the HTML and writes down its text, with the addresses of its links below.
pub fn plain_text(html: &str) -> Result<String, TemplateError> {
    let reader = config::plain_no_decorate()
        .raw_mode(true)
        .no_link_wrapping()
        .link_footnotes(true)
        .allow_width_overflow();
    let text =
        reader.string_from_read(slim(html).as_bytes(), WIDTH).map_err(|_| TemplateError::Html)?;
    Ok(tidied(&text))
}

/// Without what layout leaves behind: many empty lines (one is apart enough), and blanks beside
/// each other.
pub fn tidied(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 1;
    for line in text.lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            let words = line.trim_start_matches(' ');
            out.push_str(&line[..line.len() - words.len()]);
            push_squeezed(&mut out, words);
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    out.trim_start().to_string()
}

/// Blanks beside each other are one, as in HTML.
pub fn push_squeezed(out: &mut String, text: &str) {
    let mut blank = false;
    for sign in text.chars() {
        let is_blank = sign.is_ascii_whitespace();
        if !(is_blank && blank) {
            out.push(if is_blank { ' ' } else { sign });
        }
        blank = is_blank;
    }
}

/// The HTML without what only browsers look at. It is a tenth of a mail, and the reader takes its
/// time for each element.
fn slim(html: &str) -> String {
    let mut out = TextBuilder {
        html: String::with_capacity(html.len() / 4),
        in_line: false,
        open: Vec::with_capacity(DEPTH_MAX),
    };
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        out.text(&rest[..start]);
        rest = &rest[start..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let closes = rest[1..].starts_with('/');
        let begin = if closes { 2 } else { 1 };
        let length = rest[begin..]
            .find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '-'))
            .unwrap_or(0);
        let name = rest[begin..begin + length].to_ascii_lowercase();
        if name.is_empty() && !rest.starts_with("<!") {
            // No tag: “1 < 2”.
            out.text("&lt;");
            rest = &rest[1..];
            continue;
        }
        let (tag, after) = split_tag(rest);
        rest = after;
        if SKIPPED.contains(&name.as_str()) {
            if !closes {
                rest = after_element(after, &name);
            }
        } else if !name.is_empty() {
            out.tag(&name, closes, tag);
        }
    }
    out.text(rest);
    out.html
}

struct TextBuilder {
    html: String,
    /// Something stands in the present line.
    in_line: bool,
    /// Elements that are open: what is written nests as it is counted here, so that its reader
    /// finds no deeper tree in it, however odd the HTML is.
    open: Vec<&'static str>,
}

impl TextBuilder {
    fn text(&mut self, text: &str) {
        self.in_line |= !text.trim().is_empty();
        self.html.push_str(text);
    }

    /// Where a link leads and what a picture shows is all that is kept of attributes.
    fn tag(&mut self, name: &str, closes: bool, tag: &str) {
        if INLINE.contains(&name) {
            return;
        }
        let kept = KEPT.into_iter().find(|kept| *kept == name);
        let Some(name) = kept.filter(|name| self.opens_or_closes(name, closes)) else {
            if std::mem::take(&mut self.in_line) {
                self.html.push_str("<br>");
            }
            return;
        };
        if closes {
            return;
        }
        self.html.push('<');
        self.html.push_str(name);
        let kept = match name {
            "a" => attribute(tag, "href").map(|value| ("href", value)),
            "img" => attribute(tag, "alt").map(|value| ("alt", value)),
            _ => None,
        };
        if let Some((attribute, value)) = kept {
            self.html.push_str(&format!(
                " {attribute}=\"{}\"",
                value.replace('"', "&quot;").replace('<', "&lt;")
            ));
            self.html.push_str(if name == "img" { " src=\"x\"" } else { "" });
        }
        self.html.push('>');
    }

    /// Closes what the tag ends, and counts what it opens. False where there is nothing to close,
    /// or no room to open.
    fn opens_or_closes(&mut self, name: &'static str, closes: bool) -> bool {
        if ENDLESS.contains(&name) {
            return !closes;
        }
        let ended = if closes { self.last_open(&[name], &[]) } else { self.ended_by(name) };
        if let Some(at) = ended {
            for open in self.open.drain(at..).rev() {
                self.html.push_str("</");
                self.html.push_str(open);
                self.html.push('>');
            }
        }
        if closes {
            return ended.is_some();
        }
        let has_room = self.open.len() < DEPTH_MAX;
        if has_room {
            self.open.push(name);
        }
        has_room
    }

    /// The element that the opening of this one ends, as HTML has it.
    fn ended_by(&self, name: &str) -> Option<usize> {
        const AROUND: [&str; 6] = ["blockquote", "dd", "dl", "li", "ol", "ul"];
        match name {
            "a" => self.last_open(&["a"], &[]),
            "li" => self.last_open(&["li"], &["ol", "ul"]),
            "dd" | "dt" => self.last_open(&["dd", "dt"], &["dl"]),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.last_open(&["p", "h1", "h2", "h3", "h4", "h5", "h6"], &AROUND)
            }
            _ => None,
        }
    }

    /// The innermost of these that is open within the innermost of what is `around` it.
    fn last_open(&self, names: &[&str], around: &[&str]) -> Option<usize> {
        let from = self.open.iter().rposition(|open| around.contains(open)).unwrap_or_default();
        self.open[from..].iter().rposition(|open| names.contains(open)).map(|at| from + at)
    }
}

/// The tag at the beginning, and what follows it. A `>` between quotes does not end it.
pub fn split_tag(text: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (byte, quote) {
            (b'>', None) => return text.split_at(at + 1),
            (b'"' | b'\'', None) => quote = Some(byte),
            (sign, Some(open)) if sign == open => quote = None,
            _ => {}
        }
    }
    (text, "")
}

/// What follows the end of an element that was just opened.
fn after_element<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(start) = rest.find("</") {
        rest = &rest[start + 2..];
        if rest.get(..name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name)) {
            return split_tag(rest).1;
        }
    }
    ""
}

/// The value of an attribute as it is written.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = tag.split_once(char::is_whitespace)?.1;
    loop {
        rest = rest.trim_start_matches(|sign: char| sign.is_whitespace() || sign == '/');
        let end = rest.find(|sign: char| sign.is_whitespace() || matches!(sign, '=' | '>'))?;
        let (found, after) = rest.split_at(end);
        let Some(value) = after.trim_start().strip_prefix('=').map(str::trim_start) else {
            rest = after.trim_start_matches('>');
            if rest.is_empty() {
                return None;
            }
            continue;
        };
        let (value, after) = match value.chars().next()? {
            quote @ ('"' | '\'') => value[1..].split_once(quote)?,
            _ => value.split_at(value.find(|sign: char| sign.is_whitespace() || sign == '>')?),
        };
        if found.eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn however_ends_are_hidden_what_is_read_nests_no_deeper_than_it_may() {
        let units = [
            "<blockquote/>",
            "<blockquote><!--</blockquote>-->",
            "<blockquote><img alt=\"</blockquote>\">",
            "<ol/><li>",
            "<dl><dd>",
            "<a href=x><blockquote>",
            "<p><a>",
            "<li><ul>",
        ];
        for unit in units {
            let html = slim(&unit.repeat(50_000));
            let (mut depth, mut deepest) = (0_usize, 0);
            for tag in html.split('<').skip(1) {
                let name = tag.trim_start_matches('/').split(['>', ' ']).next();
                if ENDLESS.map(Some).contains(&name) {
                    continue;
                }
                depth = if tag.starts_with('/') { depth - 1 } else { depth + 1 };
                deepest = deepest.max(depth);
            }
            assert!(deepest <= DEPTH_MAX, "{unit}: {deepest}");
            // With the depth of its input it would take hours.
            plain_text(&unit.repeat(50_000)).expect("a text");
        }
    }

    #[test]
    fn the_text_is_what_one_reads_with_the_links_below() {
        let html = "<!doctype html><html><head><title>T</title><style>p{}</style></head><body><!-- \
            no --><table width=\"1\"><tr>\
                    <td style='a>b'>Hi &amp; <b>hello</b></td><td>there</td></tr></table><p>Look \
                    <a class=x href=\"https://a.example/?a=1&amp;b=2\">here</a>\
                    <img alt=\"a cat\" src=\"https://a.example/c.png\"><img \
                    src=\"https://a.example/pixel\" alt=\"\"></p>\
                    <ul><li>one<li>two</ul>1 < 2</body></html>";
        let text = plain_text(html).expect("text");
        for part in [
            "Hi & hello\nthere\n",
            "[here][1]",
            "a cat",
            "* one\n* two",
            "1 < 2",
            "[1]: https://a.example/?a=1&b=2",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        for part in ["T\n", "p{}", "no", "pixel", "<b>"] {
            assert!(!text.contains(part), "{part} in {text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_html_a_text_is_made(html in "[<>a-c/!\\-= \"'é&;pimg]{0,60}") {
            prop_assert!(plain_text(&html).is_ok());
        }
    }
}
