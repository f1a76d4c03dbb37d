use serde_json::{Value, json};

use super::*;
use crate::{
    graph::node::Node,
    journeys::settings::{EntryTrigger, EntryType},
    serde_names::names_expected_by,
};

const DOCUMENT: &str = include_str!("../../../../../docs/journey-json.md");

fn keys() -> Vec<&'static str> {
    NodeType::ALL.iter().map(|node_type| node_type.spec().key).collect()
}

fn sorted<T: Ord>(names: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut names: Vec<T> = names.into_iter().collect();
    names.sort();
    names
}

#[test]
fn every_kind_that_is_read_is_a_type() {
    let read = names_expected_by::<NodeKind>(json!({ "?": {} }));
    assert_eq!(sorted(read), sorted(keys()));
}

#[test]
fn the_example_of_a_type_is_a_step_of_this_type() {
    for node_type in NodeType::ALL {
        let example = node_type.example();
        assert_eq!(example.node_type(), *node_type);
        let json = serde_json::to_value(&example).expect("JSON");
        let keys: Vec<&String> = json.as_object().expect("an object").keys().collect();
        assert_eq!(keys, [node_type.spec().key]);
    }
}

#[test]
fn the_fields_of_a_type_are_those_that_are_read() {
    for node_type in NodeType::ALL {
        let spec = node_type.spec();
        let read = names_expected_by::<NodeKind>(json!({ spec.key: { "?": {} } }));
        assert_eq!(read, spec.fields, "{}", spec.key);
    }
}

#[test]
fn what_sends_has_a_channel_and_waits_for_what_happens_to_the_message() {
    for spec in NodeType::ALL.iter().map(|node_type| node_type.spec()) {
        let is_message = spec.group == NodeGroup::Message;
        assert_eq!(spec.channel.is_some(), is_message, "{}", spec.key);
        assert_eq!(spec.waits_for == WaitsFor::MessageEvent, is_message, "{}", spec.key);
    }
}

#[test]
fn every_channel_has_one_type_of_message_with_its_key() {
    let of_channels = |channel: &Channel| {
        let sends = |node_type: &&NodeType| node_type.spec().channel == Some(*channel);
        NodeType::ALL.iter().filter(sends).map(|node_type| node_type.spec().key).collect()
    };
    let found: Vec<Vec<&str>> = Channel::ALL.iter().map(of_channels).collect();
    assert_eq!(found, Channel::ALL.map(|channel| vec![channel.key()]));
}

#[test]
fn only_ends_and_splits_without_fixed_outlets_have_none() {
    for spec in NodeType::ALL.iter().map(|node_type| node_type.spec()) {
        let has_outlets = spec.has_named_outlets || !spec.outlets.is_empty();
        assert_eq!(has_outlets, spec.group != NodeGroup::End, "{}", spec.key);
    }
}

#[test]
fn only_types_with_named_outlets_have_outlets_of_the_author() {
    for node_type in NodeType::ALL {
        let spec = node_type.spec();
        let uses_names = node_type.example().outlets() != spec.outlets;
        assert_eq!(uses_names, spec.has_named_outlets, "{}", spec.key);
    }
}

/// Texts in backticks.
fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The rows of the tables whose first heading is `first`: kinds, keys, outlets.
fn rows(first: &str) -> Vec<Vec<&'static str>> {
    let heading = format!("| {first} |");
    let mut found = Vec::new();
    let mut is_inside = false;
    for line in DOCUMENT.lines() {
        is_inside = line.starts_with(&heading) || (is_inside && line.starts_with('|'));
        if is_inside && line.starts_with("| `") {
            found.push(line.trim_matches('|').split(" | ").map(str::trim).collect());
        }
    }
    found
}

#[test]
fn the_document_has_one_row_for_every_kind() {
    let documented = rows("kind").into_iter().flat_map(|row| code(row[0]));
    assert_eq!(sorted(documented), sorted(keys()));
}

#[test]
fn the_document_has_the_fields_and_outlets_of_every_kind() {
    for row in rows("kind") {
        for key in code(row[0]) {
            let spec = NodeType::ALL.iter().map(|node_type| node_type.spec());
            let spec = spec.into_iter().find(|spec| spec.key == key).expect("a type");
            assert_eq!(code(row[2]), spec.outlets, "outlets of {key}");
            for field in spec.fields {
                let quoted = [format!("`{field}`"), format!("{{\"{field}\":")];
                let is_documented = quoted.iter().any(|quoted| row[1].contains(quoted));
                assert!(is_documented, "{key} has no “{field}” in: {}", row[1]);
            }
        }
    }
}

/// The nodes among the examples of the document.
fn documented_nodes() -> Vec<Node> {
    let blocks = DOCUMENT.split("```json\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap_or_default());
    let values = blocks.flat_map(|block| {
        serde_json::Deserializer::from_str(block).into_iter::<Value>().map_while(Result::ok)
    });
    let nodes = values.filter(|value| value.get("step").is_some());
    nodes.map(|node| serde_json::from_value(node).expect("a node")).collect()
}

#[test]
fn the_document_has_an_example_of_every_kind_that_can_be_read() {
    let nodes = documented_nodes();
    for node_type in NodeType::ALL {
        let is_shown = nodes.iter().any(|node| node.step.node_type() == *node_type);
        assert!(is_shown, "no example of {}", node_type.spec().key);
    }
}

#[test]
fn the_document_has_every_entry_trigger() {
    let documented: Vec<&str> = rows("key").into_iter().flat_map(|row| code(row[0])).collect();
    for entry in EntryType::ALL {
        assert!(documented.contains(&entry.key()), "{}", entry.key());
        assert_eq!(entry.example().entry_type(), entry);
    }
    let read = names_expected_by::<EntryTrigger>(json!({ "?": {} }));
    assert_eq!(read, EntryType::ALL.map(EntryType::key));
}
