//! An operation as it enters the history: what became of each journey, and what is counted of it.

use serde::{Deserialize, Serialize};

use super::{
    ItemResult, OperationItem, OperationSummary, SkipCount, target::OperationTarget, undo,
};
use crate::{
    access::actor::ActorRef,
    ids::{JourneyId, LabelId, OperationId},
    journeys::{
        status::Status,
        transition::{Action, Refusal},
    },
    time::Timestamp,
};

/// Most rows that an answer carries; the rest are on the operation's own page.
pub const ANSWER_ROWS_MAX: usize = 100;

/// What an action did to one journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationItemRecord {
    pub journey: JourneyId,
    pub name: String,
    pub outcome: ItemResult,
    pub from: Status,
    /// What an undo puts back.
    pub before: Option<UndoSnapshot>,
    /// The journey's revision afterwards.
    pub revision: i64,
}

/// What was there before, where the status alone does not tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoSnapshot {
    Name(String),
    Labels(#[serde(with = "label_ids")] Vec<LabelId>),
}

/// An operation to be written. One that changed nothing and skipped nothing is written all the
/// same: it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationRecord {
    pub action: Action,
    pub undo_of: Option<OperationId>,
    /// The query of the Journeys page where it was on all that match.
    pub filter: Option<String>,
    pub items: Vec<OperationItemRecord>,
    pub missing: Vec<JourneyId>,
    pub note: String,
    pub ended_inside: i64,
    pub cancelled_messages: i64,
}

impl OperationItemRecord {
    /// Changed, and its revision raised.
    pub fn changed(target: &OperationTarget, to: Status) -> Self {
        let from = target.status();
        Self {
            journey: target.id,
            name: target.name.clone(),
            outcome: ItemResult::Changed { from, to },
            from,
            before: None,
            revision: target.revision + 1,
        }
    }

    /// A journey that was made just now.
    pub fn new_draft(journey: JourneyId, name: &str) -> Self {
        Self {
            journey,
            name: name.to_string(),
            outcome: ItemResult::Changed { from: Status::Draft, to: Status::Draft },
            from: Status::Draft,
            before: None,
            revision: 1,
        }
    }

    /// Left as it is.
    pub fn skipped(target: &OperationTarget, refusal: Refusal) -> Self {
        Self {
            journey: target.id,
            name: target.name.clone(),
            outcome: ItemResult::Skipped(refusal),
            from: target.status(),
            before: None,
            revision: target.revision,
        }
    }
}

impl OperationRecord {
    pub fn new(action: Action, items: Vec<OperationItemRecord>, missing: Vec<JourneyId>) -> Self {
        Self {
            action,
            undo_of: None,
            filter: None,
            items,
            missing,
            note: String::new(),
            ended_inside: 0,
            cancelled_messages: 0,
        }
    }

    /// A change to one journey.
    pub fn of_one(action: Action, item: OperationItemRecord, note: String) -> Self {
        Self { note, ..Self::new(action, vec![item], Vec::new()) }
    }

    /// Journeys that it was about, with those that were not there.
    pub fn matched(&self) -> usize {
        self.items.len() + self.missing.len()
    }

    /// What is counted of it.
    pub fn summary(&self, id: OperationId, by: ActorRef, at: Timestamp) -> OperationSummary {
        let mut skipped: Vec<SkipCount> = Vec::new();
        let mut changed = 0;
        for item in &self.items {
            match item.outcome {
                ItemResult::Changed { .. } => changed += 1,
                ItemResult::Skipped(refusal) => SkipCount::add(&mut skipped, refusal, &item.name),
            }
        }
        for missing in &self.missing {
            SkipCount::add(&mut skipped, Refusal::NotFound, &missing.short());
        }
        let only = match self.items.as_slice() {
            [item] if self.missing.is_empty() => Some(item.name.clone()),
            _ => None,
        };
        OperationSummary {
            id,
            action: self.action,
            undo_of: self.undo_of,
            by,
            at,
            changed,
            skipped,
            only,
            note: self.note.clone(),
            ended_inside: self.ended_inside,
            cancelled_messages: self.cancelled_messages,
            undoable: undo::is_undoable(self.action, changed, self.undo_of.is_some(), false),
        }
    }

    /// The rows that its answer carries.
    pub fn answer_items(&self) -> Vec<OperationItem> {
        let found = self.items.iter().map(|item| OperationItem {
            journey: item.journey,
            name: item.name.clone(),
            outcome: item.outcome,
        });
        let missing = self.missing.iter().map(|id| OperationItem {
            journey: *id,
            name: id.short(),
            outcome: ItemResult::Skipped(Refusal::NotFound),
        });
        found.chain(missing).take(ANSWER_ROWS_MAX).collect()
    }
}

/// Label ids as they are stored in the history: hex without hyphens.
mod label_ids {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use uuid::Uuid;

    use crate::ids::LabelId;

    pub fn serialize<S: Serializer>(ids: &[LabelId], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(ids.iter().map(|id| id.0.simple().to_string()))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<LabelId>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        let ids = texts.iter().map(|text| Uuid::try_parse(text).map(LabelId));
        ids.collect::<Result<_, _>>().map_err(D::Error::custom)
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
