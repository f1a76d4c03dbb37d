use serde_json::json;

use super::*;
use wayfare_domain::{
    graph::{Connector, NODES_MAX, Node, NodeKind, node::Delay},
    journeys::settings::{EntryTrigger, Goal, QuietHours, QuietHoursPolicy},
};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

fn graph(nodes: &serde_json::Value, ways: &[(&str, &str, &str)]) -> Graph {
    let mut list = vec![json!({"id": "entry", "step": {"entry": {}}})];
    list.extend(
        nodes.as_object().expect("nodes").iter().map(|(id, step)| json!({"id": id, "step": step})),
    );
    let connectors: Vec<_> = ways
        .iter()
        .map(|(from, outlet, to)| json!({"from": from, "outlet": outlet, "to": to}))
        .collect();
    serde_json::from_value(json!({"nodes": list, "connectors": connectors})).expect("a graph")
}

fn settings() -> Settings {
    Settings::new(EntryTrigger::Event { name: "Signed Up".to_string(), filters: Vec::new() })
}

fn catalogue() -> ProjectCatalog {
    ProjectCatalog {
        events: vec!["signed up".to_string(), "Ordered".to_string()],
        properties: vec!["plan".to_string()],
        event_properties: vec![("Ordered".to_string(), vec!["total".to_string()])],
        live_channels: ["email", "sms", "push", "webhook"].map(str::to_string).to_vec(),
        ..ProjectCatalog::default()
    }
}

/// (node, key) of each finding.
fn found(graph: &Graph, settings: &Settings, severity: Severity) -> Vec<(String, String)> {
    find_problems(graph, settings, &catalogue(), NOW)
        .into_iter()
        .filter(|check| check.severity == severity)
        .map(|check| (check.node.unwrap_or_default(), check.problem.key))
        .collect()
}

fn errors_of(graph: &Graph, settings: &Settings) -> Vec<(String, String)> {
    found(graph, settings, Severity::Error)
}

fn warnings_of(graph: &Graph, settings: &Settings) -> Vec<(String, String)> {
    found(graph, settings, Severity::Warning)
}

fn pair(node: &str, key: &str) -> (String, String) {
    (node.to_string(), key.to_string())
}

#[test]
fn a_sound_journey_is_warned_of_its_ends_only() {
    let sound = graph(
        &json!({"mail": {"email": {"subject": "Hi", "body": "…"}}, "done": {"goal": {"name": "Read"}}}),
        &[
            ("entry", "next", "mail"),
            ("mail", "sent", "done"),
            ("mail", "failed", "done"),
            ("mail", "unreachable", "done"),
        ],
    );
    assert_eq!(find_problems(&sound, &settings(), &catalogue(), NOW), []);
    let mut open = sound;
    open.connectors.truncate(2);
    assert_eq!(warnings_of(&open, &settings()), [pair("mail", "stops")]);
}

#[test]
fn every_error_leads_to_its_node() {
    let bad = graph(
        &json!({
            "a": {"add_to_list": {"list": " "}},
            "alone": {"sms": {"body": "Hi"}},
            "b": {"random_split": {"shares": [{"name": "x", "percent": 100}]}}
        }),
        &[("entry", "next", "a"), ("a", "next", "b"), ("b", "x", "a")],
    );
    assert_eq!(
        errors_of(&bad, &settings()),
        [pair("alone", "unreachable"), pair("a", "cycle"), pair("a", "required")]
    );
    let split = graph(
        &json!({"s": {"random_split": {"shares": [{"name": "x", "percent": 60}, {"name": "y", "percent": 60}]}}}),
        &[("entry", "next", "s")],
    );
    assert_eq!(errors_of(&split, &settings()), [pair("s", "sum")]);
}

#[test]
fn forms_that_are_not_filled_in_are_errors() {
    let empty = graph(
        &json!({"m": {"email": {"subject": "", "body": " "}}, "w": {"wait_for_event": {"event": {"name": ""}, "timeout_minutes": 5}}}),
        &[("entry", "next", "m"), ("m", "sent", "w")],
    );
    assert_eq!(
        errors_of(&empty, &settings()),
        [pair("m", "required"), pair("m", "required"), pair("w", "required")]
    );
}

#[test]
fn a_start_in_the_past_is_a_warning_and_an_end_in_the_past_an_error() {
    let graph = graph(&json!({"g": {"goal": {"name": "Done"}}}), &[("entry", "next", "g")]);
    let past = Settings { start: Some(NOW.plus(-2)), end: Some(NOW.plus(-1)), ..settings() };
    assert_eq!(
        (errors_of(&graph, &past), warnings_of(&graph, &past)),
        (vec![pair("", "past")], vec![pair("", "past")])
    );
}

#[test]
fn a_delay_into_quiet_hours_before_a_message_is_a_warning() {
    let late = |time: &str| {
        graph(
            &json!({
                "d": {"delay": {"until": {"time": time}}},
                "l": {"add_to_list": {"list": "VIP"}},
                "g": {"sms": {"body": "Hi"}},
                "other": {"delay": {"until": {"time": "23:00"}}}
            }),
            &[
                ("entry", "next", "d"),
                ("d", "next", "l"),
                ("l", "next", "g"),
                ("g", "sent", "other"),
            ],
        )
    };
    let quiet = QuietHours {
        from: "22:00".to_string(),
        to: "08:00".to_string(),
        then: QuietHoursPolicy::SendWhenOver,
    };
    let settings = Settings { quiet_hours: Some(quiet), ..settings() };
    let about_quiet = |graph: &Graph| {
        warnings_of(graph, &settings).into_iter().filter(|(_, key)| key == "quiet_hours").collect()
    };
    let found: Vec<_> = about_quiet(&late("23:00"));
    assert_eq!(found, [pair("d", "quiet_hours")]);
    let none: Vec<_> = about_quiet(&late("09:00"));
    assert_eq!(none, []);
}

