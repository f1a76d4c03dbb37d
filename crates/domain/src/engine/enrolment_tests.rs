use serde_json::json;

use super::*;
use crate::{
    engine::{
        entry::{EnrolmentHistory, EntryAttempt, check_entry},
        node::Effect,
        time_zones::UtcOnly,
    },
    graph::Graph,
    ids::ProfileKey,
    journeys::settings::{EntryTrigger, Goal, QuietHours, QuietHoursPolicy, ReentryRule, Settings},
    time::{DAY_MS, MINUTE_MS},
};

/// A Monday, 12:00 UTC.
const NOON: Timestamp = Timestamp(1_790_596_800_000);

fn graph(nodes: &serde_json::Value, connectors: &[(&str, &str, &str)]) -> Graph {
    let mut list = vec![json!({"id": "entry", "step": {"entry": {}}})];
    list.extend(
        nodes.as_object().expect("nodes").iter().map(|(id, step)| json!({"id": id, "step": step})),
    );
    let connectors: Vec<_> = connectors
        .iter()
        .map(|(from, outlet, to)| json!({"from": from, "outlet": outlet, "to": to}))
        .collect();
    let graph: Graph =
        serde_json::from_value(json!({"nodes": list, "connectors": connectors})).expect("a graph");
    assert_eq!(graph.structural_errors(), []);
    graph
}

fn settings() -> Settings {
    Settings::new(EntryTrigger::Api {})
}

fn compiled(graph: &Graph, settings: &Settings) -> CompiledVersion {
    CompiledVersion::new(graph, settings, &std::collections::HashMap::new())
}

fn at(version: &CompiledVersion, now: Timestamp) -> EngineContext<'_> {
    EngineContext { version, calendar: &UtcOnly, now }
}

fn person() -> Profile {
    let addresses = [("email".to_string(), "ada@example.com".to_string())].into();
    Profile { seq: ProfileKey(7), addresses, ..Profile::default() }
}

fn enter(version: &CompiledVersion, profile: &mut Profile) -> Advance {
    start(at(version, NOON), profile, NOON, Properties::new(), "1")
}

fn did(name: &str, properties: serde_json::Value, when: Timestamp) -> PastEvent {
    PastEvent {
        key: event_key(name),
        at: when,
        properties: properties.as_object().cloned().unwrap_or_default(),
    }
}

fn cart() -> (Graph, Settings) {
    let graph = graph(
        &json!({
            "wait": {"wait_for_event": {"event": {"name": "Order Completed"}, "same": ["cart"], "timeout_minutes": 60}},
            "mail": {"email": {"subject": "Your cart", "body": "…"}}
        }),
        &[("entry", "next", "wait"), ("wait", "timeout", "mail")],
    );
    (graph, settings())
}

#[test]
fn nodes_that_do_not_wait_are_passed_in_one_advance() {
    let graph = graph(
        &json!({
            "split": {"random_split": {"shares": [{"name": "a", "percent": 100}]}},
            "set": {"update_profile": {"set": [{"property": "seen", "value": true}]}},
            "ask": {"condition_split": {"branches": [{"name": "seen", "criteria": {"property": {"property": "seen", "is": "exists"}}}]}}
        }),
        &[("entry", "next", "split"), ("split", "a", "set"), ("set", "next", "ask")],
    );
    let (version, mut profile) = (compiled(&graph, &settings()), person());
    let advance = enter(&version, &mut profile);
    let turns: Vec<&VisitOutcome> = advance.visits.iter().map(|visit| &visit.outcome).collect();
    let left = |outlet: &str| VisitOutcome::Left(outlet.to_string());
    assert_eq!(
        turns,
        [&left("next"), &left("a"), &left("next"), &VisitOutcome::Ended(ExitReason::Completed)]
    );
    assert_eq!(
        advance.effects,
        [Effect::SetProperties([("seen".to_string(), json!(true))].into_iter().collect())]
    );
}

#[test]
fn only_the_event_about_the_same_cart_ends_the_wait() {
    let (graph, settings) = cart();
    let (version, mut profile) = (compiled(&graph, &settings), person());
    let entry = json!({"cart": 42}).as_object().cloned().expect("an object");
    let inside = start(at(&version, NOON), &mut profile, NOON, entry, "1");
    assert_eq!(inside.enrolment.due, Some(NOON.plus(60 * MINUTE_MS)));
    let later = NOON.plus(MINUTE_MS);
    let other = did("order completed", json!({"cart": 43}), later);
    assert_eq!(on_event(at(&version, later), &mut profile, &inside.enrolment, &other), None);
    let same = did("Order Completed", json!({"cart": 42}), later);
    let out = on_event(at(&version, later), &mut profile, &inside.enrolment, &same).expect("moves");
    assert_eq!(out.ended, Some(ExitReason::Completed));
}

