//! What an e-mail becomes after it was filled in: MJML becomes HTML, links count, and a plain text is made beside it.

use std::{borrow::Cow, cell::Cell, fmt::Write, rc::Rc};

use lol_html::{RewriteStrSettings, element, end, end_tag, html_content::ContentType, rewrite_str};
use mrml::prelude::{parser::Error as MjmlError, render::RenderOptions};

use super::{
    Links, TemplateError,
    marks::is_marked,
    scope::Addresses,
    text_part::{plain_text, split_tag},
};
use crate::domain::delivery::names::closest;

/// Deepest nesting of elements. Readers of HTML climb down one by one, and the stack ends.
const ELEMENTS_MAX: usize = 128;

/// Most formatting (`<b>`, `<font>`) that is left open when the element around it ends.
const UNCLOSED_MAX: usize = 16;
const FORMATTING: [&str; 14] = ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

/// What the author writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    Mjml,
    Html,
    Plain,
}

/// Elements by which HTML is told from a text that has a `<` in it.
const ELEMENTS: [&str; 30] = [
    "a",
    "b",
    "blockquote",
    "body",
    "br",
    "center",
    "div",
    "em",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "img",
    "li",
    "meta",
    "ol",
    "p",
    "section",
    "span",
    "strong",
    "style",
    "table",
    "ul",
];
/// Elements that have no end, or need none.
const ENDLESS: [&str; 24] = [
    "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p", "param",
    "source", "tbody", "td", "th", "thead", "tr", "track", "wbr",
];

impl BodyKind {
    pub fn of(body: &str) -> Self {
        if tags(body).any(|tag| tag.name == "mjml") {
            BodyKind::Mjml
        } else if body.trim_start().get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"))
            || tags(body).any(|tag| ELEMENTS.contains(&tag.name.as_str()))
        {
            BodyKind::Html
        } else {
            BodyKind::Plain
        }
    }
}

struct Tag {
    name: String,
    closes: bool,
    /// `<br/>`
    is_empty: bool,
}

/// The tags of a text, as far as one can tell without a parser.
fn tags(text: &str) -> impl Iterator<Item = Tag> + '_ {
    text.split('<').skip(1).filter_map(|rest| {
        let (closes, rest) = rest.strip_prefix('/').map_or((false, rest), |rest| (true, rest));
        let end = rest.find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '-')).unwrap_or(rest.len());
        let is_tag = rest.starts_with(|sign: char| sign.is_ascii_alphabetic())
            && rest[end..].starts_with(|sign: char| sign.is_whitespace() || matches!(sign, '>' | '/'));
        let is_empty = rest.find('>').is_some_and(|close| rest[..close].ends_with('/'));
        is_tag.then(|| Tag { name: rest[..end].to_ascii_lowercase(), closes, is_empty })
    })
}

/// Refuses what readers of HTML would choke on: they climb down element by element, and open formatting again and again that
/// was never closed.
fn check_nesting(html: &str, kind: BodyKind) -> Result<(), TemplateError> {
    let mut open: Vec<String> = Vec::new();
    let mut unclosed = 0;
    for tag in tags(html) {
        let counts = kind == BodyKind::Mjml || !ENDLESS.contains(&tag.name.as_str());
        if !counts || tag.is_empty {
            continue;
        }
        if !tag.closes {
            open.push(tag.name);
            if open.len() > ELEMENTS_MAX {
                return Err(TemplateError::Nested { most: ELEMENTS_MAX });
            }
        } else if let Some(at) = open.iter().rposition(|name| *name == tag.name) {
            unclosed += open[at + 1..].iter().filter(|name| FORMATTING.contains(&name.as_str())).count();
            open.truncate(at);
        }
        if unclosed > UNCLOSED_MAX {
            return Err(TemplateError::Html);
        }
    }
    Ok(())
}

