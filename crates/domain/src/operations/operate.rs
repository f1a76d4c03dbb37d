//! Pause, resume, stop, archive… on one journey or many: what becomes of each.

use super::{
    record::{OperationItemRecord, OperationRecord},
    stop::StoppedVersion,
    target::{OperationTarget, OperationTargets},
};
use crate::{
    ids::JourneyKey,
    journeys::{
        error::JourneyError,
        status::Status,
        transition::{Action, StateChange, transition},
        visibility::Visibility,
    },
    time::Timestamp,
    versions::publish::start_when_published,
};

/// What an action changes, and its line of the history. Journeys are grouped, so that each group is
/// one statement, however many they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationPlan {
    /// Every journey that changes in any way.
    pub changed: Vec<JourneyKey>,
    /// Those whose shown version gets another status. None of a Stop, which ends every version.
    pub statuses: Vec<StatusGroup>,
    /// The versions that a Stop ends.
    pub stopped: Vec<StoppedVersion>,
    /// Those that are published, with the start that their version gets.
    pub published: Vec<(JourneyKey, Timestamp)>,
    /// Where those that change are found from then on; none: where they were.
    pub visibility: Option<Visibility>,
    pub record: OperationRecord,
}

/// Journeys whose shown version gets the same status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusGroup {
    pub status: Status,
    /// Since when it takes entries, where that begins.
    pub open_since: Option<Timestamp>,
    pub journeys: Vec<JourneyKey>,
}

/// Decides for each journey. A Stop is decided by [`super::stop::decide_stop`], which also counts.
pub fn decide_operation(
    targets: OperationTargets,
    action: Action,
    now: Timestamp,
) -> OperationPlan {
    let mut plan = OperationPlan {
        changed: Vec::new(),
        statuses: Vec::new(),
        stopped: Vec::new(),
        published: Vec::new(),
        visibility: None,
        record: OperationRecord::new(action, Vec::new(), targets.missing),
    };
    for target in &targets.found {
        let change = match transition(target.state, action).allowed() {
            Ok(change) => change,
            Err(refusal) => {
                plan.record.items.push(OperationItemRecord::skipped(target, refusal));
                continue;
            }
        };
        plan.changed.push(target.key);
        plan.visibility = plan.visibility.or(Visibility::after(change));
        let mut becomes = target.status();
        if let StateChange::Status(status) = change {
            becomes = status;
            if action != Action::Stop {
                plan.add_to_group(status, target.key, now);
            }
        }
        if action == Action::Publish {
            plan.published.push((target.key, start_when_published(target.start, now)));
        }
        plan.record.items.push(OperationItemRecord::changed(target, becomes));
    }
    plan
}

/// The draft that was found to have no problems, as it was then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckedDraft {
    /// Its number.
    pub version: i64,
    pub revision: i64,
}

/// Only what was checked is published: somebody may save the draft between the two.
///
/// # Errors
/// [`JourneyError::RevisionChanged`] where another draft is there now. What is no draft is for
/// [`transition`] to refuse.
pub fn require_checked(
    target: &OperationTarget,
    found: Option<CheckedDraft>,
    checked: CheckedDraft,
) -> Result<(), JourneyError> {
    if target.status() == Status::Draft && found != Some(checked) {
        return Err(JourneyError::RevisionChanged { name: target.name.clone() });
    }
    Ok(())
}

