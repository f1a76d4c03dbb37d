//! What an action did: one entry of the history, with an outcome for each journey it was about.

pub mod operate;
pub mod record;
pub mod schedule;
pub mod stop;
pub mod target;
pub mod undo;

use serde::{Deserialize, Serialize};

use super::{
    access::{actor::ActorRef, permissions::Permission},
    ids::{JourneyId, OperationId},
    journeys::{
        edit::permission_to_rename,
        status::Status,
        transition::{Action, Refusal},
    },
    stats::pluralize,
    time::Timestamp,
};

/// What an operation did to one journey: it changed its status, or skipped it for a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ItemResult {
    Changed { from: Status, to: Status },
    Skipped(Refusal),
}

/// One row of the result of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OperationItem {
    pub journey: JourneyId,
    /// The name of the journey at that time.
    pub name: String,
    pub outcome: ItemResult,
}

/// How many journeys were skipped for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SkipCount {
    pub refusal: Refusal,
    pub count: i64,
    /// The name of one of them.
    pub example: String,
}

/// What an operation did, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OperationSummary {
    pub id: OperationId,
    pub action: Action,
    /// The operation that this one undid.
    pub undo_of: Option<OperationId>,
    pub by: ActorRef,
    pub at: Timestamp,
    /// How many journeys it changed.
    pub changed: i64,
    pub skipped: Vec<SkipCount>,
    /// The name of the only journey, where there was only one.
    pub only: Option<String>,
    /// Further facts for people: "named Welcome 2", "added VIP, removed Old".
    pub note: String,
    /// For Stop: how many enrolments it ended.
    pub ended_inside: i64,
    /// For Stop: how many queued messages it cancelled.
    pub cancelled_messages: i64,
    /// Whether it can be undone.
    pub undoable: bool,
}

impl OperationSummary {
    pub fn skipped_count(&self) -> i64 {
        self.skipped.iter().map(|skipped| skipped.count).sum()
    }

    /// The toast: "2 journeys paused. 1 skipped: Welcome is a draft."
    pub fn sentence(&self) -> String {
        let mut text = match (self.changed, &self.only) {
            (0, _) => "Nothing was changed.".to_string(),
            (1, Some(name)) => format!("{} {}.", quoted(name), self.done()),
            (changed, _) => {
                format!("{} {}.", pluralize(changed, "journey", "journeys"), self.done())
            }
        };
        if self.action == Action::Stop && self.ended_inside + self.cancelled_messages > 0 {
            text.push_str(&format!(
                " {} ended, {} cancelled.",
                pluralize(self.ended_inside, "enrolment", "enrolments"),
                pluralize(self.cancelled_messages, "queued message", "queued messages")
            ));
        }
        if !self.skipped.is_empty() {
            let reasons: Vec<String> = self.skipped.iter().map(SkipCount::sentence).collect();
            text.push_str(&format!(
                " {} skipped: {}.",
                super::stats::format_count(self.skipped_count()),
                reasons.join("; ")
            ));
        }
        text
    }

    /// What the audit log says of it: the sentence, and the note where there is one.
    pub fn audit_sentence(&self) -> String {
        if self.note.is_empty() {
            self.sentence()
        } else {
            format!("{} ({})", self.sentence(), self.note)
        }
    }

    /// The participle after the count: "paused".
    pub fn done(&self) -> String {
        let word = match self.action {
            Action::Publish => "published",
            Action::Pause => "paused",
            Action::Resume => "resumed",
            Action::Stop => "stopped",
            Action::EditContent | Action::EditDraft => "edited",
            Action::NewVersion => "given a new version",
            Action::Clone => "cloned",
            Action::Rename => "renamed",
            Action::Label => "labelled",
            Action::Archive => "archived",
            Action::Unarchive => "unarchived",
            Action::Delete => "deleted",
            Action::Start => "started",
            Action::Complete => "completed",
            Action::Restrict => "restricted",
        };
        match (self.undo_of.is_some(), self.action) {
            (true, Action::Rename | Action::Label | Action::Delete) => "restored".to_string(),
            (true, _) => format!("{word} again"),
            (false, _) => word.to_string(),
        }
    }
}

impl SkipCount {
    /// Counts one more journey that was skipped for this reason; the first is the example.
    pub fn add(counts: &mut Vec<SkipCount>, refusal: Refusal, name: &str) {
        match counts.iter_mut().find(|known| known.refusal == refusal) {
            Some(known) => known.count += 1,
            None => counts.push(SkipCount { refusal, count: 1, example: name.to_string() }),
        }
    }

    /// "Welcome is a draft", or "4 are drafts".
    pub fn sentence(&self) -> String {
        if self.count == 1 {
            format!("{} {}", quoted(&self.example), self.refusal.phrase())
        } else {
            format!("{} {}", super::stats::format_count(self.count), self.refusal.plural_phrase())
        }
    }
}

