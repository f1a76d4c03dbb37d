//! Every status × every action, against the table of docs/design.md (The life of a journey),
//! written out once more by hand.

use proptest::prelude::*;

use super::*;
use crate::journeys::status::Status;

fn situation(status: Status) -> JourneyState {
    JourneyState {
        status,
        archived: false,
        ever_published: status != Status::Draft,
        start_ahead: false,
        inside: 0,
    }
}

/// What the table says, in a word: the next status, `=` for allowed without a change of status,
/// `archived`, `deleted`, `already` or `no`.
fn answer(situation: JourneyState, action: Action) -> String {
    match transition(situation, action) {
        TransitionResult::Apply(StateChange::Status(status)) => status.key().to_string(),
        TransitionResult::Apply(StateChange::Unchanged) => "=".to_string(),
        TransitionResult::Apply(StateChange::Archived) => "archived".to_string(),
        TransitionResult::Apply(StateChange::Unarchived) => "unarchived".to_string(),
        TransitionResult::Apply(StateChange::Deleted) => "deleted".to_string(),
        TransitionResult::Already(_) => "already".to_string(),
        TransitionResult::Refuse(_) => "no".to_string(),
    }
}

#[rustfmt::skip]
const TABLE: [(Action, [&str; 7]); 16] = [
    // draft      scheduled    running      paused       completed    restricted   stopped
    (Action::Publish,     ["running",  "already",   "already",   "already",   "already",   "already",   "already"]),
    (Action::Pause,       ["no",       "paused",    "paused",    "already",   "no",        "no",        "no"]),
    (Action::Resume,      ["no",       "already",   "already",   "running",   "no",        "no",        "no"]),
    (Action::Stop,        ["no",       "stopped",   "stopped",   "stopped",   "stopped",   "stopped",   "already"]),
    (Action::EditContent, ["=",        "=",         "=",         "=",         "no",        "=",         "no"]),
    (Action::EditDraft,   ["=",        "no",        "no",        "no",        "no",        "no",        "no"]),
    (Action::NewVersion,  ["no",       "no",        "=",         "=",         "=",         "no",        "="]),
    (Action::Clone,       ["=",        "=",         "=",         "=",         "=",         "=",         "="]),
    (Action::Rename,      ["=",        "=",         "=",         "=",         "=",         "=",         "="]),
    (Action::Label,       ["=",        "=",         "=",         "=",         "=",         "=",         "="]),
    (Action::Archive,     ["no",       "no",        "no",        "no",        "archived",  "archived",  "archived"]),
    (Action::Unarchive,   ["already",  "already",   "already",   "already",   "already",   "already",   "already"]),
    (Action::Delete,      ["deleted",  "no",        "no",        "no",        "no",        "no",        "no"]),
    (Action::Start,       ["no",       "running",   "already",   "no",        "no",        "no",        "no"]),
    (Action::Complete,    ["no",       "no",        "completed", "completed", "already",   "no",        "no"]),
    (Action::Restrict,    ["no",       "no",        "restricted","restricted","restricted","already",   "no"]),
];

#[test]
fn every_status_and_every_action_follow_the_table() {
    assert_eq!(TABLE.map(|(action, _)| action), Action::ALL, "the table covers every action");
    for (action, row) in TABLE {
        for (status, expected) in Status::ALL.into_iter().zip(row) {
            assert_eq!(answer(situation(status), action), expected, "{action} on {status}");
        }
    }
}

#[test]
fn an_archived_journey_can_only_be_unarchived_or_cloned() {
    for status in Status::ALL {
        for action in Action::ALL {
            let archived = JourneyState { archived: true, ..situation(status) };
            let expected = match action {
                Action::Unarchive => "unarchived",
                Action::Clone => "=",
                Action::Archive => "already",
                _ => "no",
            };
            assert_eq!(
                answer(archived, action),
                expected,
                "{action} on an archived {status} journey"
            );
        }
    }
}

