//! Which segments can be saved.

use std::collections::{HashMap, HashSet};

use crate::{
    access::permissions::Permission,
    error::FieldError,
    graph::{
        criteria::Criteria,
        expansion::{PARTS_MAX, size, too_large},
    },
};

/// Most segments of a project: each is read where one is.
pub const SEGMENTS_MAX: usize = 2_000;

/// Largest segment, and most of all segments of a project together, as JSON in bytes: a page and a
/// save read all of them.
const BYTES_MAX: usize = 256 * 1024;
const ALL_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What it takes to change a segment that a published version asks for: it decides who enters and
/// what they get, like the version itself.
pub const CHANGE_USED: Permission = Permission::OperateJourneys;

/// Deepest nesting of a segment's criteria.
const DEPTH_MAX: usize = 16;

/// Can criteria be those of a segment?
///
/// # Errors
/// Where they are nested too deep.
pub fn check_criteria(criteria: &Criteria) -> Result<(), FieldError> {
    if criteria.depth() > DEPTH_MAX {
        let sentence = format!("Criteria are nested at most {DEPTH_MAX} deep.");
        return Err(FieldError::new("criteria", "too_deep", sentence));
    }
    Ok(())
}

/// Can people who meet criteria be counted?
///
/// # Errors
/// Where these have too many parts to ask for.
pub fn check_counted(criteria: &Criteria) -> Result<(), FieldError> {
    if size(criteria) > PARTS_MAX {
        let sentence =
            format!("Criteria can have at most {PARTS_MAX} parts. Move some of them to a segment.");
        return Err(FieldError::new("criteria", "too_large", sentence));
    }
    Ok(())
}

/// Why a segment is not saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentRefusal {
    ContainsItself,
    TooMany,
    TooLarge,
    TextsTooLong,
    AllTooLarge,
}

impl SegmentRefusal {
    /// What it is, and what to do.
    pub fn sentence(self) -> &'static str {
        match self {
            SegmentRefusal::ContainsItself => {
                "The segment would contain itself. Remove it from its own conditions."
            }
            SegmentRefusal::TooMany => {
                "The project has the maximum number of segments. Delete an unused one first."
            }
            SegmentRefusal::TooLarge => {
                "The segment becomes too large with all the segments it contains. Use fewer \
                    segments in it."
            }
            SegmentRefusal::TextsTooLong => {
                "The segment's conditions have more than 256 KB. Shorten their values, or split it \
                    into several segments."
            }
            SegmentRefusal::AllTooLarge => {
                "The project's segments have more than 16 MB together. Delete unused ones first."
            }
        }
    }
}

/// May a segment of this name be saved? `segments` are all of the project as they would be then.
///
/// # Errors
/// Where it leads back to itself, or there would be too much of it.
pub fn check_segment(
    name: &str,
    segments: &HashMap<String, Criteria>,
) -> Result<(), SegmentRefusal> {
    if leads_back(name, segments) {
        return Err(SegmentRefusal::ContainsItself);
    }
    if segments.len() > SEGMENTS_MAX {
        return Err(SegmentRefusal::TooMany);
    }
    if segments.get(name).is_some_and(|criteria| bytes_of(criteria) > BYTES_MAX) {
        return Err(SegmentRefusal::TextsTooLong);
    }
    if segments.values().map(bytes_of).sum::<usize>() > ALL_BYTES_MAX {
        return Err(SegmentRefusal::AllTooLarge);
    }
    if too_large(segments).is_some() {
        return Err(SegmentRefusal::TooLarge);
    }
    Ok(())
}

fn bytes_of(criteria: &Criteria) -> usize {
    serde_json::to_string(criteria).map_or(0, |text| text.len())
}

fn leads_back(name: &str, segments: &HashMap<String, Criteria>) -> bool {
    let mut open = vec![name];
    let mut seen = HashSet::new();
    while let Some(current) = open.pop() {
        let Some(criteria) = segments.get(current) else { continue };
        let mut named: Vec<&str> = Vec::new();
        criteria.leaves(&mut |leaf| {
            if let Criteria::InSegment(other) = leaf {
                named.push(other);
            }
        });
        if named.contains(&name) {
            return true;
        }
        open.extend(named.into_iter().filter(|other| seen.insert(*other)));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Segments, each with those that it contains.
    fn segments(all: &[(&str, &[&str])]) -> HashMap<String, Criteria> {
        let within = |names: &[&str]| {
            Criteria::All(names.iter().map(|name| Criteria::InSegment(name.to_string())).collect())
        };
        all.iter().map(|(name, names)| (name.to_string(), within(names))).collect()
    }

    #[test]
    fn criteria_are_nested_so_deep_and_no_deeper() {
        let leaf = Criteria::OnList("VIP".to_string());
        let nested = |depth| (1..depth).fold(leaf.clone(), |part, _| Criteria::Not(Box::new(part)));
        assert_eq!(check_criteria(&nested(DEPTH_MAX)), Ok(()));
        assert!(check_criteria(&nested(DEPTH_MAX + 1)).is_err());
    }

    #[test]
    fn criteria_of_too_many_parts_are_not_counted() {
        let parts = |count| Criteria::All(vec![Criteria::OnList("VIP".to_string()); count]);
        assert_eq!(check_counted(&parts(PARTS_MAX - 1)), Ok(()));
        assert!(check_counted(&parts(PARTS_MAX + 1)).is_err());
    }

    #[test]
    fn a_segment_does_not_contain_itself_however_far_around() {
        let direct = segments(&[("a", &["a"])]);
        assert_eq!(check_segment("a", &direct), Err(SegmentRefusal::ContainsItself));
        let around = segments(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"])]);
        assert_eq!(check_segment("a", &around), Err(SegmentRefusal::ContainsItself));
    }

    #[test]
    fn segments_may_share_a_segment_and_name_one_that_is_gone() {
        let shared =
            segments(&[("a", &["b", "c"]), ("b", &["d"]), ("c", &["d", "gone"]), ("d", &[])]);
        assert_eq!(check_segment("a", &shared), Ok(()));
    }

    #[test]
    fn a_project_has_no_more_segments_than_can_be_read() {
        let mut many: HashMap<String, Criteria> =
            (1..SEGMENTS_MAX).map(|n| (n.to_string(), Criteria::All(Vec::new()))).collect();
        many.insert("last".to_string(), Criteria::All(Vec::new()));
        assert_eq!(check_segment("last", &many), Ok(()));
        many.insert("one more".to_string(), Criteria::All(Vec::new()));
        assert_eq!(check_segment("one more", &many), Err(SegmentRefusal::TooMany));
    }

    #[test]
    fn a_segment_and_all_of_a_project_have_so_many_bytes() {
        let of_bytes = |bytes: usize| Criteria::OnList("x".repeat(bytes));
        let one = HashMap::from([("s".to_string(), of_bytes(BYTES_MAX))]);
        assert_eq!(check_segment("s", &one), Err(SegmentRefusal::TextsTooLong));
        let many = |count: usize| -> HashMap<String, Criteria> {
            (0..count).map(|n| (format!("s{n}"), of_bytes(BYTES_MAX - 20))).collect()
        };
        assert_eq!(check_segment("s0", &many(64)), Ok(()));
        assert_eq!(check_segment("s0", &many(65)), Err(SegmentRefusal::AllTooLarge));
    }
}
