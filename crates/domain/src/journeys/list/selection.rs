//! What a bulk action is about: ticked journeys, or everything that a filter matches.

use serde::{Deserialize, Serialize};

use super::query::ListQuery;
use crate::{error::FieldError, ids::JourneyId};

/// Most ids that one request may name; beyond that the filter itself is sent.
pub const SELECTION_MAX: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    Ticked(Vec<JourneyId>),
    /// Everything that the filter matches at the moment the action is carried out.
    Matching(Box<ListQuery>),
}

impl Selection {
    /// Reads the fields of the list's form: `ids[]`, or `matching` with the list's query string.
    /// What is not understood is never everything.
    ///
    /// # Errors
    /// Nothing chosen, too much chosen, a malformed id or a malformed filter.
    pub fn parse(ids: &[String], matching: Option<&str>) -> Result<Self, FieldError> {
        if let Some(query) = matching {
            return match ListQuery::parse_selection(query) {
                Ok(query) => Ok(Selection::Matching(Box::new(query))),
                Err(error) => Err(error.under("matching")),
            };
        }
        if ids.is_empty() {
            return Err(FieldError::new(
                "ids",
                "required",
                "Nothing is selected. Select at least one journey first.",
            ));
        }
        if ids.len() > SELECTION_MAX {
            let sentence = format!(
                "{} journeys are selected one by one; the limit is {SELECTION_MAX}. Select all \
                    that match the filter instead.",
                ids.len()
            );
            return Err(FieldError::new("ids", "too_many", sentence));
        }
        let mut chosen: Vec<JourneyId> = Vec::with_capacity(ids.len());
        for text in ids {
            let id: JourneyId = text
                .parse()
                .map_err(|error| FieldError::new("ids", "malformed", format!("{error}")))?;
            if !chosen.contains(&id) {
                chosen.push(id);
            }
        }
        Ok(Selection::Ticked(chosen))
    }
}

impl Selection {
    /// The list's query string, where it is on all that match.
    pub fn filter_query(&self) -> Option<String> {
        match self {
            Selection::Ticked(_) => None,
            Selection::Matching(query) => Some(query.to_query()),
        }
    }
}

/// A fingerprint of a set of journeys, order aside. Stop's confirmation carries it, so that what is
/// stopped is exactly what was shown: a set that changed meanwhile is shown again instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SelectionDigest {
    pub count: i64,
    pub sum: u64,
}

impl SelectionDigest {
    pub fn add(&mut self, id: JourneyId) {
        // FNV-1a over the id's bytes; summed, so that the order does not matter.
        let hash = id.0.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        self.count += 1;
        self.sum = self.sum.wrapping_add(hash);
    }

    pub fn to_text(self) -> String {
        format!("{}-{:016x}", self.count, self.sum)
    }

    /// # Errors
    /// When the text was not written by [`SelectionDigest::to_text`].
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let malformed = || {
            FieldError::new(
                "confirmed",
                "malformed",
                "The confirmation is not valid. Open it again and confirm once more.",
            )
        };
        let (count, sum) = text.split_once('-').ok_or_else(malformed)?;
        Ok(Self {
            count: count.parse().map_err(|_| malformed())?,
            sum: u64::from_str_radix(sum, 16).map_err(|_| malformed())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_is_empty_misspelt_or_names_nothing_selects_nothing() {
        for (matching, path, key) in [
            ("", "matching", "required"),
            ("?", "matching", "required"),
            ("?page=2&sort=name", "matching", "required"),
            ("?statsu=draft", "matching.statsu", "unknown_field"),
            ("?status=", "matching.status", "required"),
            ("?project=ours", "matching.project", "malformed"),
        ] {
            let error = Selection::parse(&[], Some(matching)).expect_err(matching);
            assert_eq!((error.path.as_str(), error.key.as_str()), (path, key), "{matching}");
        }
        let everything = format!("?project={}", uuid::Uuid::from_u128(7));
        for matching in [everything.as_str(), "?archived=0", "?status=draft&page=3"] {
            assert!(Selection::parse(&[], Some(matching)).is_ok(), "{matching}");
        }
    }

    #[test]
    fn a_digest_tells_sets_apart_and_ignores_order() {
        let [a, b, c] = [11, 12, 13].map(|number| JourneyId(uuid::Uuid::from_u128(number)));
        let of = |ids: &[JourneyId]| {
            let mut digest = SelectionDigest::default();
            ids.iter().for_each(|id| digest.add(*id));
            digest
        };
        assert_eq!(of(&[a, b, c]), of(&[c, a, b]));
        assert_ne!(of(&[a, b]), of(&[a, c]));
        assert_eq!(SelectionDigest::parse(&of(&[a, b]).to_text()), Ok(of(&[a, b])));
    }

    #[test]
    fn an_empty_selection_says_what_to_do() {
        let error = Selection::parse(&[], None).expect_err("refused");
        assert_eq!(error.key, "required");
    }

    #[test]
    fn a_malformed_filter_is_refused_at_its_place() {
        let error = Selection::parse(&[], Some("status=bogus")).expect_err("refused");
        assert_eq!(error.path, "matching.status");
    }
}
