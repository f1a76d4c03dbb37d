//! An email is finished once for everybody who gets the same shape of it.
//!
//! What makes a mail of a text takes its time: MJML becomes HTML, links are found, a text part is
//! read out of it all. None of that depends on who is greeted. So it is done with marks where
//! values belong (`placeholders.rs`), and kept: for the next person whose text has the same shape,
//! only their values and their links are put in. A condition in a template makes another shape. The
//! first mail of a shape is made both ways, and where these differ, that shape is finished for each
//! person anew.

use std::sync::{Mutex, PoisonError, RwLock};

use super::{
    LinkBuilder, TemplateError,
    budget::{EMAIL_MAX, RenderLimit},
    email::{BodyKind, both_parts, finish},
    link_rewriter::{ENTITIES, LinkRewriter, escaped, is_tracked, mentions, unescaped},
    placeholders::{Placeholder, TextPart, is_marked, parts},
    text_part::{push_squeezed, split_tag, tidied},
    variable_scope::MessageUrls,
};
use wayfare_domain::interrupt::Uninterrupted;

/// Most shapes that are kept of one message, and how long they may be together, in bytes.
const SHAPES_MAX: usize = 32;
const BYTES_MAX: usize = 2 * 1024 * 1024;

/// Finishes the mails of one message.
#[derive(Debug)]
pub struct LayoutCache {
    kind: BodyKind,
    known: RwLock<Vec<Known>>,
}

#[derive(Debug)]
struct Known {
    shape: String,
    has_way_out: bool,
    /// None where it has to be finished for each person.
    finished: Option<CachedLayout>,
}

/// A body that was filled in with its values apart.
pub struct BodyShape {
    pub shape: String,
    /// As they stand in HTML.
    pub values: Vec<String>,
}

impl LayoutCache {
    pub fn new(kind: BodyKind) -> Self {
        Self { kind, known: RwLock::default() }
    }

    pub fn kind(&self) -> BodyKind {
        self.kind
    }

    /// Text and HTML of one person's mail; `filled` gives the body with their values in it, where
    /// that is needed.
    ///
    /// # Errors
    /// [`TemplateError`], of the text as it was filled in for them.
    pub fn finish(
        &self,
        shaped: &BodyShape,
        filled: impl FnOnce() -> Result<String, TemplateError>,
        links: &dyn LinkBuilder,
        addresses: &MessageUrls<'_>,
    ) -> Result<(String, Option<String>), TemplateError> {
        let BodyShape { shape, values } = shaped;
        if shape.len() + values.iter().map(String::len).sum::<usize>() > EMAIL_MAX {
            return Err(TemplateError::Limit {
                field: "body".to_string(),
                limit: RenderLimit::Output(EMAIL_MAX),
            });
        }
        let has_way_out = values.iter().any(|value| mentions(value, addresses));
        let is_known = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            let found = known
                .iter()
                .find(|known| known.has_way_out == has_way_out && known.shape == *shape);
            let finished = found.and_then(|known| known.finished.as_ref());
            if let Some((text, html)) =
                finished.and_then(|finished| finished.fill(values, links, addresses))
            {
                return Ok((text, Some(html)));
            }
            found.is_some() || known.len() >= SHAPES_MAX
        };
        let (text, html) = finish(filled()?, self.kind, Some(links), addresses, &Uninterrupted)?;
        if !is_known {
            let finished = CachedLayout::new(shape, values.len(), self.kind, has_way_out);
            let same = |finished: &CachedLayout| {
                let made = finished.fill(values, links, addresses);
                made.is_some_and(|made| {
                    made.0 == text
                        && html.as_deref().is_some_and(|html| read(&made.1) == read(html))
                })
            };
            self.keep(Known { shape: shape.clone(), has_way_out, finished: finished.filter(same) });
        }
        Ok((text, html))
    }

    #[cfg(test)]
    pub fn shapes(&self) -> (usize, usize) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        (known.len(), known.iter().filter(|known| known.finished.is_some()).count())
    }

    fn keep(&self, new: Known) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let bytes: usize = known.iter().map(Known::bytes).sum();
        if known.len() < SHAPES_MAX && bytes + new.bytes() <= BYTES_MAX {
            known.push(new);
        }
    }
}

impl Known {
    fn bytes(&self) -> usize {
        let of = |parts: &[TextPart]| {
            parts
                .iter()
                .map(|part| if let TextPart::Fixed(text) = part { text.len() } else { 8 })
                .sum::<usize>()
        };
        self.shape.len()
            + self.finished.as_ref().map_or(0, |finished| of(&finished.html) + of(&finished.text))
    }
}

/// A finished mail, but for what is one person's.
#[derive(Debug)]
struct CachedLayout {
    /// How many values it takes.
    values: usize,
    html: Vec<TextPart>,
    text: Vec<TextPart>,
    /// Where links lead.
    targets: Vec<Vec<TextPart>>,
}

impl CachedLayout {
    /// None where it cannot be done for everybody.
    fn new(shape: &str, values: usize, kind: BodyKind, has_way_out: bool) -> Option<Self> {
        // Each value once, in their order: whatever else looks like a mark came with a text.
        let marks = parts(shape)?
            .into_iter()
            .filter_map(|part| if let TextPart::Marked(mark) = part { Some(mark) } else { None });
        if !marks.eq((0..values).map(Placeholder::Value)) || !marks_are_quoted(shape) {
            return None;
        }
        let links = MarkedLinks::default();
        let addresses = MessageUrls::new(Some(&links));
        let linking = LinkRewriter { links: &links, addresses: &addresses, has_way_out };
        let (text, html) = both_parts(shape, kind, Some(linking), &Uninterrupted).ok()?;
        let targets = links.targets.into_inner().unwrap_or_else(PoisonError::into_inner);
        let targets = targets.iter().map(|target| parts(target)).collect::<Option<Vec<_>>>()?;
        let finished = Self { values, html: parts(&html)?, text: parts(&text)?, targets };
        finished.is_whole().then_some(finished)
    }