/// The parts of MJML. The library lets others through as they are, and nobody would see them.
const MJML: [&str; 33] = [
    "mj-accordion",
    "mj-accordion-element",
    "mj-accordion-text",
    "mj-accordion-title",
    "mj-all",
    "mj-attributes",
    "mj-body",
    "mj-breakpoint",
    "mj-button",
    "mj-carousel",
    "mj-carousel-image",
    "mj-class",
    "mj-column",
    "mj-divider",
    "mj-font",
    "mj-group",
    "mj-head",
    "mj-hero",
    "mj-html-attributes",
    "mj-image",
    "mj-navbar",
    "mj-navbar-link",
    "mj-preview",
    "mj-raw",
    "mj-section",
    "mj-social",
    "mj-social-element",
    "mj-spacer",
    "mj-style",
    "mj-table",
    "mj-text",
    "mj-title",
    "mj-wrapper",
];

/// A part of MJML that there is not, in a sentence.
pub fn unknown_part(mjml: &str) -> Option<String> {
    let name = tags(mjml).map(|tag| tag.name).find(|name| name.starts_with("mj-") && !MJML.contains(&name.as_str()))?;
    if name == "mj-include" {
        return Some("“<mj-include>” is not available: a message stands by itself. Write its text here.".to_string());
    }
    Some(match closest(&name, MJML) {
        Some(near) => format!("There is no element “<{name}>” in MJML. Did you mean “<{near}>”?"),
        None => format!("There is no element “<{name}>” in MJML. Check its spelling."),
    })
}

/// Text and HTML of the filled in body.
pub fn finish(
    body: String,
    kind: BodyKind,
    links: Option<&dyn Links>,
    addresses: &Addresses<'_>,
) -> Result<(String, Option<String>), TemplateError> {
    if kind == BodyKind::Plain {
        let lacks = links.is_some() && !mentions(&body, addresses);
        let footer = if lacks { format!("\n\n--\nUnsubscribe: {}\n", addresses.unsubscribe()) } else { String::new() };
        return Ok((format!("{body}{footer}"), None));
    }
    let has_way_out = mentions(&body, addresses);
    let (text, html) = both_parts(&body, kind, links.map(|links| Linking { links, addresses, has_way_out }))?;
    Ok((text, Some(html)))
}

/// How links are written.
pub struct Linking<'a> {
    pub links: &'a dyn Links,
    /// They do not count clicks.
    pub addresses: &'a Addresses<'a>,
    /// The author has put in how to unsubscribe.
    pub has_way_out: bool,
}

/// Text and HTML of a body that is written as HTML or MJML; it may have marks in it.
pub fn both_parts(body: &str, kind: BodyKind, linking: Option<Linking<'_>>) -> Result<(String, String), TemplateError> {
    check_nesting(body, kind)?;
    contained(|| {
        let html = if kind == BodyKind::Mjml { Cow::Owned(mjml_to_html(body)?) } else { Cow::Borrowed(body) };
        let html = match linking {
            Some(linking) => with_links(&html, &linking)?,
            None => html.into_owned(),
        };
        Ok((plain_text(&html)?, html))
    })
}

/// The readers of MJML and HTML are not ours, and one of them was seen to panic (see [`mended`]). They keep nothing from one text
/// to the next, so nothing is left half done. The check finds such a text before anybody is to get it.
fn contained<T>(read: impl FnOnce() -> Result<T, TemplateError>) -> Result<T, TemplateError> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).unwrap_or(Err(TemplateError::Html))
}

/// Does it say how to unsubscribe?
pub fn mentions(text: &str, addresses: &Addresses<'_>) -> bool {
    text.contains(addresses.unsubscribe()) || text.contains(&escaped(addresses.unsubscribe()))
}

fn mjml_to_html(mjml: &str) -> Result<String, TemplateError> {
    let mjml = mended(mjml.trim());
    let parsed = mrml::parse(&mjml).map_err(|error| TemplateError::Mjml(mjml_problem(&error, &mjml)))?;
    parsed.element.render(&RenderOptions::default()).map_err(|_| TemplateError::Mjml("a part of it cannot be shown.".to_string()))
}