#[test]
fn stop_is_final() {
    for action in Action::ALL {
        assert!(
            !matches!(
                transition(situation(Status::Stopped), action),
                TransitionResult::Apply(StateChange::Status(_))
            ),
            "{action} changes a stopped journey's status"
        );
    }
}

#[test]
fn a_start_that_is_still_ahead_leads_to_scheduled() {
    let ahead = |status| JourneyState { start_ahead: true, ..situation(status) };
    assert_eq!(answer(ahead(Status::Draft), Action::Publish), "scheduled");
    assert_eq!(answer(ahead(Status::Paused), Action::Resume), "scheduled");
    assert_eq!(answer(ahead(Status::Scheduled), Action::Start), "no");
}

#[test]
fn a_completed_journey_is_archived_only_when_empty() {
    let full = JourneyState { inside: 1, ..situation(Status::Completed) };
    assert_eq!(
        transition(full, Action::Archive),
        TransitionResult::Refuse(Refusal::StillHasPeopleInside)
    );
}

#[test]
fn a_draft_that_was_published_is_archived_and_not_deleted() {
    let published = JourneyState { ever_published: true, ..situation(Status::Draft) };
    assert_eq!(answer(published, Action::Archive), "archived");
    assert_eq!(answer(published, Action::Delete), "no");
}

#[test]
fn an_action_sent_twice_says_already_the_second_time() {
    for action in [
        Action::Publish,
        Action::Pause,
        Action::Resume,
        Action::Stop,
        Action::Complete,
        Action::Restrict,
    ] {
        for status in Status::ALL {
            if let TransitionResult::Apply(StateChange::Status(next)) =
                transition(situation(status), action)
            {
                assert!(
                    matches!(transition(situation(next), action), TransitionResult::Already(_)),
                    "{action} twice from {status}"
                );
            }
        }
    }
}

#[test]
fn what_can_be_undone_comes_back() {
    for action in Action::ALL {
        let Some(inverse) = action.inverse() else { continue };
        for status in Status::ALL {
            if let TransitionResult::Apply(StateChange::Status(next)) =
                transition(situation(status), action)
            {
                assert!(
                    matches!(transition(situation(next), inverse), TransitionResult::Apply(_)),
                    "{action} from {status}"
                );
            }
        }
    }
    assert_eq!(Action::Stop.inverse(), None);
}

#[test]
fn a_stop_concerns_every_published_version_that_has_not_ended() {
    let statuses = statuses_for(Action::Stop);
    let all = Status::ALL.into_iter();
    let expected: Vec<Status> =
        all.filter(|status| !matches!(status, Status::Draft | Status::Stopped)).collect();
    assert_eq!(statuses, expected);
}

#[test]
fn every_refusal_has_a_phrase_and_a_key_that_lead_back() {
    for refusal in Refusal::ALL {
        assert!(!refusal.phrase().is_empty() && !refusal.plural_phrase().is_empty());
        assert_eq!(Refusal::from_key(&refusal.key()), Some(refusal));
    }
}

proptest! {
    /// Whatever a clock does: forwards, backwards, by any amount, between any two actions.
    #[test]
    fn a_journey_that_has_run_is_never_scheduled_again(
        start in prop::option::of(0..10_000_i64),
        steps in prop::collection::vec((0..16_usize, 0..10_000_i64), 1..60),
    ) {
        let start = start.map(Timestamp);
        let (mut status, mut has_run) = (Status::Draft, false);
        for (action, now) in steps {
            let situation = JourneyState { start_ahead: start_ahead(start, has_run, Timestamp(now)), ..situation(status) };
            if let TransitionResult::Apply(StateChange::Status(next)) = transition(situation, Action::ALL[action]) {
                status = next;
                has_run |= status == Status::Running;
                prop_assert!(!has_run || status != Status::Scheduled, "{} at {now}", Action::ALL[action]);
            }
        }
    }
}
