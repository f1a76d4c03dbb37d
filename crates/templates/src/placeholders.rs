//! Marks: they stand in an email where something of one person's belongs, while the email is
//! finished for everybody.
//!
//! A mark is a word that no one else writes: it begins with a secret of this process. It has small
//! letters and digits only, so that readers of HTML and MJML pass it by like any word.

use std::{fmt::Write, sync::LazyLock};

use liquid_core::Runtime;
use uuid::Uuid;

/// How a mark begins. It never leaves the process: a mail in which one is left over is made the
/// other way (see `layout_cache.rs`).
static OPEN: LazyLock<String> = LazyLock::new(|| format!("wf{}", Uuid::now_v7().simple()));
/// How it ends.
const CLOSE: char = 'z';

/// What belongs at a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// One of their values, by its number.
    Value(usize),
    /// The address of a link that counts, by its number.
    Link(usize),
    Pixel,
    Unsubscribe,
}

impl Placeholder {
    pub fn push(self, out: &mut String) {
        let (letter, number) = match self {
            Placeholder::Value(number) => ('v', number),
            Placeholder::Link(number) => ('l', number),
            Placeholder::Pixel => ('p', 0),
            Placeholder::Unsubscribe => ('u', 0),
        };
        // Writing to a text does not fail.
        let _ = write!(out, "{}{letter}{number}{CLOSE}", *OPEN);
    }

    pub fn text(self) -> String {
        let mut text = String::new();
        self.push(&mut text);
        text
    }

    fn read(inner: &str) -> Option<Self> {
        let mut signs = inner.chars();
        let letter = signs.next()?;
        let number = signs.as_str().parse().ok()?;
        Some(match letter {
            'v' => Placeholder::Value(number),
            'l' => Placeholder::Link(number),
            'p' => Placeholder::Pixel,
            'u' => Placeholder::Unsubscribe,
            _ => return None,
        })
    }
}

/// A piece of a marked text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextPart {
    Fixed(Box<str>),
    Marked(Placeholder),
}

pub fn is_marked(text: &str) -> bool {
    text.contains(OPEN.as_str())
}

/// Takes a marked text apart; none where a mark is broken.
pub fn parts(text: &str) -> Option<Vec<TextPart>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN.as_str()) {
        let (inner, behind) = after.split_once(CLOSE)?;
        if !before.is_empty() {
            parts.push(TextPart::Fixed(before.into()));
        }
        parts.push(TextPart::Marked(Placeholder::read(inner)?));
        rest = behind;
    }
    if !rest.is_empty() {
        parts.push(TextPart::Fixed(rest.into()));
    }
    Some(parts)
}

/// Values that were left out of the text that is filled in. It lies in the registers of the
/// rendering.
#[derive(Debug, Default)]
pub struct DeferredValues {
    /// Only where they are wanted apart.
    pub wanted: bool,
    pub values: Vec<String>,
}

/// A value on its way into the text: itself, or the mark that stands for it. One that is blank
/// stands for itself: a paragraph without words is another shape, for there is none in the text
/// part.
pub fn value_or_mark(runtime: &dyn Runtime, value: String) -> String {
    let mut left_out = runtime.registers().get_mut::<DeferredValues>();
    if !left_out.wanted || value.trim().is_empty() {
        return value;
    }
    left_out.values.push(value);
    Placeholder::Value(left_out.values.len() - 1).text()
}

/// Runs `make` with the values themselves: what it makes is looked at before it is shown, or not
/// shown at all.
pub fn with_values<T>(runtime: &dyn Runtime, make: impl FnOnce() -> T) -> T {
    let wanted =
        std::mem::replace(&mut runtime.registers().get_mut::<DeferredValues>().wanted, false);
    let made = make();
    runtime.registers().get_mut::<DeferredValues>().wanted = wanted;
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_text_is_taken_apart_and_a_broken_one_is_not() {
        let text = format!(
            "a{}b{}{}",
            Placeholder::Value(12).text(),
            Placeholder::Link(0).text(),
            Placeholder::Pixel.text()
        );
        let fixed = |text: &str| TextPart::Fixed(text.into());
        let marked = [Placeholder::Value(12), Placeholder::Link(0), Placeholder::Pixel]
            .map(TextPart::Marked);
        let [value, link, pixel] = marked;
        assert_eq!(parts(&text), Some(vec![fixed("a"), value, fixed("b"), link, pixel]));
        let mark = Placeholder::Value(1).text();
        for broken in [&mark[..mark.len() - 1], &mark.replace("v1", "x1"), &mark.replace("v1", "v")]
        {
            assert_eq!(parts(broken), None, "{broken}");
        }
    }
}
