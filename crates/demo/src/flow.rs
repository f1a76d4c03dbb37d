//! Draws a graph step by step, top to bottom, so that its code reads like the journey that it is.

use wayfare_domain::graph::{Connector, Graph, Node, NodeKind, Position};

const COLUMN: f64 = 280.0;
const ROW: f64 = 128.0;

/// A graph in the making, and the outlet from which it goes on.
pub struct GraphBuilder {
    graph: Graph,
    at: Option<(String, String)>,
    column: f64,
    row: f64,
}

impl GraphBuilder {
    pub fn new() -> Self {
        Self {
            graph: Graph::empty(),
            at: Some(("entry".to_string(), "next".to_string())),
            column: 0.0,
            row: 0.0,
        }
    }

    /// The next step below; the flow goes on from its first outlet.
    pub fn step(mut self, id: &str, step: NodeKind) -> Self {
        self.row += 1.0;
        let first = step.outlets().into_iter().next();
        if let Some((from, outlet)) = self.at.take() {
            self.graph.connectors.push(Connector { from, outlet, to: id.to_string() });
        }
        let position = Position { x: self.column * COLUMN, y: self.row * ROW };
        self.graph.nodes.push(Node { position, ..Node::new(id, step) });
        self.at = first.map(|outlet| (id.to_string(), outlet));
        self
    }

    /// Goes on from another outlet of an earlier node, in a column to the left (negative) or right.
    pub fn from(mut self, id: &str, outlet: &str, column: f64) -> Self {
        self.row = self.graph.node(id).map_or(self.row, |node| node.position.y / ROW);
        self.column = column;
        self.at = Some((id.to_string(), outlet.to_string()));
        self
    }

    /// Leads the open outlet to a node that is there already.
    pub fn join(mut self, id: &str) -> Self {
        if let Some((from, outlet)) = self.at.take() {
            self.graph.connectors.push(Connector { from, outlet, to: id.to_string() });
        }
        self
    }

    pub fn done(self) -> Graph {
        self.graph
    }
}
