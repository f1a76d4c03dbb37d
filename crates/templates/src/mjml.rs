//! MJML becomes HTML.

use std::fmt::Write;

use htmlparser::{ElementEnd, Token, Tokenizer};
use mrml::prelude::{parser::Error as MjmlError, render::RenderOptions};

use super::{
    TemplateError,
    email::{ELEMENTS_MAX, tags},
    markup_pieces::{MarkupPieces, Piece},
};
use wayfare_domain::messages::known_properties::suggest;

/// Most elements of MJML (`<mj-…>`), and most pictures of carousels, of which each is written once
/// for each of the others: what is made of a short text must not become long.
pub const PARTS_MAX: usize = 5_000;
pub const PICTURES_MAX: usize = 100;

/// Elements of HTML that have no end, as the reader knows them.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];
/// The parts of MJML. The library lets others through as they are, and no one would see them.
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
    let name = tags(mjml)
        .map(|tag| tag.name)
        .find(|name| name.starts_with("mj-") && !MJML.contains(&name.as_str()))?;
    if name == "mj-include" {
        return Some(
            "“<mj-include>” is not available, because a message cannot include others. Write its \
                text here."
                .to_string(),
        );
    }
    Some(match suggest(&name, MJML) {
        Some(near) => format!("There is no element “<{name}>” in MJML. Did you mean “<{near}>”?"),
        None => format!("There is no element “<{name}>” in MJML. Check its spelling."),
    })
}

/// # Errors
/// What is wrong with it, and where; or that it would become too much.
pub fn mjml_to_html(mjml: &str) -> Result<String, TemplateError> {
    let mjml = mended(mjml.trim())?;
    check_depth(&mjml)?;
    let parsed =
        mrml::parse(&mjml).map_err(|error| TemplateError::Mjml(mjml_problem(&error, &mjml)))?;
    parsed
        .element
        .render(&RenderOptions::default())
        .map_err(|_| TemplateError::Mjml("a part of it cannot be shown.".to_string()))
}

/// The reader climbs down element by element: the tokens are its own, so that it finds no deeper
/// tree than is counted here.
fn check_depth(mjml: &str) -> Result<(), TemplateError> {
    let mut depth = 0_usize;
    let mut has_end = true;
    for token in Tokenizer::from(mjml) {
        match token {
            // One with a prefix has an end, whatever it is called.
            Ok(Token::ElementStart { prefix, local, .. }) => {
                has_end = !prefix.is_empty() || !VOID.contains(&local.as_str());
            }
            Ok(Token::ElementEnd { end: ElementEnd::Open, .. }) => depth += usize::from(has_end),
            Ok(Token::ElementEnd { end: ElementEnd::Close(..), .. }) => {
                depth = depth.saturating_sub(1);
            }
            // It stops here as well, and says what is wrong.
            Err(_) => break,
            Ok(_) => {}
        }
        if depth > ELEMENTS_MAX {
            return Err(TemplateError::Nested { most: ELEMENTS_MAX });
        }
    }
    Ok(())
}

/// MJML as its reader can take it. It cuts a text two bytes before its first `>`, and panics where
/// that is within a sign: `€ > 5`. And it writes attributes down as a programmer would, with
/// `\u{a0}` for a blank that does not break.
fn mended(mjml: &str) -> Result<String, TemplateError> {
    let mut out = String::with_capacity(mjml.len() + 64);
    let mut parts = Parts::default();
    for piece in MarkupPieces::of(mjml) {
        match piece {
            Piece::Text(text) => match text.find('>') {
                Some(at) if !text.is_char_boundary(at.saturating_sub(2)) => {
                    out.push_str(&text.replace('>', "&gt;"))
                }
                _ => out.push_str(text),
            },
            Piece::Comment(comment) => out.push_str(comment),
            Piece::Tag(tag) => {
                parts.count(tag)?;
                push_plain_attributes(&mut out, tag);
            }
        }
    }
    Ok(out)
}

/// What there is of elements.
#[derive(Default)]
struct Parts {
    parts: usize,
    pictures: usize,
}

impl Parts {
    fn count(&mut self, tag: &str) -> Result<(), TemplateError> {
        self.parts += usize::from(tag.starts_with("<mj-"));
        self.pictures += usize::from(tag.starts_with("<mj-carousel-image"));
        if self.parts > PARTS_MAX {
            return Err(TemplateError::TooMuch { what: "elements of MJML", most: PARTS_MAX });
        }
        if self.pictures > PICTURES_MAX {
            return Err(TemplateError::TooMuch {
                what: "pictures in carousels",
                most: PICTURES_MAX,
            });
        }
        Ok(())
    }
}

/// A tag with entities for what would be written differently between its quotes.
fn push_plain_attributes(out: &mut String, tag: &str) {
    let mut quote = None;
    for sign in tag.chars() {
        let is_plain =
            sign == '\'' || (sign == '"' && quote != Some('\'')) || sign.escape_debug().len() == 1;
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
    let line = place
        .and_then(|(start, _)| mjml.get(..start))
        .map(|before| before.matches('\n').count() + 1);
    let line = line.map(|line| format!("near line {line}, ")).unwrap_or_default();
    match error {
        MjmlError::UnexpectedElement { .. } => format!("{line}“<{written}>” does not belong here."),
        MjmlError::UnexpectedToken { .. } => format!("{line}“{written}” does not belong here."),
        MjmlError::MissingAttribute { name, .. } => {
            format!("{line}the attribute “{name}” is missing.")
        }
        MjmlError::InvalidAttribute { .. } => {
            format!("{line}the attribute “{written}” is not valid.")
        }
        MjmlError::InvalidFormat { .. } => format!("{line}“{written}” is not valid."),
        MjmlError::IncludeLoaderError { .. } => {
            format!(
                "{line}“<mj-include>” is not available, because a message cannot include others."
            )
        }
        MjmlError::EndOfStream { .. } => {
            "it ends before “</mjml>”; an element is not closed.".to_string()
        }
        MjmlError::SizeLimit { .. } => "it is too long.".to_string(),
        MjmlError::ParserError { .. } => {
            "an element or an attribute is not closed. Check “<”, “>” and quotes.".to_string()
        }
        MjmlError::NoRootNode => "it has no “<mjml>” around it.".to_string(),
    }
}