#[test]
fn an_event_before_the_enrolment_began_means_nothing_to_it() {
    let (graph, settings) = cart();
    let (version, mut profile) = (compiled(&graph, &settings), person());
    let entry = json!({"cart": 42}).as_object().cloned().expect("an object");
    let inside = start(at(&version, NOON), &mut profile, NOON, entry, "1");
    let before = did("Order Completed", json!({"cart": 42}), NOON.plus(-1));
    assert_eq!(on_event(at(&version, NOON), &mut profile, &inside.enrolment, &before), None);
}

#[test]
fn after_a_message_the_enrolment_waits_for_a_message_event() {
    let (graph, settings) = cart();
    let (version, mut profile) = (compiled(&graph, &settings), person());
    let inside = enter(&version, &mut profile);
    assert_eq!(
        on_timer(at(&version, NOON.plus(59 * MINUTE_MS)), &mut profile, inside.enrolment.clone()),
        None
    );
    let hour = NOON.plus(60 * MINUTE_MS);
    let sent = on_timer(at(&version, hour), &mut profile, inside.enrolment).expect("due");
    assert_eq!(
        sent.messages,
        [MessageRequest { node: 1, visit: 3, channel: Channel::Email, expires_at: None }]
    );
    assert_eq!((sent.ended, sent.enrolment.due), (None, None));
    let done =
        on_message_event(at(&version, hour), &mut profile, &sent.enrolment, MessageEventKind::Sent)
            .expect("goes on");
    assert_eq!(done.ended, Some(ExitReason::Completed));
}

#[test]
fn whoever_cannot_be_reached_follows_that_outlet_and_gets_nothing() {
    let graph = graph(
        &json!({"text": {"sms": {"body": "Hi"}}, "mail": {"email": {"subject": "Hi", "body": "…"}}}),
        &[("entry", "next", "text"), ("text", "unreachable", "mail")],
    );
    let (version, mut profile) = (compiled(&graph, &settings()), person());
    let advance = enter(&version, &mut profile);
    assert_eq!(advance.visits[1].reason, "has no address for SMS");
    assert_eq!(advance.messages.len(), 1);
    profile.consent.insert("email".to_string(), false);
    assert_eq!(enter(&version, &mut profile).messages, []);
}

#[test]
fn quiet_hours_hold_a_message_until_they_are_over() {
    let graph = graph(
        &json!({"mail": {"email": {"subject": "Hi", "body": "…"}}}),
        &[("entry", "next", "mail")],
    );
    let quiet =
        |then| Some(QuietHours { from: "11:00".to_string(), to: "13:30".to_string(), then });
    let held = compiled(
        &graph,
        &Settings { quiet_hours: quiet(QuietHoursPolicy::SendWhenOver), ..settings() },
    );
    let inside = enter(&held, &mut person());
    let over = NOON.plus(90 * MINUTE_MS);
    assert_eq!((inside.messages.len(), inside.enrolment.due), (0, Some(over)));
    let sent = on_timer(at(&held, over), &mut person(), inside.enrolment).expect("due");
    assert_eq!(sent.messages.len(), 1);
    let dropped =
        compiled(&graph, &Settings { quiet_hours: quiet(QuietHoursPolicy::Drop), ..settings() });
    let out = enter(&dropped, &mut person());
    assert_eq!((out.messages.len(), out.ended), (0, Some(ExitReason::Completed)));
}

#[test]
fn a_goal_ends_the_enrolment_at_any_node() {
    let (graph, settings) = cart();
    let goal = Goal {
        name: "Signed".to_string(),
        event: serde_json::from_value(json!({"name": "Signed"})).expect("an event"),
    };
    let version = compiled(&graph, &Settings { goals: vec![goal], ..settings });
    let inside = enter(&version, &mut person());
    let out = on_event(
        at(&version, NOON),
        &mut person(),
        &inside.enrolment,
        &did("Signed", json!({}), NOON),
    )
    .expect("out");
    assert_eq!(out.ended, Some(ExitReason::Converted));
}

#[test]
fn at_the_end_of_a_path_people_stay_only_while_a_goal_may_still_be_met() {
    let graph =
        graph(&json!({"list": {"add_to_list": {"list": "VIP"}}}), &[("entry", "next", "list")]);
    let goal = Goal {
        name: "Signed".to_string(),
        event: serde_json::from_value(json!({"name": "Signed"})).expect("an event"),
    };
    let without_time_out = Settings { goals: vec![goal], ..settings() };
    let with_time_out = Settings { timeout_hours: Some(24), ..without_time_out.clone() };
    assert_eq!(
        enter(&compiled(&graph, &settings()), &mut person()).ended,
        Some(ExitReason::Completed)
    );
    assert_eq!(
        enter(&compiled(&graph, &without_time_out), &mut person()).ended,
        Some(ExitReason::Completed)
    );
    let version = compiled(&graph, &with_time_out);
    let waiting = enter(&version, &mut person());
    assert_eq!(
        (waiting.ended, waiting.enrolment.due_at(&version)),
        (None, Some(NOON.plus(DAY_MS)))
    );
    let out =
        on_timer(at(&version, NOON.plus(DAY_MS)), &mut person(), waiting.enrolment).expect("due");
    assert_eq!(out.ended, Some(ExitReason::TimedOut));
}

