use proptest::prelude::*;

use super::*;
use crate::test_graphs::{directions, graphs, split};
use wayfare_domain::graph::{Connector, Node, node::Delay};

/// A tree: every step is reached by one way.
fn trees() -> impl Strategy<Value = Graph> {
    prop::collection::vec(any::<prop::sample::Index>(), 1..30).prop_map(|parents| {
        let mut graph = Graph::empty();
        let count = parents.len();
        for number in 0..count {
            graph.nodes.push(Node::new(format!("s{number}"), split(count)));
        }
        graph.connectors.push(Connector {
            from: "entry".into(),
            outlet: "next".into(),
            to: "s0".into(),
        });
        for (number, parent) in parents.iter().enumerate().skip(1) {
            let from = format!("s{}", parent.index(number));
            // Later steps leave by earlier outlets, so that the order of the nodes is not the order
            // of the outlets.
            let outlet = format!("branch {}", count - number);
            graph.connectors.push(Connector { from, outlet, to: format!("s{number}") });
        }
        graph
    })
}

fn no_overlaps(graph: &Graph, direction: LayoutDirection) -> Result<(), TestCaseError> {
    let frames = node_rects(graph, direction);
    for (index, a) in frames.iter().enumerate() {
        for (other, b) in frames.iter().enumerate().skip(index + 1) {
            prop_assert!(
                !a.overlaps(b),
                "{} and {} overlap: {a:?} {b:?}",
                graph.nodes[index].id,
                graph.nodes[other].id
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn nothing_overlaps_and_aligning_twice_changes_nothing(mut graph in graphs(40), direction in directions()) {
        prop_assert_eq!(graph.structural_errors(), []);
        align(&mut graph, direction);
        no_overlaps(&graph, direction)?;
        let once = graph.clone();
        align(&mut graph, direction);
        prop_assert_eq!(graph, once);
    }

    #[test]
    fn where_nodes_lay_before_does_not_matter(graph in graphs(20), direction in directions(), x in -1e6..1e6_f64) {
        let (mut here, mut there) = (graph.clone(), graph);
        there.nodes.iter_mut().for_each(|node| node.position.x = x);
        align(&mut here, direction);
        align(&mut there, direction);
        prop_assert_eq!(here, there);
    }

    #[test]
    fn in_a_tree_every_way_leads_onwards_and_outlets_keep_their_order(mut graph in trees(), direction in directions()) {
        align(&mut graph, direction);
        let at = |id: &str| graph.node(id).map(|node| node.position).unwrap_or_default();
        for connector in &graph.connectors {
            let (from, to) = (at(&connector.from), at(&connector.to));
            let onwards = if direction == LayoutDirection::Down { to.y > from.y } else { to.x > from.x };
            prop_assert!(onwards);
        }
        for node in &graph.nodes {
            let targets: Vec<Position> =
                node.outlets().iter().filter_map(|outlet| graph.target_of(&node.id, outlet)).map(|node| node.position).collect();
            let across = |place: &Position| if direction == LayoutDirection::Down { place.x } else { place.y };
            prop_assert!(targets.iter().map(across).is_sorted(), "{}: {targets:?}", node.id);
        }
    }
}

#[test]
fn a_graph_with_as_many_nodes_as_there_may_be_is_aligned_too() {
    let mut graph = Graph::empty();
    let mut before = ("entry".to_string(), "next".to_string());
    for number in 0..4_999 {
        let id = format!("s{number}");
        graph.nodes.push(Node::new(id.clone(), NodeKind::Delay(Delay::For { minutes: 5 })));
        graph.connectors.push(Connector { from: before.0, outlet: before.1, to: id.clone() });
        before = (id, "next".to_string());
    }
    align(&mut graph, LayoutDirection::Down);
    assert!(!overlapping(
        &graph,
        &graph.nodes.iter().map(|node| node.position).collect::<Vec<_>>(),
        LayoutDirection::Down
    ));
    assert!(
        graph.nodes.iter().all(|node| node.position.y.abs() <= wayfare_domain::graph::POSITION_MAX)
    );
}