/// MJML as its reader can take it. It cuts a text two bytes before its first `>`, and panics where that is within a sign: `€ > 5`.
/// And it writes attributes down as a programmer would, with `\u{a0}` for a blank that does not break.
fn mended(mjml: &str) -> String {
    let mut out = String::with_capacity(mjml.len() + 64);
    let mut rest = mjml;
    while !rest.is_empty() {
        let (text, tag) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        match text.find('>') {
            Some(at) if !text.is_char_boundary(at.saturating_sub(2)) => out.push_str(&text.replace('>', "&gt;")),
            _ => out.push_str(text),
        }
        if let Some(end) = tag.find("-->").filter(|_| tag.starts_with("<!--")) {
            let (comment, after) = tag.split_at(end + 3);
            out.push_str(comment);
            rest = after;
        } else {
            let (tag, after) = split_tag(tag);
            push_plain_attributes(&mut out, tag);
            rest = after;
        }
    }
    out
}

/// A tag with entities for what would be written differently between its quotes.
fn push_plain_attributes(out: &mut String, tag: &str) {
    let mut quote = None;
    for sign in tag.chars() {
        let is_plain = sign == '\'' || (sign == '"' && quote != Some('\'')) || sign.escape_debug().len() == 1;
        match quote {
            Some(_) if !is_plain => {
                // Writing to a text does not fail.
                let _ = write!(out, "&#{};", u32::from(sign));
            }
            _ => out.push(sign),
        }
        match (sign, quote) {
            ('"' | '\'', None) => quote = Some(sign),
            (sign, Some(open)) if sign == open => quote = None,
            _ => {}
        }
    }
}

/// What is wrong, where, in words.
fn mjml_problem(error: &MjmlError, mjml: &str) -> String {
    let place = match error {
        MjmlError::UnexpectedElement { position, .. }
        | MjmlError::UnexpectedToken { position, .. }
        | MjmlError::MissingAttribute { position, .. }
        | MjmlError::InvalidAttribute { position, .. }
        | MjmlError::InvalidFormat { position, .. }
        | MjmlError::IncludeLoaderError { position, .. } => Some((position.start, position.end)),
        _ => None,
    };
    let written = place.and_then(|(start, end)| mjml.get(start..end)).unwrap_or_default();
    let written: String = written.trim_start_matches(['<', '/']).chars().take(40).collect();
    let line = place.and_then(|(start, _)| mjml.get(..start)).map(|before| before.matches('\n').count() + 1);
    let line = line.map(|line| format!("near line {line}, ")).unwrap_or_default();
    match error {
        MjmlError::UnexpectedElement { .. } => format!("{line}“<{written}>” does not belong here."),
        MjmlError::UnexpectedToken { .. } => format!("{line}“{written}” does not belong here."),
        MjmlError::MissingAttribute { name, .. } => format!("{line}the attribute “{name}” is missing."),
        MjmlError::InvalidAttribute { .. } => format!("{line}the attribute “{written}” makes no sense."),
        MjmlError::InvalidFormat { .. } => format!("{line}“{written}” makes no sense."),
        MjmlError::IncludeLoaderError { .. } => format!("{line}“<mj-include>” is not available: a message stands by itself."),
        MjmlError::EndOfStream { .. } => "it ends before “</mjml>”; an element is not closed.".to_string(),
        MjmlError::SizeLimit { .. } => "it is too long.".to_string(),
        MjmlError::ParserError { .. } => "an element or an attribute is not closed. Check “<”, “>” and quotes.".to_string(),
        MjmlError::NoRootNode => "it has no “<mjml>” around it.".to_string(),
    }
}

