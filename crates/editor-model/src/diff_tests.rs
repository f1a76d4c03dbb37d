use serde_json::json;

use super::*;
use crate::state::{EditCommand, EditorState};
use wayfare_domain::{
    graph::{Position, examples::graph_with_every_type},
    versions::EditMode,
};

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

/// Other values of this one that a field might take.
fn other_values(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => vec![json!(format!("{text}x")), json!("POST")],
        Value::Number(_) => vec![json!(7)],
        Value::Bool(is_set) => vec![json!(!is_set)],
        Value::Array(items) => {
            vec![Value::Array(items.iter().chain(items).cloned().collect()), json!([])]
        }
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, inner)| {
                other_values(inner).into_iter().map(|inner| {
                    let mut changed = fields.clone();
                    changed.insert(name.clone(), inner);
                    Value::Object(changed)
                })
            })
            .collect(),
        Value::Null => Vec::new(),
    }
}

/// Every field of the node's step, each with a node in which it alone is another.
fn with_another_field(node: &Node) -> Vec<(String, Node)> {
    let (kind, fields) = kind_and_fields(&node.step);
    let mut changed = Vec::new();
    for (field, value) in &fields {
        let another = other_values(value).into_iter().find_map(|value| {
            let mut fields = fields.clone();
            fields.insert(field.clone(), value);
            let step = serde_json::from_value::<NodeKind>(json!({ &kind: fields })).ok()?;
            (step != node.step).then_some(step)
        });
        let step = another.unwrap_or_else(|| panic!("another value of {kind}.{field}"));
        changed.push((format!("{kind}.{field}"), Node { step, ..node.clone() }));
    }
    changed
}

#[test]
fn the_canvas_and_the_server_let_the_same_fields_of_a_published_version_change() {
    let graph = graph_with_every_type();
    let canvas = EditorState::new(graph.clone(), settings());
    let mut content = Vec::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        let sending = SendOptions { too_late_minutes: Some(5), ..SendOptions::default() };
        let mut changes = with_another_field(node);
        changes.push(("name".into(), Node { name: Some("Other".into()), ..node.clone() }));
        changes.push(("sending".into(), Node { sending, ..node.clone() }));
        for (field, changed) in changes {
            let mut after = graph.clone();
            after.nodes[index] = changed.clone();
            let refused = diff((&graph, &settings()), (&after, &settings())).structural_changes();
            let edit = EditCommand::Change { node: Box::new(changed), field: field.clone() };
            let may_be_drawn = canvas.apply(&edit, EditMode::Content).is_ok();
            assert_eq!(may_be_drawn, refused.is_empty(), "{field}: {refused:?}");
            if may_be_drawn && field.contains('.') {
                content.push(field);
            }
        }
    }
    assert_eq!(
        content,
        [
            "email.body",
            "email.subject",
            "sms.body",
            "push.body",
            "push.link",
            "push.title",
            "whatsapp.template",
            "web_push.body",
            "web_push.title",
            "in_app.body",
            "in_app.title",
            "webhook.body",
            "webhook.headers",
            "webhook.url",
        ]
    );
}
