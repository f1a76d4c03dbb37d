use uuid::Uuid;

use super::*;
use crate::{
    access::{actor::examples::actor, permissions::Role},
    journeys::status::Status,
    operations::{ItemResult, target::examples::target},
};

const NOW: Timestamp = Timestamp(1_000);

/// An item that left the journey as [`target`] makes it.
fn item(number: u128, before: Option<UndoSnapshot>) -> ItemToUndo {
    ItemToUndo {
        journey: JourneyId(Uuid::from_u128(number)),
        name: format!("Journey {number} then"),
        before,
        revision: 4,
    }
}

fn operation(action: Action, items: Vec<ItemToUndo>) -> OperationToUndo {
    let id = OperationId(Uuid::from_u128(7));
    OperationToUndo { id, action, is_undo: false, is_undone: false, items }
}

fn decide(
    operation: &OperationToUndo,
    found: Vec<OperationTarget>,
) -> Result<UndoPlan, JourneyError> {
    decide_as(Role::Admin, operation, found)
}

fn decide_as(
    role: Role,
    operation: &OperationToUndo,
    found: Vec<OperationTarget>,
) -> Result<UndoPlan, JourneyError> {
    let targets = OperationTargets { found, missing: Vec::new() };
    decide_undo(operation, targets, &actor(role), NOW)
}

fn inverse(operation: &OperationToUndo, found: Vec<OperationTarget>) -> OperationPlan {
    match decide(operation, found) {
        Ok(UndoPlan::Inverse(plan)) => plan,
        other => panic!("no inverse: {other:?}"),
    }
}

fn back(operation: &OperationToUndo, found: Vec<OperationTarget>) -> PutBackPlan {
    match decide(operation, found) {
        Ok(UndoPlan::PutBack(plan)) => plan,
        other => panic!("nothing is put back: {other:?}"),
    }
}

#[test]
fn a_pause_is_taken_back_by_resuming() {
    let plan =
        inverse(&operation(Action::Pause, vec![item(1, None)]), vec![target(1, Status::Paused)]);
    assert_eq!(plan.statuses[0].status, Status::Running);
    assert_eq!(plan.record.undo_of, Some(OperationId(Uuid::from_u128(7))));
}

#[test]
fn a_journey_that_was_changed_since_stays_and_is_accounted_for_last() {
    let touched = OperationTarget { revision: 5, ..target(1, Status::Paused) };
    let pause = operation(Action::Pause, vec![item(1, None), item(2, None)]);
    let plan = inverse(&pause, vec![touched, target(2, Status::Paused)]);
    let outcomes: Vec<_> =
        plan.record.items.iter().map(|item| (item.name.as_str(), item.outcome)).collect();
    assert_eq!(plan.changed, [JourneyKey(2)]);
    assert_eq!(outcomes[1], ("Journey 1", ItemResult::Skipped(Refusal::ChangedSince)));
}

fn rename() -> OperationToUndo {
    operation(Action::Rename, vec![item(1, Some(UndoSnapshot::Name("Old".to_string())))])
}

#[test]
fn a_published_name_comes_back_by_who_may_publish() {
    let undo = |role| decide_as(role, &rename(), vec![target(1, Status::Running)]);
    assert!(matches!(undo(Role::Creator), Err(JourneyError::Forbidden(_))));
    assert!(undo(Role::Publisher).is_ok());
}

#[test]
fn a_drafts_name_comes_back_by_who_may_edit() {
    let draft = decide_as(Role::Creator, &rename(), vec![target(1, Status::Draft)]);
    let Ok(UndoPlan::PutBack(plan)) = draft else { panic!("refused: {draft:?}") };
    assert!(!plan.renames_published);
}

#[test]
fn a_name_comes_back() {
    let plan = back(&rename(), vec![target(1, Status::Running)]);
    assert!(plan.renames_published);
    assert_eq!(plan.names, [(JourneyKey(1), "Old".to_string())]);
    assert_eq!(plan.visibility, None);
    assert_eq!(plan.record.items[0].name, "Old");
}

#[test]
fn labels_come_back() {
    let labels = vec![LabelId(Uuid::from_u128(5))];
    let label = operation(Action::Label, vec![item(1, Some(UndoSnapshot::Labels(labels.clone())))]);
    let plan = back(&label, vec![target(1, Status::Running)]);
    assert_eq!(plan.labels, [(JourneyId(Uuid::from_u128(1)), labels)]);
}

#[test]
fn a_deleted_draft_comes_back_under_the_name_that_it_had() {
    let delete = operation(Action::Delete, vec![item(1, None)]);
    let plan = back(&delete, vec![target(1, Status::Draft)]);
    let line = &plan.record.items[0];
    assert_eq!((plan.visibility, plan.changed), (Some(Visibility::Listed), vec![JourneyKey(1)]));
    assert_eq!((line.name.as_str(), line.revision), ("Journey 1 then", 5));
}

#[test]
fn what_is_final_what_was_undone_and_an_undo_itself_are_not_taken_back() {
    let pause = operation(Action::Pause, vec![item(1, None)]);
    for refused in [
        operation(Action::Stop, vec![item(1, None)]),
        operation(Action::Pause, Vec::new()),
        OperationToUndo { is_undone: true, ..pause.clone() },
        OperationToUndo { is_undo: true, ..pause },
    ] {
        let error = decide(&refused, vec![target(1, Status::Paused)]).expect_err("refused");
        assert_eq!(error.to_string(), "This operation was not changed by that action");
    }
}
