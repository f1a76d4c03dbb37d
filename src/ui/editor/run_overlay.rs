//! What a simulation or a replay shows on the canvas.

use std::collections::{HashMap, HashSet};

use wayfare_domain::{
    graph::Graph,
    versions::{ReplayResult, SimulationStep},
};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunOverlay {
    pub nodes: HashSet<String>,
    pub wires: HashSet<(String, String)>,
    /// People who would have come to a node.
    pub came: HashMap<String, i64>,
}

impl RunOverlay {
    /// The way of one person: the nodes that they came to, and the connectors between them.
    pub fn of_person(steps: &[SimulationStep]) -> Self {
        let nodes = steps.iter().map(|step| step.node.clone()).collect();
        let wires = steps
            .iter()
            .filter_map(|step| {
                Some((step.node.clone(), step.what.strip_prefix("left:")?.to_string()))
            })
            .collect();
        Self { nodes, wires, came: HashMap::new() }
    }

    pub fn of_replay(figures: &ReplayResult, graph: &Graph) -> Self {
        let came: HashMap<String, i64> =
            figures.nodes.iter().map(|node| (node.node.clone(), node.came)).collect();
        let nodes = came.iter().filter(|(_, came)| **came > 0).map(|(id, _)| id.clone()).collect();
        let passed = |from: &str, outlet: &str| {
            let node = figures.nodes.iter().find(|node| node.node == from);
            node.is_some_and(|node| {
                node.left.iter().any(|(name, count)| name == outlet && *count > 0)
            })
        };
        let wires = graph
            .connectors
            .iter()
            .filter(|way| passed(&way.from, &way.outlet))
            .map(|way| (way.from.clone(), way.outlet.clone()))
            .collect();
        Self { nodes, wires, came }
    }
}
