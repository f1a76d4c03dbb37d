//! What a simulation or a replay shows on the canvas.

use std::collections::{HashMap, HashSet};

use wayfare_domain::{
    graph::Graph,
    versions::{ReplayResult, SimulationStep},
};

/// The nodes and connectors that a run passed through.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunOverlay {
    pub nodes: HashSet<String>,
    /// By node and outlet.
    pub connectors: HashSet<(String, String)>,
    /// How many people a replay would have brought to a node.
    pub entered: HashMap<String, i64>,
}

impl RunOverlay {
    /// The nodes that one profile came to, and the connectors between them.
    pub fn of_simulation(steps: &[SimulationStep]) -> Self {
        let nodes = steps.iter().map(|step| step.node.clone()).collect();
        let connectors = steps
            .iter()
            .filter_map(|step| {
                Some((step.node.clone(), step.what.strip_prefix("left:")?.to_string()))
            })
            .collect();
        Self { nodes, connectors, entered: HashMap::new() }
    }

    /// The nodes and connectors that anyone would have passed.
    pub fn of_replay(result: &ReplayResult, graph: &Graph) -> Self {
        let entered: HashMap<String, i64> =
            result.nodes.iter().map(|stats| (stats.node.clone(), stats.came)).collect();
        let nodes =
            entered.iter().filter(|(_, count)| **count > 0).map(|(id, _)| id.clone()).collect();
        let is_passed = |from: &str, outlet: &str| {
            let stats = result.nodes.iter().find(|stats| stats.node == from);
            stats.is_some_and(|stats| {
                stats.left.iter().any(|(name, count)| name == outlet && *count > 0)
            })
        };
        let connectors = graph
            .connectors
            .iter()
            .filter(|connector| is_passed(&connector.from, &connector.outlet))
            .map(|connector| (connector.from.clone(), connector.outlet.clone()))
            .collect();
        Self { nodes, connectors, entered }
    }
}