impl OperationPlan {
    fn add_to_group(&mut self, status: Status, journey: JourneyKey, now: Timestamp) {
        match self.statuses.iter_mut().find(|group| group.status == status) {
            Some(group) => group.journeys.push(journey),
            None => self.statuses.push(StatusGroup {
                status,
                open_since: status.opens_entry().then_some(now),
                journeys: vec![journey],
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::JourneyId,
        journeys::transition::Refusal,
        operations::{ItemResult, target::examples::target},
    };

    const NOW: Timestamp = Timestamp(1_000);

    fn decide(found: Vec<OperationTarget>, action: Action) -> OperationPlan {
        decide_operation(OperationTargets { found, missing: Vec::new() }, action, NOW)
    }

    fn keys(numbers: &[i64]) -> Vec<JourneyKey> {
        numbers.iter().copied().map(JourneyKey).collect()
    }

    #[test]
    fn each_journey_is_decided_by_itself_and_what_is_refused_is_skipped() {
        let found = vec![target(1, Status::Running), target(2, Status::Draft)];
        let plan = decide(found, Action::Pause);
        let outcomes: Vec<ItemResult> = plan.record.items.iter().map(|item| item.outcome).collect();
        let changed = ItemResult::Changed { from: Status::Running, to: Status::Paused };
        assert_eq!(outcomes, [changed, ItemResult::Skipped(Refusal::IsDraft)]);
        assert_eq!(plan.changed, keys(&[1]));
    }

    #[test]
    fn a_draft_that_was_saved_after_it_was_checked_is_not_published() {
        let checked = CheckedDraft { version: 1, revision: 3 };
        let draft = target(1, Status::Draft);
        assert_eq!(require_checked(&draft, Some(checked), checked), Ok(()));
        let saved = CheckedDraft { revision: 4, ..checked };
        let refusal = JourneyError::RevisionChanged { name: "Journey 1".to_string() };
        assert_eq!(require_checked(&draft, Some(saved), checked), Err(refusal));
        let running = target(1, Status::Running);
        assert_eq!(
            require_checked(&running, Some(saved), checked),
            Ok(()),
            "it has its own reason"
        );
    }

    #[test]
    fn a_thousand_journeys_are_one_group_for_each_status_that_they_get() {
        let found = (0..1_000)
            .map(|number| {
                let mut journey = target(number, Status::Paused);
                journey.state.start_ahead = number % 2 == 0;
                journey
            })
            .collect();
        let groups = decide(found, Action::Resume).statuses;
        let sizes: Vec<_> =
            groups.iter().map(|group| (group.status, group.journeys.len())).collect();
        assert_eq!(sizes, [(Status::Scheduled, 500), (Status::Running, 500)]);
    }

    #[test]
    fn entry_is_open_from_now_on_where_a_journey_runs_and_nowhere_else() {
        let opened =
            |status, action| decide(vec![target(1, status)], action).statuses[0].open_since;
        assert_eq!(opened(Status::Paused, Action::Resume), Some(NOW));
        assert_eq!(opened(Status::Running, Action::Pause), None);
    }

    #[test]
    fn publishing_starts_what_has_no_start_now_and_keeps_any_other_start() {
        let set = OperationTarget { start: Some(Timestamp(7)), ..target(2, Status::Draft) };
        let plan = decide(vec![target(1, Status::Draft), set], Action::Publish);
        assert_eq!(plan.published, [(JourneyKey(1), NOW), (JourneyKey(2), Timestamp(7))]);
    }

    #[test]
    fn archiving_changes_where_a_journey_is_found_and_not_its_status() {
        let plan = decide(vec![target(1, Status::Stopped)], Action::Archive);
        assert_eq!((plan.visibility, plan.statuses), (Some(Visibility::Archived), Vec::new()));
        let stays = ItemResult::Changed { from: Status::Stopped, to: Status::Stopped };
        assert_eq!(plan.record.items[0].outcome, stays);
    }

    #[test]
    fn what_is_refused_throughout_changes_nothing() {
        let plan = decide(vec![target(1, Status::Running)], Action::Archive);
        assert_eq!((plan.changed, plan.visibility), (Vec::new(), None));
    }

    #[test]
    fn journeys_that_are_not_there_stay_in_the_record() {
        let missing = vec![JourneyId(uuid::Uuid::nil())];
        let targets = OperationTargets { found: Vec::new(), missing: missing.clone() };
        assert_eq!(decide_operation(targets, Action::Pause, NOW).record.missing, missing);
    }
}
