use uuid::Uuid;

use super::*;
use crate::operations::{ItemResult, target::examples::target};

const NOW: Timestamp = Timestamp(1_000);

fn version(number: i64, status: Status, inside: i64, queued: i64) -> VersionToPublish {
    VersionToPublish {
        id: VersionId(Uuid::from_u128(number.unsigned_abs().into())),
        number,
        status,
        revision: 3,
        start: None,
        stats: VersionStats { entered: inside, inside, queued, ..VersionStats::default() },
    }
}

/// Version 1 in this status, with two people inside and a message that is queued, and draft 2.
fn beside(status: Status) -> JourneyToPublish {
    let versions = vec![version(1, status, 2, 1), version(2, Status::Draft, 0, 0)];
    JourneyToPublish { target: target(1, status), versions }
}

fn never_published(start: Option<Timestamp>) -> JourneyToPublish {
    let draft = VersionToPublish { start, ..version(1, Status::Draft, 0, 0) };
    JourneyToPublish { target: target(1, Status::Draft), versions: vec![draft] }
}

fn publish(version: i64, predecessor: PreviousVersionPolicy) -> PublishVersion {
    PublishVersion {
        journey: JourneyId(Uuid::from_u128(1)),
        version,
        revision: 3,
        name: JourneyName::parse("Welcome").expect("a name"),
        description: Description::parse("").expect("a description"),
        predecessor,
    }
}

fn plan(journey: &JourneyToPublish, predecessor: PreviousVersionPolicy) -> PublishPlan {
    let last = journey.versions.last().expect("a version").number;
    decide_publish(journey, &publish(last, predecessor), NOW).expect("allowed")
}

fn kept(journey: &JourneyToPublish) -> PublishPlan {
    plan(journey, PreviousVersionPolicy::KeepEnrolments)
}

#[test]
fn a_draft_without_a_start_runs_from_now_on() {
    let plan = kept(&never_published(None));
    assert_eq!(
        (plan.becomes, plan.start, plan.open_since),
        (Status::Running, Timestamp(1_000), Some(Timestamp(1_000)))
    );
}

#[test]
fn a_draft_whose_start_is_ahead_is_scheduled_and_takes_no_entries_yet() {
    let plan = kept(&never_published(Some(Timestamp(5_000))));
    assert_eq!(
        (plan.becomes, plan.start, plan.open_since),
        (Status::Scheduled, Timestamp(5_000), None)
    );
}

#[test]
fn a_start_that_has_passed_is_kept() {
    let plan = kept(&never_published(Some(Timestamp(10))));
    assert_eq!((plan.becomes, plan.start), (Status::Running, Timestamp(10)));
}

#[test]
fn the_first_version_needs_no_note() {
    assert_eq!(kept(&never_published(None)).record.note, "");
}

#[test]
fn the_history_has_the_name_that_the_journey_gets_and_the_status_that_the_list_showed() {
    let item = kept(&beside(Status::Paused)).record.items.remove(0);
    let outcome = ItemResult::Changed { from: Status::Paused, to: Status::Running };
    assert_eq!((item.name.as_str(), item.outcome), ("Welcome", outcome));
}

#[test]
fn people_who_continue_keep_their_version_which_is_restricted() {
    for status in [Status::Running, Status::Paused, Status::Completed] {
        let plan = kept(&beside(status));
        let old = plan.retired.first().expect("retired");
        assert_eq!((old.becomes, old.exited), (Status::Restricted, None), "{status}");
        assert_eq!(plan.record.note, "version 2; people in older versions continue");
        assert_eq!((plan.record.ended_inside, plan.record.cancelled_messages), (0, 0));
    }
}

#[test]
fn people_who_leave_are_counted_and_what_is_queued_for_them_is_cancelled() {
    let plan = plan(&beside(Status::Running), PreviousVersionPolicy::ExitEnrolments);
    let old = plan.retired.first().expect("retired");
    let left = old.exited.expect("they leave");
    assert_eq!((old.becomes, left.inside, left.version_exit), (Status::Completed, 0, 2));
    assert_eq!((left.queued, left.cancelled), (0, 1));
    assert_eq!((plan.record.ended_inside, plan.record.cancelled_messages), (2, 1));
    assert_eq!(plan.record.note, "version 2; 2 people exited the older versions");
}

#[test]
fn people_leave_also_where_entry_was_over_already() {
    for status in [Status::Completed, Status::Restricted] {
        let plan = plan(&beside(status), PreviousVersionPolicy::ExitEnrolments);
        let old = plan.retired.first().expect("retired");
        assert_eq!((old.becomes, old.exited.is_some()), (status, true));
    }
}

#[test]
fn a_stopped_version_stays_as_it_is() {
    assert_eq!(kept(&beside(Status::Stopped)).retired, []);
}

#[test]
fn a_version_that_is_published_already_is_refused() {
    let journey = beside(Status::Running);
    let command = publish(1, PreviousVersionPolicy::KeepEnrolments);
    let error = decide_publish(&journey, &command, NOW).expect_err("refused");
    let refusal = Refusal::AlreadyPublished;
    assert_eq!(error, JourneyError::Refused { name: "Journey 1".to_string(), refusal });
}

#[test]
fn a_draft_of_an_archived_journey_is_refused() {
    let mut journey = never_published(None);
    journey.target.state.archived = true;
    let command = publish(1, PreviousVersionPolicy::KeepEnrolments);
    let error = decide_publish(&journey, &command, NOW).expect_err("refused");
    let refusal = Refusal::IsArchived;
    assert_eq!(error, JourneyError::Refused { name: "Journey 1".to_string(), refusal });
}

#[test]
fn a_draft_that_was_changed_since_it_was_looked_at_is_not_published() {
    let command = PublishVersion { revision: 2, ..publish(1, PreviousVersionPolicy::default()) };
    let error = decide_publish(&never_published(None), &command, NOW).expect_err("refused");
    assert_eq!(error, JourneyError::RevisionChanged { name: "Journey 1".to_string() });
}

#[test]
fn a_version_that_is_not_there_is_not_found() {
    let command = publish(7, PreviousVersionPolicy::default());
    let error = decide_publish(&never_published(None), &command, NOW).expect_err("refused");
    assert_eq!(error, JourneyError::VersionNotFound);
}

#[test]
fn a_published_description_has_a_hundred_and_twenty_characters_at_most() {
    assert!(published_description(&"é".repeat(120)).is_ok());
    let error = published_description(&"é".repeat(121)).expect_err("too long");
    assert_eq!((error.path.as_str(), error.key.as_str()), ("description", "too_long"));
}
