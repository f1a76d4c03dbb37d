//! Stop: every published version of a journey ends, people inside as stopped, queued messages as
//! cancelled.

use std::collections::HashSet;

use serde::Serialize;

use super::{
    SkipCount, StopPreview,
    operate::{OperationPlan, decide_operation},
    target::OperationTargets,
};
use crate::{
    ids::{JourneyKey, VersionKey},
    journeys::transition::{Action, transition},
    stats::VersionStats,
    time::Timestamp,
};

/// A version of a selected journey that a Stop would end: one in a status of
/// [`crate::journeys::transition::statuses_for`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionToStop {
    /// The store's own number of it.
    pub key: VersionKey,
    pub journey: JourneyKey,
    pub stats: VersionStats,
}

/// A version that ends, with its counters afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StoppedVersion {
    pub key: VersionKey,
    pub stats: VersionStats,
}

/// Decides for each journey, and ends the versions of those that are stopped.
pub fn decide_stop(
    targets: OperationTargets,
    versions: &[VersionToStop],
    now: Timestamp,
) -> OperationPlan {
    let mut plan = decide_operation(targets, Action::Stop, now);
    let stopped: HashSet<JourneyKey> = plan.changed.iter().copied().collect();
    for version in versions.iter().filter(|version| stopped.contains(&version.journey)) {
        plan.record.ended_inside += version.stats.inside;
        plan.record.cancelled_messages += version.stats.queued;
        plan.stopped.push(StoppedVersion { key: version.key, stats: version.stats.after_stop() });
    }
    plan
}

/// What a Stop would end, for its confirmation.
pub fn preview_stop(targets: &OperationTargets) -> StopPreview {
    let mut preview = StopPreview {
        journeys: 0,
        inside: 0,
        queued: 0,
        skipped: Vec::new(),
        only: None,
        digest: targets.digest().to_text(),
    };
    for target in &targets.found {
        match transition(target.state, Action::Stop).allowed() {
            Ok(_) => {
                preview.journeys += 1;
                preview.inside += target.state.inside;
                preview.queued += target.queued;
                preview.only = (preview.journeys == 1).then(|| target.name.clone());
            }
            Err(refusal) => SkipCount::add(&mut preview.skipped, refusal, &target.name),
        }
    }
    preview
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        journeys::{status::Status, transition::Refusal},
        operations::target::{OperationTarget, examples::target},
    };

    const NOW: Timestamp = Timestamp(1_000);

    fn inside(number: i64, inside: i64, queued: i64) -> OperationTarget {
        let mut target = OperationTarget { queued, ..target(number, Status::Running) };
        target.state.inside = inside;
        target
    }

    fn version(key: i64, journey: i64, inside: i64, queued: i64) -> VersionToStop {
        let stats = VersionStats { entered: inside, inside, queued, ..VersionStats::default() };
        VersionToStop { key: VersionKey(key), journey: JourneyKey(journey), stats }
    }

    fn selected(found: Vec<OperationTarget>) -> OperationTargets {
        OperationTargets { found, missing: Vec::new() }
    }

    #[test]
    fn a_stop_ends_every_version_of_a_journey_and_counts_what_it_ends() {
        let versions = [version(10, 1, 3, 2), version(11, 1, 4, 0)];
        let plan = decide_stop(selected(vec![inside(1, 7, 2)]), &versions, NOW);
        let ended: Vec<_> = plan
            .stopped
            .iter()
            .map(|version| (version.key, version.stats.inside, version.stats.stopped))
            .collect();
        assert_eq!(ended, [(VersionKey(10), 0, 3), (VersionKey(11), 0, 4)]);
        assert_eq!((plan.record.ended_inside, plan.record.cancelled_messages), (7, 2));
    }

    #[test]
    fn the_counters_of_what_is_stopped_add_up() {
        let plan = decide_stop(selected(vec![inside(1, 3, 2)]), &[version(10, 1, 3, 2)], NOW);
        assert!(plan.stopped.iter().all(|version| version.stats.adds_up()));
    }

    #[test]
    fn versions_of_journeys_that_are_skipped_go_on() {
        let mut archived = inside(1, 3, 2);
        archived.state.archived = true;
        let plan = decide_stop(selected(vec![archived]), &[version(10, 1, 3, 2)], NOW);
        assert_eq!((plan.stopped.len(), plan.record.ended_inside), (0, 0));
    }

    #[test]
    fn a_stop_sets_no_status_by_journey() {
        let plan = decide_stop(selected(vec![inside(1, 0, 0)]), &[version(10, 1, 0, 0)], NOW);
        assert_eq!((plan.statuses.len(), plan.changed.len()), (0, 1));
    }

    #[test]
    fn the_confirmation_counts_what_would_end_and_what_would_not() {
        let targets = selected(vec![inside(1, 3, 2), inside(2, 4, 1), target(3, Status::Draft)]);
        let preview = preview_stop(&targets);
        assert_eq!((preview.journeys, preview.inside, preview.queued), (2, 7, 3));
        assert_eq!((preview.skipped[0].refusal, preview.skipped[0].count), (Refusal::IsDraft, 1));
        assert_eq!(preview.digest, targets.digest().to_text());
    }

    #[test]
    fn the_confirmation_names_the_only_journey_that_would_be_stopped() {
        let only = |found| preview_stop(&selected(found)).only;
        let draft = || target(3, Status::Draft);
        assert_eq!(only(vec![inside(1, 0, 0), draft()]), Some("Journey 1".to_string()));
        assert_eq!(only(vec![inside(1, 0, 0), inside(2, 0, 0)]), None);
        assert_eq!(only(vec![draft()]), None);
    }
}
