//! Dragging nodes: they follow the pointer, and are moved or put back when it is released.

use std::collections::HashSet;

use leptos::prelude::*;

use super::{
    context::{DraggedConnector, NodeView},
    pointer::PointerTool,
};
use wayfare_domain::graph::Position;
use wayfare_editor_model::{geometry::snap, state::EditCommand};

/// The nodes that are dragged, with their positions before, and their connectors.
#[derive(Clone, Default)]
pub(super) struct DraggedNodes {
    nodes: Vec<(String, NodeView, Position)>,
    connectors: Vec<DraggedConnector>,
}

impl PointerTool {
    /// Drags the selected nodes.
    pub(super) fn start_node_drag(&self) {
        let selected = self.selection.nodes.get_untracked();
        let ids: HashSet<&str> = selected.iter().map(String::as_str).collect();
        let nodes = self.graph.with_graph(|graph| {
            let dragged = graph.nodes.iter().filter(|node| ids.contains(node.id.as_str()));
            dragged
                .filter_map(|node| {
                    Some((node.id.clone(), self.graph.node_view(&node.id)?, node.position))
                })
                .collect()
        });
        let connectors = self.canvas.connectors_of(&ids);
        self.dragged_nodes.set_value(DraggedNodes { nodes, connectors });
    }

    /// Shows the dragged nodes further on: by whole steps of the grid, and only where that makes a
    /// difference.
    pub(super) fn drag_nodes_by(&self, dx: f64, dy: f64) {
        let by = snap(Position { x: dx, y: dy });
        self.dragged_nodes.with_value(|dragged| {
            let to = |start: &Position| snap(Position { x: start.x + by.x, y: start.y + by.y });
            let is_there = dragged
                .nodes
                .first()
                .is_none_or(|(_, view, start)| view.position.get_untracked() == to(start));
            if is_there {
                return;
            }
            for (_, view, start) in &dragged.nodes {
                view.position.set(to(start));
            }
            for connector in &dragged.connectors {
                self.canvas.drag_connector(connector, by.x, by.y);
            }
        });
    }

    /// Moves the nodes to where they are shown, as one step of undo.
    pub(super) fn finish_node_drag(&self) {
        let dragged = self.dragged_nodes.get_value();
        self.dragged_nodes.set_value(DraggedNodes::default());
        if dragged.nodes.is_empty() {
            return;
        }
        let to: Vec<(String, Position)> = dragged
            .nodes
            .into_iter()
            .map(|(id, view, _)| (id, view.position.get_untracked()))
            .collect();
        let sentence = match to.len() {
            1 => "1 step moved.".to_string(),
            count => format!("{count} steps moved."),
        };
        self.graph.break_group();
        if self.graph.apply(&EditCommand::Move { to }) {
            self.announcer.say(sentence);
        } else {
            self.canvas.restore_connectors();
        }
        self.graph.break_group();
    }

    /// Puts everything back as it was before the gesture.
    pub(super) fn cancel_drag(&self) {
        let dragged = self.dragged_nodes.get_value();
        self.dragged_nodes.set_value(DraggedNodes::default());
        for (_, view, start) in &dragged.nodes {
            view.position.set(*start);
        }
        if !dragged.connectors.is_empty() {
            self.canvas.restore_connectors();
        }
        self.new_connector.set(None);
        self.selection_rect.set(None);
    }
}
