use super::*;
use crate::journeys::settings::Settings;

#[test]
fn the_graph_with_every_type_can_be_published() {
    let graph = graph_with_every_type();
    assert_eq!(graph.structural_errors(), []);
    assert_eq!(graph.publish_errors(), []);
    for node_type in NodeType::ALL {
        let node = graph.node(node_type.spec().key).expect("a node of every type");
        assert_eq!(node.step.node_type(), *node_type);
    }
}

#[test]
fn the_examples_of_entries_have_no_problems() {
    for entry in EntryType::ALL {
        assert_eq!(Settings::new(entry.example()).problems(), [], "{}", entry.key());
    }
}
