//! The graph of a version: nodes, and connectors from their named outlets to other nodes.
//!
//! The JSON form is documented in `docs/journey-json.md` and versioned by
//! [`crate::journeys::document`]. Reading is strict: an unknown field or kind of node is refused with
//! its path. [`Graph::structural_errors`] are what makes a graph impossible (such a graph is never stored),
//! [`Graph::publish_errors`] what prevents publishing.

pub mod criteria;
pub(crate) mod cycles;
pub mod examples;
pub mod expansion;
mod list_entries;
pub mod node;
pub mod secrets;
mod validate;

use serde::{Deserialize, Serialize};

pub use node::{Node, NodeKind, NodeType};

/// Most nodes in one graph.
pub const NODES_MAX: usize = 5_000;
/// Most entries of all lists of one graph together: nodes, connectors, and what steps have of
/// branches, shares, conditions, headers and the like. Whoever looks at a journey gets a page with
/// all of them.
pub const ENTRIES_MAX: usize = 50_000;
/// Farthest a node may lie from the origin, in canvas units.
pub const POSITION_MAX: f64 = 1_000_000.0;

/// Where a node lies on the canvas; y grows downwards.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub x: f64,
    pub y: f64,
}

/// The drawn line from an outlet of a node to another node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connector {
    pub from: String,
    /// `next`, `yes`, `sent`…: one of [`Node::outlets`].
    pub outlet: String,
    pub to: String,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graph {
    pub nodes: Vec<Node>,
    #[serde(default)]
    pub connectors: Vec<Connector>,
}

impl Graph {
    /// A graph with only the entry node, for a new journey.
    pub fn empty() -> Self {
        Self { nodes: vec![Node::new("entry", NodeKind::Entry {})], connectors: Vec::new() }
    }

    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// The node to which the outlet's connector leads, if there is one.
    pub fn target_of(&self, from: &str, outlet: &str) -> Option<&Node> {
        let connector = self
            .connectors
            .iter()
            .find(|connector| connector.from == from && connector.outlet == outlet)?;
        self.node(&connector.to)
    }

    /// How many nodes send a message.
    pub fn messages(&self) -> usize {
        self.nodes.iter().filter(|node| node.step.is_message()).count()
    }
}
