use std::collections::HashMap;

use serde_json::{Value, json};

use super::*;
use wayfare_domain::{
    engine::time_zones::UtcOnly, graph::Graph, ids::ProfileKey, interrupt::Uninterrupted,
    journeys::settings::Settings,
};

/// A Monday, 12:00 UTC.
const NOON: Timestamp = Timestamp(1_790_596_800_000);

fn cart() -> Graph {
    serde_json::from_value(json!({
        "nodes": [
            {"id": "entry", "step": {"entry": {}}},
            {"id": "wait", "step": {"wait_for_event": {"event": {"name": "Ordered"}, "same": ["cart"], "timeout_minutes": 60}}},
            {"id": "mail", "step": {"email": {"subject": "Your cart", "body": "…"}}, "sending": {"answer_minutes": 1440}},
            {"id": "thanks", "step": {"goal": {"name": "Order"}}},
            {"id": "sms", "step": {"sms": {"body": "Still there?"}}}
        ],
        "connectors": [
            {"from": "entry", "outlet": "next", "to": "wait"},
            {"from": "wait", "outlet": "yes", "to": "thanks"},
            {"from": "wait", "outlet": "timeout", "to": "mail"},
            {"from": "mail", "outlet": "clicked", "to": "thanks"},
            {"from": "mail", "outlet": "timeout", "to": "sms"}
        ]
    }))
    .expect("a graph")
}

fn ada() -> Profile {
    let addresses = [("email", "ada@example.com"), ("phone", "+4912345")]
        .map(|(key, text)| (key.to_string(), text.to_string()));
    Profile { seq: ProfileKey(7), addresses: addresses.into(), ..Profile::default() }
}

/// (minutes after the start, node, what).
fn tried(settings: &Settings, later: Value) -> Vec<(i64, String, String)> {
    let version = CompiledVersion::new(&cart(), settings, &HashMap::new());
    let later: Vec<SimulatedEvent> = serde_json::from_value(later).expect("events");
    let event = json!({"cart": 42}).as_object().cloned().expect("an object");
    let case =
        Simulation { version: &version, calendar: &UtcOnly, start: NOON, event, later: &later };
    simulate(&case, ada(), &Uninterrupted)
        .expect("steps")
        .into_iter()
        .map(|step| ((step.at.0 - NOON.0) / MINUTE_MS, step.node, step.what))
        .collect()
}

fn lines(steps: &[(i64, String, String)]) -> Vec<(i64, &str, &str)> {
    steps.iter().map(|(at, node, what)| (*at, node.as_str(), what.as_str())).collect()
}

fn settings() -> Settings {
    Settings::new(EntryTrigger::Event { name: "Cart Left".to_string(), filters: Vec::new() })
}

#[test]
fn whoever_does_nothing_goes_by_the_time_outs() {
    assert_eq!(
        lines(&tried(&settings(), json!([]))),
        [
            (0, "entry", "left:next"),
            (0, "wait", "waits"),
            (60, "wait", "left:timeout"),
            (60, "mail", "sends"),
            (60, "mail", "waits"),
            (1500, "mail", "left:timeout"),
            (1500, "sms", "sends"),
            (1500, "sms", "ended:completed"),
        ]
    );
}

#[test]
fn what_she_does_takes_her_another_way() {
    let ordered = tried(&settings(), json!([{"minutes": 10, "name": "Ordered"}]));
    assert_eq!(lines(&ordered)[2..], [(10, "wait", "left:yes"), (10, "thanks", "ended:converted")]);
    let clicked = tried(&settings(), json!([{"minutes": 90, "name": "$clicked"}]));
    assert_eq!(
        lines(&clicked)[5..],
        [(90, "mail", "left:clicked"), (90, "thanks", "ended:converted")]
    );
}

#[test]
fn what_she_does_is_about_the_same_thing_unless_the_trial_says_otherwise() {
    let ordered = |properties: Value| {
        tried(&settings(), json!([{"minutes": 10, "name": "Ordered", "properties": properties}]))
    };
    assert_eq!(lines(&ordered(json!({"total": 12.5})))[2], (10, "wait", "left:yes"));
    assert_eq!(
        lines(&ordered(json!({"cart": 42.0})))[2],
        (10, "wait", "left:yes"),
        "42.0 is the same number"
    );
    assert_eq!(
        lines(&ordered(json!({"cart": 43})))[2],
        (60, "wait", "left:timeout"),
        "another cart"
    );
    assert_eq!(
        lines(&ordered(json!({"cart": null})))[2],
        (60, "wait", "left:timeout"),
        "no cart at all"
    );
}

#[test]
fn whoever_would_not_be_let_in_is_followed_with_the_reason() {
    let filters =
        serde_json::from_value(json!([{"property": "cart", "is": "greater_than", "value": 100}]))
            .expect("filters");
    let strict = Settings::new(EntryTrigger::Event { name: "Cart Left".to_string(), filters });
    let steps = tried(&strict, json!([]));
    assert_eq!(lines(&steps)[..2], [(0, "entry", "would not enter"), (0, "entry", "left:next")]);
}

#[test]
fn a_circle_is_followed_only_so_far() {
    let graph: Graph = serde_json::from_value(json!({
        "nodes": [
            {"id": "entry", "step": {"entry": {}}},
            {"id": "a", "step": {"delay": {"for": {"minutes": 1}}}},
            {"id": "b", "step": {"delay": {"for": {"minutes": 1}}}}
        ],
        "connectors": [
            {"from": "entry", "outlet": "next", "to": "a"},
            {"from": "a", "outlet": "next", "to": "b"},
            {"from": "b", "outlet": "next", "to": "a"}
        ]
    }))
    .expect("a graph");
    let version = CompiledVersion::new(&graph, &settings(), &HashMap::new());
    let case = Simulation {
        version: &version,
        calendar: &UtcOnly,
        start: NOON,
        event: Properties::new(),
        later: &[],
    };
    let steps = simulate(&case, ada(), &Uninterrupted).expect("steps");
    assert!((STEPS_MAX..STEPS_MAX + 10).contains(&steps.len()), "{}", steps.len());
}
