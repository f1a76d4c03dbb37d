//! Taking an operation back, journey by journey, where no one has changed the journey since.

use std::collections::HashMap;

use super::{
    operate::{OperationPlan, decide_operation},
    record::{OperationItemRecord, OperationRecord, UndoSnapshot},
    target::{OperationTarget, OperationTargets},
};
use crate::{
    access::actor::Actor,
    ids::{JourneyId, JourneyKey, LabelId, OperationId},
    journeys::{
        edit::require_name_change,
        error::JourneyError,
        transition::{Action, Refusal},
        visibility::Visibility,
    },
    time::Timestamp,
};

/// An operation of the history with the journeys that it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationToUndo {
    pub id: OperationId,
    pub action: Action,
    pub is_undo: bool,
    pub is_undone: bool,
    pub items: Vec<ItemToUndo>,
}

/// A journey as the operation left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemToUndo {
    pub journey: JourneyId,
    /// What it was named at that time.
    pub name: String,
    pub before: Option<UndoSnapshot>,
    pub revision: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UndoPlan {
    /// Carried out like any other action.
    Inverse(OperationPlan),
    PutBack(PutBackPlan),
}

/// Names, labels and deleted drafts that come back as the operation wrote them down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutBackPlan {
    /// Every journey of which something comes back.
    pub changed: Vec<JourneyKey>,
    /// Where they are found from then on; none: where they were.
    pub visibility: Option<Visibility>,
    pub names: Vec<(JourneyKey, String)>,
    /// Does a published journey get another name by it?
    pub renames_published: bool,
    pub labels: Vec<(JourneyId, Vec<LabelId>)>,
    pub record: OperationRecord,
}

/// Can an operation be taken back: has it changed anything, is it no undo itself, and was it not
/// undone already?
pub fn is_undoable(action: Action, changed: i64, is_undo: bool, is_undone: bool) -> bool {
    changed > 0 && !is_undo && !is_undone && action.can_be_undone()
}

/// Decides what comes back. `targets` are the journeys of its items as they are now, deleted ones
/// too; what was changed since stays, and is accounted for last.
///
/// # Errors
/// The operation cannot be taken back ([`is_undoable`]), or it would give a published journey
/// another name and the actor may not.
pub fn decide_undo(
    operation: &OperationToUndo,
    targets: OperationTargets,
    actor: &Actor,
    now: Timestamp,
) -> Result<UndoPlan, JourneyError> {
    let changed = i64::try_from(operation.items.len()).unwrap_or(i64::MAX);
    if !is_undoable(operation.action, changed, operation.is_undo, operation.is_undone) {
        return Err(JourneyError::Refused {
            name: "This operation".to_string(),
            refusal: Refusal::NothingToUndo,
        });
    }
    let items: HashMap<JourneyId, &ItemToUndo> =
        operation.items.iter().map(|item| (item.journey, item)).collect();
    let (untouched, touched): (Vec<OperationTarget>, Vec<OperationTarget>) =
        targets.found.into_iter().partition(|target| {
            items.get(&target.id).is_some_and(|item| item.revision == target.revision)
        });
    let untouched = OperationTargets { found: untouched, missing: targets.missing };
    let mut plan = match operation.action.inverse() {
        Some(inverse) => UndoPlan::Inverse(decide_operation(untouched, inverse, now)),
        None => UndoPlan::PutBack(put_back(operation.action, untouched, &items, actor)?),
    };
    let record = plan.record_mut();
    record.items.extend(
        touched.iter().map(|target| OperationItemRecord::skipped(target, Refusal::ChangedSince)),
    );
    record.undo_of = Some(operation.id);
    Ok(plan)
}

fn put_back(
    action: Action,
    targets: OperationTargets,
    items: &HashMap<JourneyId, &ItemToUndo>,
    actor: &Actor,
) -> Result<PutBackPlan, JourneyError> {
    let mut plan = PutBackPlan {
        changed: Vec::with_capacity(targets.found.len()),
        visibility: (action == Action::Delete).then_some(Visibility::Listed),
        names: Vec::new(),
        renames_published: false,
        labels: Vec::new(),
        record: OperationRecord::new(action, Vec::new(), targets.missing),
    };
    for target in &targets.found {
        let mut line = OperationItemRecord::changed(target, target.status());
        if let Some(item) = items.get(&target.id) {
            line.name.clone_from(&item.name);
            match &item.before {
                Some(UndoSnapshot::Name(name)) => {
                    require_name_change(target, name, actor)?;
                    plan.renames_published |= target.renames_published(name);
                    plan.names.push((target.key, name.clone()));
                    line.name.clone_from(name);
                }
                Some(UndoSnapshot::Labels(labels)) => {
                    plan.labels.push((target.id, labels.clone()));
                }
                None => {}
            }
        }
        plan.changed.push(target.key);
        plan.record.items.push(line);
    }
    Ok(plan)
}

impl UndoPlan {
    fn record_mut(&mut self) -> &mut OperationRecord {
        match self {
            UndoPlan::Inverse(plan) => &mut plan.record,
            UndoPlan::PutBack(plan) => &mut plan.record,
        }
    }
}

#[cfg(test)]
#[path = "undo_tests.rs"]
mod tests;
