//! New journeys, and changes to a journey's name, description and labels.

use super::{
    error::JourneyError,
    label::LABELS_PER_JOURNEY,
    status::Status,
    transition::{Action, Refusal},
};
use crate::{
    ids::{JourneyId, LabelId},
    names::JourneyName,
    operations::{
        record::{OperationItemRecord, OperationRecord, UndoSnapshot},
        target::OperationTarget,
    },
};

/// The line of the history with which a journey begins.
pub fn creation(journey: JourneyId, name: &str) -> OperationRecord {
    let item = OperationItemRecord::new_draft(journey, name);
    OperationRecord::of_one(Action::EditDraft, item, "created".to_string())
}

/// Decides whether the journey gets this name.
///
/// # Errors
/// Where the table does not allow it.
pub fn decide_rename(
    target: &OperationTarget,
    name: &JourneyName,
) -> Result<OperationRecord, JourneyError> {
    target.require(Action::Rename)?;
    let item = OperationItemRecord {
        name: name.to_string(),
        before: Some(UndoSnapshot::Name(target.name.clone())),
        ..OperationItemRecord::changed(target, target.status())
    };
    let note = format!("from “{}” to “{name}”", target.name);
    Ok(OperationRecord::of_one(Action::Rename, item, note))
}

/// The labels of a form: those that were chosen, and new ones, each once.
pub fn wanted_labels(chosen: &[LabelId], new: &[LabelId]) -> Vec<LabelId> {
    let mut wanted = chosen.to_vec();
    for label in new {
        if !wanted.contains(label) {
            wanted.push(*label);
        }
    }
    wanted
}

/// Decides whether name, description and labels change at once. `began_from` is the revision that
/// the editor began from; none takes whatever is there.
///
/// # Errors
/// Where the table does not allow it, where someone else changed the journey since, and where it
/// would have too many labels.
pub fn decide_edit(
    target: &OperationTarget,
    name: &JourneyName,
    labels: &[LabelId],
    began_from: Option<i64>,
) -> Result<OperationRecord, JourneyError> {
    target.require(Action::Rename)?;
    if began_from.is_some_and(|revision| revision != target.revision) {
        return Err(JourneyError::RevisionChanged { name: target.name.clone() });
    }
    if labels.len() > LABELS_PER_JOURNEY {
        let refusal = Refusal::TooManyLabels;
        return Err(JourneyError::Refused { name: target.name.clone(), refusal });
    }
    let is_draft = target.status() == Status::Draft;
    let action = if is_draft { Action::EditDraft } else { Action::EditContent };
    let item = OperationItemRecord {
        name: name.to_string(),
        ..OperationItemRecord::changed(target, target.status())
    };
    Ok(OperationRecord::of_one(action, item, "name, description and labels".to_string()))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::operations::target::examples::target;

    fn name() -> JourneyName {
        JourneyName::parse("New").expect("a name")
    }

    fn labels(count: u128) -> Vec<LabelId> {
        (0..count).map(|number| LabelId(Uuid::from_u128(number))).collect()
    }

    fn archived() -> OperationTarget {
        let mut target = target(1, Status::Stopped);
        target.state.archived = true;
        target
    }

    fn refused(refusal: Refusal) -> JourneyError {
        JourneyError::Refused { name: "Journey 1".to_string(), refusal }
    }

    #[test]
    fn a_new_journey_is_a_draft_of_revision_one() {
        let record = creation(JourneyId(Uuid::nil()), "Welcome");
        assert_eq!((record.note.as_str(), record.items[0].revision), ("created", 1));
    }

    #[test]
    fn a_rename_keeps_the_old_name_for_an_undo() {
        let record = decide_rename(&target(1, Status::Running), &name()).expect("allowed");
        assert_eq!(record.note, "from “Journey 1” to “New”");
        assert_eq!(record.items[0].name, "New");
        assert_eq!(record.items[0].before, Some(UndoSnapshot::Name("Journey 1".to_string())));
    }

    #[test]
    fn an_archived_journey_is_neither_renamed_nor_edited() {
        assert_eq!(decide_rename(&archived(), &name()), Err(refused(Refusal::IsArchived)));
        let edited = decide_edit(&archived(), &name(), &[], None);
        assert_eq!(edited, Err(refused(Refusal::IsArchived)));
    }

    #[test]
    fn an_edit_that_began_from_an_older_revision_changes_nothing() {
        let edit = |from| decide_edit(&target(1, Status::Running), &name(), &[], from);
        assert_eq!(
            edit(Some(3)),
            Err(JourneyError::RevisionChanged { name: "Journey 1".to_string() })
        );
        assert!(edit(Some(4)).is_ok() && edit(None).is_ok());
    }

    #[test]
    fn a_journey_has_ten_labels_at_most() {
        let edit = |count| decide_edit(&target(1, Status::Running), &name(), &labels(count), None);
        assert!(edit(10).is_ok());
        assert_eq!(edit(11), Err(refused(Refusal::TooManyLabels)));
    }

    #[test]
    fn an_edit_counts_as_one_of_the_draft_or_of_the_content() {
        let action =
            |status| decide_edit(&target(1, status), &name(), &[], None).expect("allowed").action;
        assert_eq!(action(Status::Draft), Action::EditDraft);
        assert_eq!(action(Status::Running), Action::EditContent);
    }

    #[test]
    fn a_new_label_that_was_chosen_as_well_counts_once() {
        assert_eq!(wanted_labels(&labels(2), &labels(3)), labels(3));
    }
}