#[test]
fn a_delay_that_ended_before_the_time_out_counts_first_even_when_both_are_late() {
    let graph = graph(
        &json!({"delay": {"delay": {"for": {"minutes": 30}}}, "list": {"add_to_list": {"list": "VIP"}}}),
        &[("entry", "next", "delay"), ("delay", "next", "list")],
    );
    let version = compiled(&graph, &Settings { timeout_hours: Some(1), ..settings() });
    let inside = enter(&version, &mut person());
    let late =
        on_timer(at(&version, NOON.plus(DAY_MS)), &mut person(), inside.enrolment).expect("due");
    assert_eq!(late.effects, [Effect::AddToList("VIP".to_string())]);
}

#[test]
fn a_circle_without_a_wait_ends_instead_of_running_for_ever() {
    let graph = graph(
        &json!({"a": {"add_to_list": {"list": "A"}}, "b": {"remove_from_list": {"list": "A"}}}),
        &[("entry", "next", "a"), ("a", "next", "b"), ("b", "next", "a")],
    );
    assert_eq!(
        enter(&compiled(&graph, &settings()), &mut person()).ended,
        Some(ExitReason::Completed)
    );
}

#[test]
fn journeys_that_start_one_another_at_once_stop_after_ten() {
    let graph = graph(
        &json!({"start": {"start_journey": {"journey": "Other"}}}),
        &[("entry", "next", "start")],
    );
    let version = compiled(&graph, &settings());
    let started = |depth: u64| {
        let entry = json!({"$depth": depth}).as_object().cloned().expect("an object");
        start(at(&version, NOON), &mut person(), NOON, entry, "1").effects
    };
    assert_eq!(started(3), [Effect::StartJourney { journey: "Other".to_string(), depth: 4 }]);
    assert_eq!(started(10), []);
}

/// A graph that could be published before: a message, a delay, and back to the message.
fn loop_with(delay: serde_json::Value) -> CompiledVersion {
    let nodes: Vec<_> = [
        ("entry", json!({"entry": {}})),
        ("mail", json!({"email": {"subject": "Hi", "body": "…"}})),
        ("delay", json!({"delay": delay})),
    ]
    .into_iter()
    .map(|(id, step)| json!({"id": id, "step": step}))
    .collect();
    let connectors: Vec<_> =
        [("entry", "next", "mail"), ("mail", "sent", "delay"), ("delay", "next", "mail")]
            .map(|(from, outlet, to)| json!({"from": from, "outlet": outlet, "to": to}))
            .to_vec();
    let graph = serde_json::from_value(json!({"nodes": nodes, "connectors": connectors}));
    compiled(&graph.expect("a graph"), &settings())
}

/// Until when someone stays at the delay of the loop after the message was sent.
fn stays_until(delay: serde_json::Value, mut profile: Profile) -> Option<Timestamp> {
    let version = loop_with(delay);
    let inside = enter(&version, &mut profile);
    let sent = MessageEventKind::Sent;
    let waiting = on_message_event(at(&version, NOON), &mut profile, &inside.enrolment, sent);
    waiting.expect("goes on").enrolment.due
}

fn born(date: &str) -> Profile {
    let properties = json!({"born": date}).as_object().cloned().expect("an object");
    Profile { properties, ..person() }
}

#[test]
fn a_delay_until_a_past_date_in_a_loop_waits_a_minute() {
    let delay = json!({"until_property": {"property": "born"}});
    assert_eq!(stays_until(delay, born("1990-01-01")), Some(NOON.plus(MINUTE_MS)));
}

#[test]
fn a_delay_until_a_missing_date_in_a_loop_waits_a_minute() {
    let delay = json!({"until_property": {"property": "born"}});
    assert_eq!(stays_until(delay, person()), Some(NOON.plus(MINUTE_MS)));
}

#[test]
fn a_delay_of_no_minutes_in_a_loop_waits_a_minute() {
    let delay = json!({"for": {"minutes": 0}});
    assert_eq!(stays_until(delay, person()), Some(NOON.plus(MINUTE_MS)));
}