/// Long names are shortened in a sentence; the page of the operation has them whole.
fn quoted(name: &str) -> String {
    if name.chars().count() <= 60 {
        name.to_string()
    } else {
        name.chars().take(59).chain(['…']).collect()
    }
}

/// One line of a journey's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    pub operation: OperationSummary,
    /// What it did to this journey.
    pub outcome: ItemResult,
}

/// An operation with its rows, a page at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationDetail {
    pub report: OperationSummary,
    pub items: Vec<OperationItem>,
    pub page: i64,
    pub total: i64,
}

impl OperationDetail {
    /// What taking it back needs, as far as it tells; none where no one may.
    pub fn permission_to_undo(&self) -> Option<Permission> {
        let published = |item: &OperationItem| match item.outcome {
            ItemResult::Changed { from, .. } => from != Status::Draft,
            ItemResult::Skipped(_) => false,
        };
        match self.report.action {
            Action::Rename => Some(permission_to_rename(self.items.iter().any(published))),
            action => Permission::of_action(action),
        }
    }
}

/// What Stop would end, counted before it is confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StopPreview {
    /// Journeys that would be stopped.
    pub journeys: i64,
    /// People inside these journeys.
    pub inside: i64,
    /// Queued messages of these journeys.
    pub queued: i64,
    pub skipped: Vec<SkipCount>,
    /// The name of the only one, where there is only one.
    pub only: Option<String>,
    /// Fingerprint of the whole selection, which confirms the Stop.
    pub digest: String,
}

impl StopPreview {
    /// "2 journeys, 1,204 people inside, 318 queued messages"
    pub fn summary(&self) -> String {
        format!(
            "{}, {} inside, {}",
            pluralize(self.journeys, "journey", "journeys"),
            pluralize(self.inside, "person", "people"),
            pluralize(self.queued, "queued message", "queued messages")
        )
    }
}

/// What an operation did, in short and for each journey. It has at most 100 items; the page of the
/// operation has all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OperationResult {
    pub report: OperationSummary,
    pub items: Vec<OperationItem>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;

    fn report(action: Action, changed: i64, skipped: Vec<SkipCount>) -> OperationSummary {
        OperationSummary {
            id: OperationId(uuid::Uuid::from_u128(1)),
            action,
            undo_of: None,
            by: ActorRef { id: UserId(uuid::Uuid::from_u128(2)), name: "Ada".to_string() },
            at: Timestamp(0),
            changed,
            skipped,
            only: None,
            note: String::new(),
            ended_inside: 0,
            cancelled_messages: 0,
            undoable: true,
        }
    }

    #[test]
    fn the_toast_says_what_was_done_and_what_was_not() {
        let skipped =
            vec![SkipCount { refusal: Refusal::IsDraft, count: 1, example: "Welcome".to_string() }];
        assert_eq!(
            report(Action::Pause, 2, skipped).sentence(),
            "2 journeys paused. 1 skipped: Welcome is a draft."
        );
    }

    #[test]
    fn one_journey_is_called_by_its_name_only_when_it_is_the_only_one() {
        assert_eq!(report(Action::Resume, 1, vec![]).sentence(), "1 journey resumed.");
        let only = OperationSummary {
            only: Some("Welcome".to_string()),
            ..report(Action::Archive, 1, vec![])
        };
        assert_eq!(only.sentence(), "Welcome archived.");
    }

    #[test]
    fn taking_back_the_rename_of_what_was_published_needs_who_may_publish() {
        let undo_of = |from| {
            let item = OperationItem {
                journey: JourneyId(uuid::Uuid::from_u128(3)),
                name: "Welcome".to_string(),
                outcome: ItemResult::Changed { from, to: from },
            };
            let report = report(Action::Rename, 1, vec![]);
            OperationDetail { report, items: vec![item], page: 1, total: 1 }.permission_to_undo()
        };
        assert_eq!(undo_of(Status::Draft), Some(Permission::EditJourneys));
        assert_eq!(undo_of(Status::Completed), Some(Permission::OperateJourneys));
    }

    #[test]
    fn reasons_shared_by_many_are_counted() {
        let skipped = vec![
            SkipCount { refusal: Refusal::IsDraft, count: 1200, example: "A".to_string() },
            SkipCount { refusal: Refusal::AlreadyPaused, count: 1, example: "B".to_string() },
        ];
        let sentence = report(Action::Pause, 0, skipped).sentence();
        assert_eq!(
            sentence,
            "Nothing was changed. 1,201 skipped: 1,200 are drafts; B is already paused."
        );
    }
}
