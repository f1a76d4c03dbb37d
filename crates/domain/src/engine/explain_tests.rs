use serde_json::json;

use super::*;
use crate::{
    ids::ProfileKey,
    time::{DAY_MS, HOUR_MS},
};

const NOW: Timestamp = Timestamp(1_790_596_800_000);

fn trigger(value: serde_json::Value) -> EntryTrigger {
    serde_json::from_value(value).expect("a trigger")
}

fn paid_with_gold() -> EntryTrigger {
    trigger(json!({ "event": {
        "name": "Paid", "filters": [{ "property": "plan", "is": "equals", "value": "gold" }]
    } }))
}

/// Of someone who paid with gold, in a running journey that takes them.
fn facts() -> EntryFacts {
    EntryFacts {
        journey: JourneyId(uuid::Uuid::nil()),
        journey_name: "Welcome".to_string(),
        is_archived: false,
        status: Status::Running,
        settings: Settings::new(paid_with_gold()),
        entry_criteria: None,
        entry_mark: 10,
        entered: 0,
        person: ProfileKey(7),
        profile: None,
        history: EnrolmentHistory::default(),
        events: vec![paid(11, "gold")],
        last_rejection: None,
    }
}

fn paid(seq: i64, plan: &str) -> EntryEvent {
    let properties = Properties::from_iter([("plan".to_string(), plan.into())]);
    EntryEvent { seq, at: NOW.plus(-HOUR_MS), properties }
}

fn left_hours_ago(hours: i64) -> EnrolmentHistory {
    let at = NOW.plus(-hours * HOUR_MS);
    EnrolmentHistory::left(at, at)
}

fn sentences(facts: &EntryFacts) -> Vec<String> {
    explain_entry(facts, NOW).reasons.into_iter().map(|because| because.sentence).collect()
}

#[test]
fn where_no_gate_is_closed_nothing_prevents_entry() {
    assert_eq!(
        sentences(&facts()),
        ["Nothing prevents entry. They enter with the next matching event."]
    );
}

#[test]
fn whoever_is_inside_is_told_only_that() {
    let facts = EntryFacts {
        history: EnrolmentHistory::inside(NOW),
        is_archived: true,
        status: Status::Paused,
        ..facts()
    };
    assert_eq!(sentences(&facts), ["This person is inside now."]);
    assert!(explain_entry(&facts, NOW).inside);
}

#[test]
fn the_journey_comes_before_the_person_and_what_was_recorded_comes_last() {
    let rejection = EntryRejection::Cap;
    let facts = EntryFacts {
        is_archived: true,
        status: Status::Completed,
        settings: Settings { entry_cap: Some(5), ..Settings::new(paid_with_gold()) },
        entered: 5,
        history: left_hours_ago(24),
        events: Vec::new(),
        last_rejection: Some(RecordedRejection { rejection, at: NOW.plus(-DAY_MS), times: 2 }),
        ..facts()
    };
    let day_before = NOW.plus(-DAY_MS).long_date();
    assert_eq!(
        sentences(&facts),
        [
            "The journey is archived.".to_string(),
            "Entry has ended: the journey is completed.".to_string(),
            format!("This person exited on {day_before}, and people can enter once only."),
            "The entry limit was reached.".to_string(),
            "This person has never done “Paid”.".to_string(),
            format!("Did not enter on {day_before}, 2 times in all: The entry limit was reached."),
        ]
    );
}

#[test]
fn the_gates_are_those_of_the_engine() {
    let again =
        |reentry| Settings { reentry, control_percent: 100, ..Settings::new(paid_with_gold()) };
    let after = |hours| EntryFacts {
        settings: again(ReentryRule::AfterHours(24)),
        history: left_hours_ago(hours),
        ..facts()
    };
    let control = EntryReason::Rejected(EntryRejection::Control);
    assert_eq!(find_reasons(&after(24), NOW), std::slice::from_ref(&control));
    let left_at = NOW.plus(-23 * HOUR_MS);
    assert_eq!(
        find_reasons(&after(23), NOW),
        [EntryReason::Reentry(ReentryRule::AfterHours(24), left_at), control]
    );
}

#[test]
fn a_person_may_re_enter_after_the_hours_that_the_rule_names() {
    let facts = EntryFacts {
        settings: Settings {
            reentry: ReentryRule::AfterHours(48),
            ..Settings::new(paid_with_gold())
        },
        history: left_hours_ago(24),
        ..facts()
    };
    let date = NOW.plus(-DAY_MS).long_date();
    assert_eq!(
        sentences(&facts),
        [format!("This person exited on {date}; re-entry is possible 2 days after exit.")]
    );
}

#[test]
fn an_event_from_before_the_opening_does_not_count() {
    let facts = EntryFacts { entry_mark: 11, ..facts() };
    let date = NOW.plus(-HOUR_MS).long_date();
    assert_eq!(
        sentences(&facts),
        [format!(
            "This person last did “Paid” on {date}, before the journey was published or resumed."
        )]
    );
}

#[test]
fn of_several_events_the_newest_that_fits_counts() {
    let facts = EntryFacts { events: vec![paid(12, "silver"), paid(11, "gold")], ..facts() };
    assert_eq!(find_reasons(&facts, NOW), [EntryReason::Nothing]);
}

#[test]
fn where_no_event_fits_the_newest_says_what_is_missing_and_that_tells_of_properties() {
    let facts = EntryFacts { events: vec![paid(12, "silver"), paid(11, "bronze")], ..facts() };
    let reasons = explain_entry(&facts, NOW).reasons;
    assert_eq!(
        reasons,
        [Because::of_properties(
            "This person did “Paid”, but the last time did not match: plan is “gold”."
        )]
    );
}

#[test]
fn criteria_are_asked_of_the_profile_and_tell_of_properties() {
    let on_list = |lists: &[&str]| EntryFacts {
        settings: Settings::new(trigger(json!({ "list": { "name": "VIP" } }))),
        entry_criteria: Some(Criteria::OnList("VIP".to_string())),
        profile: Some(Profile {
            lists: lists.iter().map(ToString::to_string).collect(),
            ..Profile::default()
        }),
        ..facts()
    };
    assert_eq!(find_reasons(&on_list(&["VIP"]), NOW), [EntryReason::Nothing]);
    assert_eq!(
        explain_entry(&on_list(&[]), NOW).reasons,
        [Because::of_properties(
            "This person does not match the entry trigger: Everyone on the uploaded list “VIP”."
        )]
    );
}

#[test]
fn every_status_but_running_is_a_reason() {
    for status in Status::ALL {
        let reasons = find_reasons(&EntryFacts { status, ..facts() }, NOW);
        let expected = match status {
            Status::Running => EntryReason::Nothing,
            status => EntryReason::Closed(status),
        };
        assert_eq!(reasons, [expected]);
    }
}

#[test]
fn a_journey_for_programs_is_entered_only_through_the_api() {
    let facts = EntryFacts { settings: Settings::new(EntryTrigger::Api {}), ..facts() };
    assert_eq!(sentences(&facts), ["People enter this journey only through the API."]);
}