#[test]
fn a_delay_until_the_time_of_day_that_it_is_in_a_loop_waits_a_day() {
    let delay = json!({"until": {"time": "12:00"}});
    assert_eq!(stays_until(delay, person()), Some(NOON.plus(DAY_MS)));
}

#[test]
fn a_delay_until_a_past_date_outside_of_any_loop_is_passed_at_once() {
    let graph = graph(
        &json!({
            "delay": {"delay": {"until_property": {"property": "born"}}},
            "mail": {"email": {"subject": "Hi", "body": "…"}}
        }),
        &[("entry", "next", "delay"), ("delay", "next", "mail")],
    );
    let version = compiled(&graph, &settings());
    assert_eq!(enter(&version, &mut born("1990-01-01")).messages.len(), 1);
}

#[test]
fn a_loop_cannot_wait_for_the_event_by_which_it_starts_a_journey() {
    let graph = graph(
        &json!({"wait": {"wait_for_event": {"event": {"name": "$enter bomb"}, "timeout_minutes": 60}}}),
        &[("entry", "next", "wait")],
    );
    let (version, mut profile) = (compiled(&graph, &settings()), person());
    let inside = enter(&version, &mut profile);
    let started = did("$enter bomb", json!({"$depth": 1}), NOON);
    assert_eq!(on_event(at(&version, NOON), &mut profile, &inside.enrolment, &started), None);
}

/// A message, then a start of the journey itself.
fn starts_itself() -> CompiledVersion {
    let graph = graph(
        &json!({
            "mail": {"email": {"subject": "Hi", "body": "…"}},
            "start": {"start_journey": {"journey": "Bomb"}}
        }),
        &[("entry", "next", "mail"), ("mail", "sent", "start")],
    );
    compiled(&graph, &Settings { reentry: ReentryRule::AfterExit, ..settings() })
}

/// How long the chain is when the message of someone with a chain of three was sent so much later.
fn depth_after(wait_ms: i64) -> Vec<Effect> {
    let (version, mut profile) = (starts_itself(), person());
    let entry = json!({"$depth": 3}).as_object().cloned().expect("an object");
    let inside = start(at(&version, NOON), &mut profile, NOON, entry, "1");
    let world = at(&version, NOON.plus(wait_ms));
    let sent = MessageEventKind::Sent;
    on_message_event(world, &mut profile, &inside.enrolment, sent).expect("goes on").effects
}

#[test]
fn the_sending_of_a_message_is_no_wait_that_ends_a_chain_of_journeys() {
    let longer = Effect::StartJourney { journey: "Bomb".to_string(), depth: 4 };
    assert_eq!(depth_after(MINUTE_MS - 1), [longer]);
}

#[test]
fn a_chain_of_journeys_begins_anew_after_a_minute() {
    let anew = Effect::StartJourney { journey: "Bomb".to_string(), depth: 1 };
    assert_eq!(depth_after(MINUTE_MS), [anew]);
}

/// How often one event lets a person into so many journeys that all start one another, within a
/// minute; each round takes a few milliseconds.
fn entries_of_a_bomb(journeys: usize) -> usize {
    let graph = graph(
        &json!({"start": {"start_journey": {"journey": "Bomb"}}}),
        &[("entry", "next", "start")],
    );
    let version = compiled(&graph, &Settings { reentry: ReentryRule::AfterExit, ..settings() });
    let mut histories = vec![EnrolmentHistory::default(); journeys];
    let (mut entries, mut depths, mut now) = (0, vec![None], NOON);
    while let Some(depth) = depths.pop() {
        assert!(entries <= 1000, "the bomb went off");
        now = now.plus(5);
        for history in &mut histories {
            let attempt = EntryAttempt {
                journey: "j",
                profile: ProfileKey(7),
                now,
                event: Some((now, now)),
                by_journey: depth.is_some(),
                history: *history,
                entered: 0,
            };
            if check_entry(&version.settings, &attempt).is_err() {
                continue;
            }
            entries += 1;
            let entry = depth.map(|depth: u64| ("$depth".to_string(), json!(depth)));
            let entry = entry.into_iter().collect();
            let out = start(at(&version, now), &mut person(), now, entry, "1");
            *history = EnrolmentHistory::left(out.enrolment.entered_at, now);
            depths.extend(out.effects.iter().map(|effect| match effect {
                Effect::StartJourney { depth, .. } => Some(*depth),
                other => panic!("not a start: {other:?}"),
            }));
        }
    }
    entries
}

#[test]
fn a_journey_that_starts_itself_is_entered_once_a_minute() {
    assert_eq!(entries_of_a_bomb(1), 1);
}

#[test]
fn six_journeys_that_start_one_another_are_each_entered_once_a_minute() {
    assert_eq!(entries_of_a_bomb(6), 6);
}