#[test]
fn whoever_does_nothing_with_a_message_must_not_wait_for_ever() {
    let answers = graph(
        &json!({"m": {"email": {"subject": "Hi", "body": "…"}}, "g": {"goal": {"name": "Read"}}}),
        &[
            ("entry", "next", "m"),
            ("m", "clicked", "g"),
            ("m", "failed", "g"),
            ("m", "unreachable", "g"),
        ],
    );
    assert_eq!(warnings_of(&answers, &settings()), [pair("m", "waits_for_ever")]);
    let with_end = Settings { timeout_hours: Some(48), ..settings() };
    assert_eq!(warnings_of(&answers, &with_end), []);
}

#[test]
fn an_unknown_event_is_told_of_where_it_stands() {
    let graph = graph(&json!({"g": {"goal": {"name": "Done"}}}), &[("entry", "next", "g")]);
    let event = |name: &str| serde_json::from_value(json!({"name": name})).expect("an event");
    let goal = Goal { name: "Paid".to_string(), event: event("Paid") };
    let settings = Settings { goals: vec![goal], exits: vec![event("Closed")], ..settings() };
    let found = find_problems(&graph, &settings, &catalogue(), NOW);
    let unknown = found.iter().filter(|check| check.problem.key == "unknown_event");
    let places: Vec<&str> = unknown.map(|check| check.problem.path.as_str()).collect();
    assert_eq!(places, ["settings.goals[0].event.name", "settings.exits[0].name"]);
}

#[test]
fn names_that_nobody_knows_are_told_once() {
    let step = json!({"condition_split": {"branches": [{"name": "b", "criteria": {"all": [
        {"property": {"property": "age", "is": "exists"}},
        {"property": {"property": "plan", "is": "exists"}},
        {"did": {"event": {"name": "ordered", "filters": [{"property": "colour", "is": "exists"}, {"property": "total", "is": "exists"}]}}},
        {"did": {"event": {"name": "Vanished"}}},
        {"in_segment": "VIP"},
        {"on_list": "Spring"}
    ]}}]}});
    let start = json!({"start_journey": {"journey": "Nowhere"}});
    let graph = graph(
        &json!({"s": step, "t": step, "u": start}),
        &[
            ("entry", "next", "s"),
            ("s", "b", "t"),
            ("s", "others", "t"),
            ("t", "b", "u"),
            ("t", "others", "u"),
        ],
    );
    let keys: Vec<_> = warnings_of(&graph, &settings())
        .into_iter()
        .filter(|(_, key)| key.starts_with("unknown"))
        .collect();
    let of_s = [
        "unknown_property",
        "unknown_property",
        "unknown_event",
        "unknown_segment",
        "unknown_list",
    ];
    let mut expected: Vec<_> = of_s.into_iter().map(|key| pair("s", key)).collect();
    expected.push(pair("u", "unknown_journey"));
    assert_eq!(keys, expected);
}

#[test]
fn channels_that_do_not_send_are_told_once_each() {
    let graph = graph(
        &json!({"a": {"whatsapp": {"template": "hi"}}, "b": {"sms": {"body": "Hi"}}, "c": {"sms": {"body": "Hi"}}}),
        &[("entry", "next", "a"), ("a", "sent", "b"), ("b", "sent", "c")],
    );
    let silent = ProjectCatalog { live_channels: Vec::new(), ..catalogue() };
    let channels = find_problems(&graph, &settings(), &silent, NOW)
        .into_iter()
        .filter(|check| check.problem.key == "channel");
    assert_eq!(
        channels.map(|check| check.node.unwrap_or_default()).collect::<Vec<_>>(),
        ["b", "a"]
    );
}

#[test]
fn a_graph_of_the_largest_size_with_absurd_shapes_is_checked_all_the_same() {
    let mut nodes = vec![Node::new("entry", NodeKind::Entry {})];
    let mut connectors = Vec::new();
    for index in 1..NODES_MAX {
        let step = if index % 2 == 0 {
            NodeKind::Delay(Delay::Until { time: "23:00".to_string(), weekdays: Vec::new() })
        } else {
            NodeKind::AddToList { list: format!("List {index}") }
        };
        nodes.push(Node::new(format!("n{index}"), step));
        let before = if index == 1 { "entry".to_string() } else { format!("n{}", index - 1) };
        connectors.push(Connector {
            from: before,
            outlet: "next".to_string(),
            to: format!("n{index}"),
        });
    }
    nodes[7].position.x = f64::NAN;
    let large = Graph { nodes, connectors };
    let quiet = QuietHours {
        from: "22:00".to_string(),
        to: "08:00".to_string(),
        then: QuietHoursPolicy::Drop,
    };
    let settings = Settings { quiet_hours: Some(quiet), ..settings() };
    assert_eq!(errors_of(&large, &settings), [pair("n7", "range")]);
    let mut larger = large;
    larger.nodes.push(Node::new("more", NodeKind::Goal { name: "Done".to_string() }));
    assert_eq!(errors_of(&larger, &settings), [pair("", "too_many")]);
}
