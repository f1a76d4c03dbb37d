//! Graphs for the tests of align and of the ways of connectors.

use proptest::prelude::*;

use super::geometry::LayoutDirection;
use wayfare_domain::graph::{
    Connector, Graph, Node, NodeKind,
    criteria::Criteria,
    node::{Branch, Delay},
};

pub fn split(branches: usize) -> NodeKind {
    let branch =
        |number| Branch { name: format!("branch {number}"), criteria: Criteria::everyone() };
    NodeKind::ConditionSplit { branches: (0..branches).map(branch).collect() }
}

/// Any graph that can be stored: circles, steps no one reaches, several ways to one step.
pub fn graphs(most: usize) -> impl Strategy<Value = Graph> {
    prop::collection::vec(
        (0_usize..6, prop::collection::vec(any::<prop::sample::Index>(), 0..6)),
        1..most,
    )
    .prop_map(|steps| {
        let mut graph = Graph::empty();
        for (number, (kind, _)) in steps.iter().enumerate() {
            let step =
                if *kind == 0 { NodeKind::Delay(Delay::For { minutes: 5 }) } else { split(*kind) };
            graph.nodes.push(Node::new(format!("s{number}"), step));
        }
        let count = steps.len();
        graph.connectors.push(Connector {
            from: "entry".into(),
            outlet: "next".into(),
            to: "s0".into(),
        });
        for (number, (_, targets)) in steps.iter().enumerate() {
            let from = format!("s{number}");
            let outlets = graph.node(&from).map(Node::outlets).unwrap_or_default();
            for (outlet, target) in outlets.into_iter().zip(targets) {
                graph.connectors.push(Connector {
                    from: from.clone(),
                    outlet,
                    to: format!("s{}", target.index(count)),
                });
            }
        }
        graph
    })
}

pub fn directions() -> impl Strategy<Value = LayoutDirection> {
    prop_oneof![Just(LayoutDirection::Down), Just(LayoutDirection::Right)]
}
