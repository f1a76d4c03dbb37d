//! What an e-mail becomes after it was filled in: MJML becomes HTML, links count, and a plain text is made beside it.

use std::{cell::Cell, rc::Rc};

use html2text::config;
use lol_html::{RewriteStrSettings, element, end, end_tag, html_content::ContentType, rewrite_str};
use mrml::prelude::{parser::Error as MjmlError, render::RenderOptions};

use super::{Links, TemplateError, scope::Addresses};

/// Widest line of the plain text.
const TEXT_WIDTH: usize = 78;
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

/// Text and HTML of the filled in body.
pub fn finish(
    body: String,
    kind: BodyKind,
    links: Option<&dyn Links>,
    addresses: &Addresses,
) -> Result<(String, Option<String>), TemplateError> {
    if kind == BodyKind::Plain {
        let lacks = links.is_some() && !mentions(&body, addresses);
        let footer = if lacks { format!("\n\n--\nUnsubscribe: {}\n", addresses.unsubscribe) } else { String::new() };
        return Ok((format!("{body}{footer}"), None));
    }
    check_nesting(&body, kind)?;
    let html = if kind == BodyKind::Mjml { mjml_to_html(&body)? } else { body };
    let html = match links {
        Some(links) => with_links(&html, links, addresses)?,
        None => html,
    };
    let text = plain_text(&html)?;
    Ok((text, Some(html)))
}

fn mentions(text: &str, addresses: &Addresses) -> bool {
    text.contains(&addresses.unsubscribe) || text.contains(&escaped(&addresses.unsubscribe))
}

fn mjml_to_html(mjml: &str) -> Result<String, TemplateError> {
    let parsed = mrml::parse(mjml.trim()).map_err(|error| TemplateError::Mjml(mjml_problem(&error, mjml.trim())))?;
    parsed.element.render(&RenderOptions::default()).map_err(|_| TemplateError::Mjml("a part of it cannot be shown.".to_string()))
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

/// Every link counts its clicks, a picture counts the view, and who has enough finds the way out.
fn with_links(html: &str, links: &dyn Links, addresses: &Addresses) -> Result<String, TemplateError> {
    let footer = if mentions(html, addresses) { String::new() } else { footer(&addresses.unsubscribe) };
    let pixel = escaped(&links.pixel());
    let ending = format!("{footer}<img src=\"{pixel}\" width=\"1\" height=\"1\" alt=\"\" style=\"display:block;border:0\">");
    let is_written = Rc::new(Cell::new(false));
    let settings = RewriteStrSettings::new()
        .with_strict(false)
        .append_element_content_handler(element!("a[href], area[href]", |link| {
            let target = link.get_attribute("href").map(|target| unescaped(target.trim())).unwrap_or_default();
            if is_web(&target) && target != addresses.unsubscribe && target != addresses.preferences {
                link.set_attribute("href", &escaped(&links.click(&target)))?;
            }
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

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The entities that stand in addresses.
fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_string();
    }
    [("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        .iter()
        .fold(text.to_string(), |text, (entity, sign)| text.replace(entity, sign))
}

/// The text for those who read no HTML.
fn plain_text(html: &str) -> Result<String, TemplateError> {
    let reader = config::plain_no_decorate().raw_mode(true).no_link_wrapping().link_footnotes(true).allow_width_overflow();
    let text = reader.string_from_read(html.as_bytes(), TEXT_WIDTH).map_err(|_| TemplateError::Html)?;
    // Layout makes many empty lines and blanks; two lines apart is apart enough.
    let mut out = String::with_capacity(text.len());
    let mut empty = 2;
    for line in text.lines().map(str::trim_end) {
        empty = if line.trim().is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    Ok(out.trim().to_string())
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
}
