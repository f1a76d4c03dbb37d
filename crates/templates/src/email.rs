//! What an email becomes after it was filled in: MJML becomes HTML, links count, and a plain text
//! is made beside it.

use std::borrow::Cow;

use super::{
    LinkBuilder, TemplateError,
    budget::{HTML_MAX, RenderLimit},
    link_rewriter::{LinkRewriter, mentions, with_links},
    mjml::mjml_to_html,
    text_part::plain_text,
    variable_scope::MessageUrls,
};
use wayfare_domain::interrupt::Interrupt;

/// Deepest nesting of elements. Readers of HTML climb down one by one, and the stack ends.
pub const ELEMENTS_MAX: usize = 128;

/// Most formatting (`<b>`, `<font>`) that is left open when the element around it ends.
const UNCLOSED_MAX: usize = 16;
const FORMATTING: [&str; 14] = [
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
];

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
    "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta",
    "option", "p", "param", "source", "tbody", "td", "th", "thead", "tr", "track", "wbr",
];

impl BodyKind {
    pub fn of(body: &str) -> Self {
        if tags(body).any(|tag| tag.name == "mjml") {
            BodyKind::Mjml
        } else if body
            .trim_start()
            .get(..9)
            .is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"))
            || tags(body).any(|tag| ELEMENTS.contains(&tag.name.as_str()))
        {
            BodyKind::Html
        } else {
            BodyKind::Plain
        }
    }
}

pub struct Tag {
    pub name: String,
    closes: bool,
    /// `<br/>`
    is_empty: bool,
}

/// The tags of a text, as far as one can tell without a parser.
pub fn tags(text: &str) -> impl Iterator<Item = Tag> + '_ {
    text.split('<').skip(1).filter_map(|rest| {
        let (closes, rest) = rest.strip_prefix('/').map_or((false, rest), |rest| (true, rest));
        let end = rest
            .find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '-'))
            .unwrap_or(rest.len());
        let is_tag = rest.starts_with(|sign: char| sign.is_ascii_alphabetic())
            && rest[end..]
                .starts_with(|sign: char| sign.is_whitespace() || matches!(sign, '>' | '/'));
        let is_empty = rest.find('>').is_some_and(|close| rest[..close].ends_with('/'));
        is_tag.then(|| Tag { name: rest[..end].to_ascii_lowercase(), closes, is_empty })
    })
}

/// Refuses what readers of HTML would choke on: they climb down element by element, and open
/// formatting again and again that was never closed.
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
            unclosed +=
                open[at + 1..].iter().filter(|name| FORMATTING.contains(&name.as_str())).count();
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
    links: Option<&dyn LinkBuilder>,
    addresses: &MessageUrls<'_>,
    interrupt: &dyn Interrupt,
) -> Result<(String, Option<String>), TemplateError> {
    if kind == BodyKind::Plain {
        let lacks = links.is_some() && !mentions(&body, addresses);
        let footer = if lacks {
            format!("\n\n--\nUnsubscribe: {}\n", addresses.unsubscribe())
        } else {
            String::new()
        };
        return Ok((format!("{body}{footer}"), None));
    }
    let has_way_out = mentions(&body, addresses);
    let (text, html) = both_parts(
        &body,
        kind,
        links.map(|links| LinkRewriter { links, addresses, has_way_out }),
        interrupt,
    )?;
    Ok((text, Some(html)))
}

/// Text and HTML of a body that is written as HTML or MJML; it may have marks in it.
pub fn both_parts(
    body: &str,
    kind: BodyKind,
    linking: Option<LinkRewriter<'_>>,
    interrupt: &dyn Interrupt,
) -> Result<(String, String), TemplateError> {
    check_nesting(body, kind)?;
    contained(|| {
        let html = if kind == BodyKind::Mjml {
            Cow::Owned(mjml_to_html(body)?)
        } else {
            Cow::Borrowed(body)
        };
        if html.len() > HTML_MAX {
            return Err(TemplateError::Limit {
                field: "body".to_string(),
                limit: RenderLimit::Html,
            });
        }
        interrupt.go_on()?;
        let html = match linking {
            Some(linking) => with_links(&html, &linking)?,
            None => html.into_owned(),
        };
        interrupt.go_on()?;
        let text = plain_text(&html)?;
        if text.len() > HTML_MAX {
            return Err(TemplateError::Limit {
                field: "body".to_string(),
                limit: RenderLimit::Html,
            });
        }
        Ok((text, html))
    })
}

/// The readers of MJML and HTML are not ours, and one of them was seen to panic (see `mjml.rs`).
/// They keep nothing from one text to the next, so nothing is left half done. The check finds such
/// a text before anybody is to get it.
fn contained<T>(read: impl FnOnce() -> Result<T, TemplateError>) -> Result<T, TemplateError> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).unwrap_or(Err(TemplateError::Html))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wayfare_domain::interrupt::Uninterrupted;

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
    fn no_end_that_is_none_hides_how_deep_mjml_is() {
        for unit in
            ["<div><!--</div>-->", "<div><img alt=\"</div>\"/>", "<x:br>", "<div a='</div>'>"]
        {
            let body =
                format!("<mjml><mj-body><mj-section><mj-column><mj-text>{}", unit.repeat(20_000));
            let read = both_parts(&body, BodyKind::Mjml, None, &Uninterrupted);
            assert!(matches!(read, Err(TemplateError::Nested { .. })), "{unit}: {read:?}");
        }
    }

    #[test]
    fn a_reader_that_panics_is_an_error() {
        assert_eq!(contained::<()>(|| panic!("a bug of a library")), Err(TemplateError::Html));
    }
}