    /// Every mark leads to something.
    fn is_whole(&self) -> bool {
        let leads = |part: &TextPart| match part {
            TextPart::Marked(Placeholder::Value(number)) => *number < self.values,
            TextPart::Marked(Placeholder::Link(number)) => *number < self.targets.len(),
            _ => true,
        };
        [&self.html, &self.text].into_iter().chain(&self.targets).flatten().all(leads)
    }

    /// Text and HTML; none where a value of theirs is not as simple as it should be.
    fn fill(
        &self,
        values: &[String],
        links: &dyn LinkBuilder,
        addresses: &MessageUrls<'_>,
    ) -> Option<(String, String)> {
        if values.len() != self.values {
            return None;
        }
        let plain = values.iter().map(|value| plain(value)).collect::<Option<Vec<String>>>()?;
        let targets: Vec<String> =
            self.targets.iter().map(|target| lead(target, &plain, links, addresses)).collect();
        let text = joined(&self.text, |mark, out| match mark {
            Placeholder::Value(number) => push_squeezed(out, &plain[number]),
            Placeholder::Link(number) => out.push_str(&targets[number]),
            Placeholder::Pixel => {}
            Placeholder::Unsubscribe => out.push_str(addresses.unsubscribe()),
        });
        let html = joined(&self.html, |mark, out| match mark {
            Placeholder::Value(number) => out.push_str(&values[number]),
            Placeholder::Link(number) => out.push_str(&escaped(&targets[number])),
            Placeholder::Pixel => out.push_str(&escaped(&links.pixel())),
            Placeholder::Unsubscribe => out.push_str(&escaped(addresses.unsubscribe())),
        });
        Some((tidied(&text), html))
    }
}

/// Most digits of the number of a sign.
const DIGITS_MAX: usize = 10;

/// As a browser reads it: `&#160;` is the blank that it stands for. Signs that mean something in
/// HTML stay as they are written.
pub fn read(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once("&#") {
        out.push_str(before);
        // Numbers of signs are short; a `;` farther away ends something else.
        let end = after.bytes().take(DIGITS_MAX + 1).position(|byte| byte == b';');
        let number = end
            .and_then(|end| Some((after.get(..end)?.parse::<u32>().ok()?, after.get(end + 1..)?)));
        let sign = number.and_then(|(number, behind)| Some((char::from_u32(number)?, behind)));
        match sign.filter(|(sign, _)| !matches!(sign, '&' | '<' | '>' | '"' | '\'')) {
            Some((sign, behind)) => {
                out.push(sign);
                rest = behind;
            }
            None => {
                out.push_str("&#");
                rest = after;
            }
        }
    }
    out + rest
}

/// Where a value stands in a tag without quotes around it, it depends on the value what becomes of
/// the tag.
fn marks_are_quoted(shape: &str) -> bool {
    let mut rest = shape;
    while let Some(start) = rest.find('<') {
        let (tag, after) = split_tag(&rest[start..]);
        let mut bare = tag;
        while let Some(at) = bare.find(['"', '\'']) {
            let (before, quoted) = bare.split_at(at);
            if is_marked(before) {
                return false;
            }
            bare = quoted[1..].split_once(&quoted[..1]).map_or("", |(_, behind)| behind);
        }
        if is_marked(bare) {
            return false;
        }
        rest = after;
    }
    true
}

fn joined(parts: &[TextPart], mut push: impl FnMut(Placeholder, &mut String)) -> String {
    let fixed: usize = parts
        .iter()
        .map(|part| if let TextPart::Fixed(text) = part { text.len() } else { 64 })
        .sum();
    let mut out = String::with_capacity(fixed);
    for part in parts {
        match part {
            TextPart::Fixed(text) => out.push_str(text),
            TextPart::Marked(mark) => push(*mark, &mut out),
        }
    }
    out
}

/// Where a link leads for them.
fn lead(
    target: &[TextPart],
    plain: &[String],
    links: &dyn LinkBuilder,
    addresses: &MessageUrls<'_>,
) -> String {
    let target = joined(target, |mark, out| {
        if let Placeholder::Value(number) = mark {
            out.push_str(&plain[number]);
        }
    });
    let target = target.trim();
    if is_tracked(target, addresses) { links.click(target) } else { target.to_string() }
}

/// A value as people read it; none where it has entities that only a reader of HTML knows, or
/// blanks at its ends, of which it depends on the place whether they are seen.
fn plain(value: &str) -> Option<String> {
    if value.trim().len() != value.len() {
        return None;
    }
    let is_known =
        |(at, _): (usize, &str)| ENTITIES.iter().any(|(entity, _)| value[at..].starts_with(entity));
    value.match_indices('&').all(is_known).then(|| unescaped(value))
}

/// Writes marks, and remembers where links lead.
#[derive(Default)]
struct MarkedLinks {
    targets: Mutex<Vec<String>>,
}

impl LinkBuilder for MarkedLinks {
    fn click(&self, target: &str) -> String {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        targets.push(target.to_string());
        Placeholder::Link(targets.len() - 1).text()
    }

    fn pixel(&self) -> String {
        Placeholder::Pixel.text()
    }

    fn unsubscribe(&self) -> String {
        Placeholder::Unsubscribe.text()
    }

    /// No one's: their own stand among the values.
    fn preferences(&self) -> String {
        self.unsubscribe()
    }
}
