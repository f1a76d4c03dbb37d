use serde_json::json;

use super::*;
use wayfare_domain::graph::Position;

fn graph() -> Graph {
    serde_json::from_value(json!({
        "nodes": [
            {"id": "entry", "step": {"entry": {}}},
            {"id": "wait", "step": {"delay": {"for": {"minutes": 60}}}},
            {"id": "mail", "name": "Reminder", "step": {"email": {"subject": "Hello", "body": "…"}}},
            {"id": "hook", "step": {"webhook": {"url": "https://example.com", "body": "{}"}}}
        ],
        "connectors": [
            {"from": "entry", "outlet": "next", "to": "wait"},
            {"from": "wait", "outlet": "next", "to": "mail"},
            {"from": "mail", "outlet": "sent", "to": "hook"}
        ]
    }))
    .expect("a graph")
}

fn settings() -> Settings {
    Settings::new(EntryTrigger::Event { name: "Signed Up".to_string(), filters: Vec::new() })
}

/// What is refused of a change to the graph in place.
fn refused(change: impl FnOnce(&mut Graph)) -> Vec<String> {
    let mut after = graph();
    change(&mut after);
    let found = diff((&graph(), &settings()), (&after, &settings()));
    found.structural_changes().into_iter().map(|problem| problem.path).collect()
}

#[test]
fn nothing_is_different_from_itself_in_whatever_order() {
    let mut turned = graph();
    turned.nodes.reverse();
    turned.connectors.reverse();
    assert!(diff((&graph(), &settings()), (&turned, &settings())).is_empty());
}

#[test]
fn texts_names_places_and_sending_may_be_changed_in_place() {
    let texts = refused(|graph| {
        graph.nodes[2].step =
            NodeKind::Email { subject: "Still there?".to_string(), body: "Other".to_string() };
        graph.nodes[2].name = None;
        graph.nodes[2].sending.too_late_minutes = Some(60);
        graph.nodes[1].position = Position { x: 40.0, y: 80.0 };
    });
    assert_eq!(texts, Vec::<String>::new());
}

#[test]
fn everything_else_needs_a_new_version_and_is_named() {
    assert_eq!(
        refused(|graph| {
            graph.nodes[1].step =
                serde_json::from_value(json!({"delay": {"for": {"minutes": 30}}})).expect("a step");
            graph.nodes[2].step = NodeKind::Sms { body: "Hello".to_string() };
            graph.nodes.push(Node::new("new", NodeKind::Goal { name: "Done".to_string() }));
            graph.nodes.remove(3);
            graph.connectors.pop();
        }),
        [
            "graph.nodes.wait.delay",
            "graph.nodes.mail.kind",
            "graph.nodes.new",
            "graph.nodes.hook",
            "graph.connectors"
        ]
    );
    let method = refused(|graph| {
        let step =
            json!({"webhook": {"url": "https://example.com", "body": "{}", "method": "PUT"}});
        graph.nodes[3].step = serde_json::from_value(step).expect("a step");
    });
    assert_eq!(method, ["graph.nodes.hook.method"]);
}

#[test]
fn settings_are_compared_field_by_field_in_words() {
    let after = Settings {
        entry: EntryTrigger::Event { name: "Ordered".to_string(), filters: Vec::new() },
        reentry: ReentryRule::AfterHours(24),
        timeout_hours: Some(48),
        ..settings()
    };
    let found = diff((&graph(), &settings()), (&graph(), &after));
    let lines: Vec<(&str, &str, &str)> = found
        .settings
        .iter()
        .map(|field| (field.field.as_str(), field.before.as_str(), field.after.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            ("entry", "When “Signed Up” happens", "When “Ordered” happens"),
            ("reentry", "once only", "1 day after exit"),
            ("timeout_hours", "", "48")
        ]
    );
    assert_eq!(found.structural_changes().len(), 3);
}

#[test]
fn connectors_are_told_with_the_names_of_their_ends() {
    let mut after = graph();
    after.connectors[2].to = "wait".to_string();
    let found = diff((&graph(), &settings()), (&after, &settings()));
    let sentences: Vec<&str> =
        found.connectors.iter().map(|change| change.sentence.as_str()).collect();
    assert_eq!(
        sentences,
        [
            "“Reminder” no longer leads to “Webhook” on the path “Sent”.",
            "“Reminder” now leads to “Delay” on the path “Sent”."
        ]
    );
}
