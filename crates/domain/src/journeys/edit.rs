//! New journeys, and changes to a journey's name, description and labels.

use super::{
    error::JourneyError,
    label::LABELS_PER_JOURNEY,
    status::Status,
    transition::{Action, Refusal},
};
use crate::{
    access::{
        actor::Actor,
        permissions::{Forbidden, Permission},
    },
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

/// What giving a journey another name needs. Messages say the name of now (`journey.name`) and
/// steps start journeys by it: once a journey was published, its name is part of what people get.
pub fn permission_to_rename(ever_published: bool) -> Permission {
    if ever_published { Permission::OperateJourneys } else { Permission::EditJourneys }
}

/// Lets the journey keep its name, and the actor give it another one where they may.
///
/// # Errors
/// [`permission_to_rename`] is not the actor's.
pub fn require_name_change(
    target: &OperationTarget,
    name: &str,
    actor: &Actor,
) -> Result<(), Forbidden> {
    if target.name == name {
        return Ok(());
    }
    actor.require(permission_to_rename(target.state.ever_published))
}

/// Decides whether the journey gets this name.
///
/// # Errors
/// Where the table does not allow it, to anyone or to the actor.
pub fn decide_rename(
    target: &OperationTarget,
    name: &JourneyName,
    actor: &Actor,
) -> Result<OperationRecord, JourneyError> {
    target.require(Action::Rename)?;
    require_name_change(target, name.as_str(), actor)?;
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
/// Where the table does not allow it, where someone else changed the journey since, where the actor
/// may not give it another name, and where it would have too many labels.
pub fn decide_edit(
    target: &OperationTarget,
    name: &JourneyName,
    labels: &[LabelId],
    began_from: Option<i64>,
    actor: &Actor,
) -> Result<OperationRecord, JourneyError> {
    target.require(Action::Rename)?;
    if began_from.is_some_and(|revision| revision != target.revision) {
        return Err(JourneyError::RevisionChanged { name: target.name.clone() });
    }
    require_name_change(target, name.as_str(), actor)?;
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
    use crate::{
        access::{actor::examples::actor, permissions::Role},
        operations::target::examples::target,
    };

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

    fn rename(status: Status, role: Role) -> Result<OperationRecord, JourneyError> {
        decide_rename(&target(1, status), &name(), &actor(role))
    }

    fn edit(
        status: Status,
        name: &JourneyName,
        role: Role,
    ) -> Result<OperationRecord, JourneyError> {
        decide_edit(&target(1, status), name, &[], None, &actor(role))
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
        let record = rename(Status::Running, Role::Publisher).expect("allowed");
        assert_eq!(record.note, "from “Journey 1” to “New”");
        assert_eq!(record.items[0].name, "New");
        assert_eq!(record.items[0].before, Some(UndoSnapshot::Name("Journey 1".to_string())));
    }

    #[test]
    fn an_archived_journey_is_neither_renamed_nor_edited() {
        let admin = actor(Role::Admin);
        let renamed = decide_rename(&archived(), &name(), &admin);
        assert_eq!(renamed, Err(refused(Refusal::IsArchived)));
        let edited = decide_edit(&archived(), &name(), &[], None, &admin);
        assert_eq!(edited, Err(refused(Refusal::IsArchived)));
    }

    #[test]
    fn an_edit_that_began_from_an_older_revision_changes_nothing() {
        let (running, admin) = (target(1, Status::Running), actor(Role::Admin));
        let edit = |from| decide_edit(&running, &name(), &[], from, &admin);
        assert_eq!(
            edit(Some(3)),
            Err(JourneyError::RevisionChanged { name: "Journey 1".to_string() })
        );
        assert!(edit(Some(4)).is_ok() && edit(None).is_ok());
    }

    #[test]
    fn a_journey_has_ten_labels_at_most() {
        let (running, admin) = (target(1, Status::Running), actor(Role::Admin));
        let edit = |count| decide_edit(&running, &name(), &labels(count), None, &admin);
        assert!(edit(10).is_ok());
        assert_eq!(edit(11), Err(refused(Refusal::TooManyLabels)));
    }

    #[test]
    fn an_edit_counts_as_one_of_the_draft_or_of_the_content() {
        let action = |status| edit(status, &name(), Role::Admin).expect("allowed").action;
        assert_eq!(action(Status::Draft), Action::EditDraft);
        assert_eq!(action(Status::Running), Action::EditContent);
    }

    #[test]
    fn who_may_not_publish_renames_only_what_was_never_published() {
        for status in Status::ALL {
            let allowed =
                |role| rename(status, role).is_ok() && edit(status, &name(), role).is_ok();
            let denied = |role| {
                matches!(rename(status, role), Err(JourneyError::Forbidden(_)))
                    && matches!(edit(status, &name(), role), Err(JourneyError::Forbidden(_)))
            };
            assert!(allowed(Role::Publisher) && allowed(Role::Admin), "{status:?}");
            if status == Status::Draft {
                assert!(allowed(Role::Creator));
            } else {
                assert!(denied(Role::Creator), "{status:?}");
            }
        }
    }

    #[test]
    fn a_draft_that_was_published_before_keeps_its_name_for_who_may_not_publish() {
        let mut target = target(1, Status::Draft);
        target.state.ever_published = true;
        let error = decide_rename(&target, &name(), &actor(Role::Creator)).expect_err("refused");
        assert_eq!(
            error.to_string(),
            "Publishing, changing or renaming what is published, pausing, resuming, stopping and \
                archiving needs a Publisher; you are a Creator in this project. Ask an admin of \
                the project."
        );
    }

    #[test]
    fn who_may_not_publish_changes_labels_and_description_under_the_name_that_is_there() {
        let same = JourneyName::parse("Journey 1").expect("a name");
        assert!(edit(Status::Running, &same, Role::Creator).is_ok());
    }

    #[test]
    fn a_new_label_that_was_chosen_as_well_counts_once() {
        assert_eq!(wanted_labels(&labels(2), &labels(3)), labels(3));
    }
}