/// Does it lead to the web?
pub fn is_web(target: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// Is a click on it counted?
pub fn counts(target: &str, addresses: &Addresses<'_>) -> bool {
    is_web(target) && target != addresses.unsubscribe() && target != addresses.preferences()
}

/// Every link counts its clicks, a picture counts the view, and who has enough finds the way out.
fn with_links(html: &str, linking: &Linking<'_>) -> Result<String, TemplateError> {
    let Linking { links, addresses, has_way_out } = linking;
    let footer = if *has_way_out { String::new() } else { footer(addresses.unsubscribe()) };
    let pixel = escaped(&links.pixel());
    let ending = format!("{footer}<img src=\"{pixel}\" width=\"1\" height=\"1\" alt=\"\" style=\"display:block;border:0\">");
    let is_written = Rc::new(Cell::new(false));
    let settings = RewriteStrSettings::new()
        .with_strict(false)
        .append_element_content_handler(element!("a[href], area[href]", |link| {
            let target = link.get_attribute("href").map(|target| unescaped(target.trim())).unwrap_or_default();
            // Every address is written anew, so that a mail does not depend on which of them are known only later.
            let leads = if is_marked(&target) || counts(&target, addresses) { links.click(&target) } else { target };
            link.set_attribute("href", &escaped(&leads))?;
            Ok(())
        }))
        .append_element_content_handler(element!("body", |body| {
            let (ending, is_written) = (ending.clone(), Rc::clone(&is_written));
            body.on_end_tag(end_tag!(move |tag| {
                if !is_written.replace(true) {
                    tag.before(&ending, ContentType::Html);
                }
                Ok(())
            }))
        }))
        .append_document_content_handler(end!(|document| {
            if !is_written.get() {
                document.append(&ending, ContentType::Html);
            }
            Ok(())
        }));
    rewrite_str(html, settings).map_err(|_| TemplateError::Html)
}

fn footer(unsubscribe: &str) -> String {
    format!(
        "<p style=\"margin:24px 16px;font:12px/1.5 sans-serif;text-align:center;color:#6b7280\">You do not want these e-mails? \
         <a href=\"{}\" style=\"color:#6b7280\">Unsubscribe</a></p>",
        escaped(unsubscribe)
    )
}

/// As it stands in an attribute.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The entities that stand in addresses and that values are escaped with; the last is undone last.
pub const ENTITIES: [(&str, &str); 6] =
    [("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];

/// Undoes them.
pub fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_string();
    }
    ENTITIES.iter().fold(text.to_string(), |text, (entity, sign)| text.replace(entity, sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mjml_html_and_plain_text_are_told_apart() {
        for (body, kind) in [
            ("\n<!-- x --><mjml><mj-body></mj-body></mjml>", BodyKind::Mjml),
            ("<!DOCTYPE html><x>", BodyKind::Html),
            ("Hi <b>Ann</b>", BodyKind::Html),
            ("<p>Hi</p>", BodyKind::Html),
            ("Hi Ann, 1 < 2 and <you> know", BodyKind::Plain),
            ("", BodyKind::Plain),
        ] {
            assert_eq!(BodyKind::of(body), kind, "{body}");
        }
    }

    #[test]
    fn what_lists_leave_open_is_fine_and_what_readers_would_choke_on_is_not() {
        let nested = |html: &str| check_nesting(html, BodyKind::Html);
        assert_eq!(nested(&"<p>a<br>".repeat(500)), Ok(()));
        assert_eq!(nested(&"<div><b>a</b></div>".repeat(500)), Ok(()));
        assert!(matches!(nested(&"<div>".repeat(500)), Err(TemplateError::Nested { .. })));
        assert!(matches!(nested(&"<div></x>".repeat(500)), Err(TemplateError::Nested { .. })));
        assert_eq!(nested(&"<div><b></div>".repeat(500)), Err(TemplateError::Html));
    }

    #[test]
    fn a_reader_that_panics_is_an_error() {
        assert_eq!(contained::<()>(|| panic!("a bug of a library")), Err(TemplateError::Html));
    }
}
