use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::{ids::UserId, operations::target::examples::target};

fn summary(record: &OperationRecord) -> OperationSummary {
    let by = ActorRef { id: UserId(Uuid::from_u128(2)), name: "Ada".to_string() };
    record.summary(OperationId(Uuid::from_u128(1)), by, Timestamp(7))
}

fn paused(number: i64) -> OperationItemRecord {
    OperationItemRecord::changed(&target(number, Status::Running), Status::Paused)
}

fn refused(number: i64) -> OperationItemRecord {
    OperationItemRecord::skipped(&target(number, Status::Draft), Refusal::IsDraft)
}

#[test]
fn a_change_raises_the_revision_and_a_skip_does_not() {
    assert_eq!((paused(1).revision, refused(1).revision), (5, 4));
}

#[test]
fn skipped_journeys_are_counted_by_reason_with_the_first_as_example() {
    let record =
        OperationRecord::new(Action::Pause, vec![paused(1), refused(2), refused(3)], Vec::new());
    let summary = summary(&record);
    let example = "Journey 2".to_string();
    assert_eq!(summary.changed, 1);
    assert_eq!(summary.skipped, [SkipCount { refusal: Refusal::IsDraft, count: 2, example }]);
}

#[test]
fn a_journey_that_is_not_there_is_skipped_under_its_short_id() {
    let missing = JourneyId(Uuid::from_u128(0xabc));
    let record = OperationRecord::new(Action::Pause, Vec::new(), vec![missing]);
    let example = "000000000abc".to_string();
    let skipped = vec![SkipCount { refusal: Refusal::NotFound, count: 1, example }];
    assert_eq!((record.matched(), summary(&record).skipped), (1, skipped));
}

#[test]
fn the_only_journey_is_named_unless_another_one_was_missing() {
    let alone = OperationRecord::new(Action::Pause, vec![paused(1)], Vec::new());
    let not_alone = OperationRecord { missing: vec![JourneyId(Uuid::nil())], ..alone.clone() };
    let only = [alone, not_alone].map(|record| summary(&record).only);
    assert_eq!(only, [Some("Journey 1".to_string()), None]);
}

#[test]
fn an_answer_carries_a_hundred_rows_at_most() {
    let items = (0..150).map(paused).collect();
    let record = OperationRecord::new(Action::Pause, items, vec![JourneyId(Uuid::nil())]);
    assert_eq!(record.answer_items().len(), ANSWER_ROWS_MAX);
}

#[test]
fn the_audit_log_has_the_note_in_brackets() {
    let record = OperationRecord::of_one(Action::Pause, paused(1), "for a test".to_string());
    assert_eq!(summary(&record).audit_sentence(), "Journey 1 paused. (for a test)");
}

#[test]
fn labels_that_an_undo_puts_back_are_stored_in_hex() {
    let snapshot = UndoSnapshot::Labels(vec![LabelId(Uuid::from_u128(0xf))]);
    let stored = json!({ "labels": ["0000000000000000000000000000000f"] });
    assert_eq!(serde_json::to_value(&snapshot).expect("JSON"), stored);
    assert_eq!(serde_json::from_value::<UndoSnapshot>(stored).expect("a snapshot"), snapshot);
}
