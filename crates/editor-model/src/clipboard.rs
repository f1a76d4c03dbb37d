//! Steps on the clipboard: a text, so that they can be pasted into another journey, another tab or
//! a message to a colleague.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use wayfare_domain::graph::{Connector, Graph, NODES_MAX, Node, NodeKind};

/// What was copied: nodes without the entry, and the connectors between them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipboardGraph {
    /// Says what the text is.
    pub wayfare: ClipboardContent,
    pub nodes: Vec<Node>,
    #[serde(default)]
    pub connectors: Vec<Connector>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClipboardContent {
    Steps,
}

/// Longest text that is looked at.
const TEXT_MAX: usize = 4_000_000;

impl ClipboardGraph {
    /// The selected steps of a graph.
    pub fn copy_from(graph: &Graph, is_selected: impl Fn(&str) -> bool) -> Self {
        let nodes: Vec<Node> = graph
            .nodes
            .iter()
            .filter(|node| is_selected(&node.id) && node.step != NodeKind::Entry {})
            .cloned()
            .collect();
        let ids: HashSet<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
        let inside = |connector: &&Connector| {
            ids.contains(connector.from.as_str()) && ids.contains(connector.to.as_str())
        };
        let connectors = graph.connectors.iter().filter(inside).cloned().collect();
        Self { wayfare: ClipboardContent::Steps, nodes, connectors }
    }

    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Reads what was pasted; `None` for any text that is not ours.
    ///
    /// # Errors
    /// With a sentence, where it is ours and makes no sense.
    pub fn from_text(text: &str) -> Option<Result<Self, String>> {
        if text.len() > TEXT_MAX || !text.contains("\"wayfare\"") {
            return None;
        }
        let read = match serde_json::from_str::<ClipboardGraph>(text) {
            Ok(read) => read,
            Err(_) => {
                return Some(Err(
                    "The clipboard holds no steps. Copy steps of a journey and try again."
                        .to_string(),
                ));
            }
        };
        Some(read.sound())
    }

    /// As a graph it must be one that could be stored.
    fn sound(self) -> Result<Self, String> {
        if self.nodes.is_empty() || self.nodes.len() >= NODES_MAX {
            return Err(format!(
                "Between 1 and {NODES_MAX} steps can be pasted; there are {}.",
                self.nodes.len()
            ));
        }
        let taken: HashSet<&str> = self.nodes.iter().map(|node| node.id.as_str()).collect();
        let entry = (0..)
            .map(|n| format!("entry{n}"))
            .find(|id| !taken.contains(id.as_str()))
            .unwrap_or_default();
        let mut nodes = self.nodes.clone();
        nodes.push(Node::new(entry, NodeKind::Entry {}));
        let graph = Graph { nodes, connectors: self.connectors.clone() };
        match graph.structural_errors().into_iter().next() {
            Some(defect) => Err(format!("The clipboard cannot be pasted. {}", defect.sentence)),
            None => Ok(self),
        }
    }
}
