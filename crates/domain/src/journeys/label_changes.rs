//! Adding and removing labels, on one journey or many.

use std::collections::{HashMap, HashSet};

use super::{
    label::{LABELS_PER_JOURNEY, Label},
    transition::{Action, Refusal, transition},
};
use crate::{
    ids::{JourneyId, JourneyKey, LabelId},
    operations::{
        record::{OperationItemRecord, OperationRecord, UndoSnapshot},
        target::OperationTargets,
    },
};

/// Labels that a bulk action adds and removes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelChanges {
    pub add: Vec<Label>,
    pub remove: Vec<Label>,
}

/// The labels that journeys have afterwards, where they change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelPlan {
    pub changed: Vec<JourneyKey>,
    pub sets: Vec<(JourneyId, Vec<LabelId>)>,
    pub record: OperationRecord,
}

/// Decides for each journey; `current` has the labels of those that have any.
pub fn decide_labels(
    targets: OperationTargets,
    mut current: HashMap<JourneyId, Vec<LabelId>>,
    changes: &LabelChanges,
) -> LabelPlan {
    let mut items = Vec::with_capacity(targets.found.len());
    let (mut changed, mut sets) = (Vec::new(), Vec::new());
    for target in &targets.found {
        let before = current.remove(&target.id).unwrap_or_default();
        let after = changes.applied_to(&before);
        let refusal = match transition(target.state, Action::Label).allowed() {
            Err(refusal) => Some(refusal),
            Ok(_) if after.len() > LABELS_PER_JOURNEY => Some(Refusal::TooManyLabels),
            Ok(_) => None,
        };
        if let Some(refusal) = refusal {
            items.push(OperationItemRecord::skipped(target, refusal));
            continue;
        }
        changed.push(target.key);
        sets.push((target.id, after));
        items.push(OperationItemRecord {
            before: Some(UndoSnapshot::Labels(before)),
            ..OperationItemRecord::changed(target, target.status())
        });
    }
    let record = OperationRecord {
        note: changes.note(),
        ..OperationRecord::new(Action::Label, items, targets.missing)
    };
    LabelPlan { changed, sets, record }
}

impl LabelChanges {
    /// What is left of these labels, with the added ones at the end. A label that is both added and
    /// removed is there.
    fn applied_to(&self, before: &[LabelId]) -> Vec<LabelId> {
        let gone: HashSet<LabelId> = self.remove.iter().map(|label| label.id).collect();
        let mut after: Vec<LabelId> =
            before.iter().filter(|label| !gone.contains(*label)).copied().collect();
        for label in &self.add {
            if !after.contains(&label.id) {
                after.push(label.id);
            }
        }
        after
    }

    fn note(&self) -> String {
        let names = |labels: &[Label]| {
            labels.iter().map(|label| label.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        match (self.add.is_empty(), self.remove.is_empty()) {
            (false, true) => format!("added {}", names(&self.add)),
            (true, false) => format!("removed {}", names(&self.remove)),
            (false, false) => {
                format!("added {}; removed {}", names(&self.add), names(&self.remove))
            }
            (true, true) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        journeys::status::Status,
        operations::{ItemResult, target::OperationTarget, target::examples::target},
    };

    fn id(number: u128) -> LabelId {
        LabelId(Uuid::from_u128(number))
    }

    fn label(number: u128, name: &str) -> Label {
        Label { id: id(number), name: name.to_string(), hue: 0 }
    }

    fn changes(add: &[Label], remove: &[Label]) -> LabelChanges {
        LabelChanges { add: add.to_vec(), remove: remove.to_vec() }
    }

    /// Of one running journey that has these labels.
    fn decide(before: &[LabelId], changes: &LabelChanges) -> LabelPlan {
        let journey = target(1, Status::Running);
        let current = HashMap::from([(journey.id, before.to_vec())]);
        decide_labels(selected(journey), current, changes)
    }

    fn selected(journey: OperationTarget) -> OperationTargets {
        OperationTargets { found: vec![journey], missing: Vec::new() }
    }

    fn after(before: &[LabelId], changes: &LabelChanges) -> Vec<LabelId> {
        decide(before, changes).sets.remove(0).1
    }

    #[test]
    fn labels_that_are_there_stay_and_added_ones_come_after_them() {
        let changes = changes(&[label(1, "VIP"), label(3, "New")], &[label(2, "Old")]);
        assert_eq!(after(&[id(1), id(2)], &changes), [id(1), id(3)]);
    }

    #[test]
    fn a_label_that_is_added_and_removed_is_there() {
        let changes = changes(&[label(1, "VIP")], &[label(1, "VIP")]);
        assert_eq!(after(&[id(1)], &changes), [id(1)]);
    }

    #[test]
    fn what_was_there_is_kept_for_an_undo() {
        let plan = decide(&[id(1)], &changes(&[], &[label(1, "VIP")]));
        assert_eq!(plan.record.items[0].before, Some(UndoSnapshot::Labels(vec![id(1)])));
    }

    #[test]
    fn a_journey_that_would_have_more_than_ten_labels_is_skipped() {
        let ten: Vec<LabelId> = (0..10).map(id).collect();
        let plan = decide(&ten, &changes(&[label(10, "One more")], &[]));
        assert_eq!((plan.changed, plan.sets), (Vec::new(), Vec::new()));
        assert_eq!(plan.record.items[0].outcome, ItemResult::Skipped(Refusal::TooManyLabels));
    }

    #[test]
    fn an_archived_journey_is_skipped() {
        let mut journey = target(1, Status::Stopped);
        journey.state.archived = true;
        let plan =
            decide_labels(selected(journey), HashMap::new(), &changes(&[label(1, "VIP")], &[]));
        assert_eq!(plan.record.items[0].outcome, ItemResult::Skipped(Refusal::IsArchived));
    }

    #[test]
    fn the_note_names_what_was_added_and_removed() {
        let (vip, old) = ([label(1, "VIP"), label(2, "New")], [label(3, "Old")]);
        let notes =
            [changes(&vip, &[]), changes(&[], &old), changes(&vip, &old), changes(&[], &[])]
                .map(|changes| changes.note());
        assert_eq!(notes, ["added VIP, New", "removed Old", "added VIP, New; removed Old", ""]);
    }
}
