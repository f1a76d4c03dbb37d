//! Segments put into criteria. A segment may name others, and each may be named many times: a dozen
//! short ones can make a question of a million parts. What comes out is bounded, whatever is in the
//! database.

use std::collections::HashMap;

use super::criteria::Criteria;

/// Most parts of one criteria with its segments put in: as a statement for the database they are
/// far below its limits.
pub const PARTS_MAX: usize = 2_000;
/// Most parts that segments add to all criteria of a version together.
pub const VERSION_PARTS_MAX: usize = 100_000;
/// Deepest nesting of segments in segments.
pub const NESTED_MAX: usize = 32;

/// Puts segments in, as long as there is room.
pub struct Expansion<'a> {
    segments: &'a HashMap<String, Criteria>,
    /// Parts that segments may still add.
    left: usize,
    /// Segments that are being put in.
    open: Vec<&'a str>,
}

impl<'a> Expansion<'a> {
    pub fn new(segments: &'a HashMap<String, Criteria>, most: usize) -> Self {
        Self { segments, left: most, open: Vec::new() }
    }

    /// The same question with every segment replaced by its own criteria. A segment that is
    /// unknown, that leads back to itself, or that there is no room for, holds for no one. (Such a
    /// one is not saved: [`too_large`].)
    pub fn expand(&mut self, criteria: &'a Criteria) -> Criteria {
        match criteria {
            Criteria::All(parts) => {
                Criteria::All(parts.iter().map(|part| self.expand(part)).collect())
            }
            Criteria::Any(parts) => {
                Criteria::Any(parts.iter().map(|part| self.expand(part)).collect())
            }
            Criteria::Not(part) => Criteria::Not(Box::new(self.expand(part))),
            Criteria::InSegment(name) => self.segment(name).unwrap_or(Criteria::Any(Vec::new())),
            leaf => leaf.clone(),
        }
    }

    fn segment(&mut self, name: &'a str) -> Option<Criteria> {
        let criteria = self.segments.get(name)?;
        if self.open.contains(&name) || self.open.len() >= NESTED_MAX {
            return None;
        }
        self.left = self.left.checked_sub(size(criteria))?;
        self.open.push(name);
        let expanded = self.expand(criteria);
        self.open.pop();
        Some(expanded)
    }
}

/// How many parts a question has as it is written; conditions on events are parts as well.
pub fn size(criteria: &Criteria) -> usize {
    match criteria {
        Criteria::All(parts) | Criteria::Any(parts) => 1 + parts.iter().map(size).sum::<usize>(),
        Criteria::Not(part) => 1 + size(part),
        leaf => 1 + leaf.event().map_or(0, |event| event.filters.len()),
    }
}

/// A segment that would have too many parts with its segments put in, or go too deep. Each is
/// measured once for each depth at which it can stand.
pub fn too_large(segments: &HashMap<String, Criteria>) -> Option<&str> {
    let mut known = HashMap::new();
    segments
        .keys()
        .map(String::as_str)
        .find(|&name| measured(segments, name, NESTED_MAX, &mut known) > PARTS_MAX)
}

/// Parts of a segment with its segments put in; more than can be where it goes deeper than `depth`.
fn measured<'a>(
    segments: &'a HashMap<String, Criteria>,
    name: &'a str,
    depth: usize,
    known: &mut HashMap<(&'a str, usize), usize>,
) -> usize {
    let Some(criteria) = segments.get(name) else { return 1 };
    if depth == 0 {
        return usize::MAX;
    }
    if let Some(parts) = known.get(&(name, depth)) {
        return *parts;
    }
    let mut parts = size(criteria);
    criteria.leaves(&mut |leaf| {
        if let Criteria::InSegment(other) = leaf
            && parts <= PARTS_MAX
        {
            parts = parts.saturating_add(measured(segments, other, depth - 1, known));
        }
    });
    known.insert((name, depth), parts);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each segment names the next one so many times.
    fn chain(length: usize, times: usize) -> HashMap<String, Criteria> {
        let next = |index: usize| vec![Criteria::InSegment(format!("s{}", index + 1)); times];
        let named = (0..length).map(|index| (format!("s{index}"), Criteria::Any(next(index))));
        named.chain([(format!("s{length}"), Criteria::OnList("a".to_string()))]).collect()
    }

    fn expanded(segments: &HashMap<String, Criteria>) -> Criteria {
        Criteria::InSegment("s0".to_string()).inline_segments(segments)
    }

    #[test]
    fn segments_in_segments_are_put_in() {
        let mut leaves = 0;
        expanded(&chain(5, 2))
            .leaves(&mut |leaf| leaves += usize::from(*leaf == Criteria::OnList("a".to_string())));
        assert_eq!((leaves, too_large(&chain(5, 2))), (32, None));
    }

    #[test]
    fn a_question_that_doubles_with_each_segment_is_bounded_and_named() {
        let segments = chain(30, 2);
        assert!(size(&expanded(&segments)) <= 2 * PARTS_MAX);
        assert!(too_large(&segments).is_some());
    }

    #[test]
    fn segments_that_lead_on_and_on_end_somewhere() {
        let segments = chain(100_000, 1);
        assert!(expanded(&segments).depth() <= NESTED_MAX + 1);
        assert!(too_large(&segments).is_some());
        assert_eq!(too_large(&chain(NESTED_MAX - 1, 1)), None);
    }
}
