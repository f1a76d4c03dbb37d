//! Nodes in the hand: lifted, moved with it, and laid down or put back.

use std::collections::HashSet;

use leptos::prelude::*;

use super::{bench::Cell, connector_layout::DraggedConnector, pointer::PointerTool};
use wayfare_domain::graph::Position;
use wayfare_editor_model::{geometry::snap, state::EditCommand};

/// The nodes in the hand, where they lay, and their lines.
#[derive(Clone, Default)]
pub(super) struct DraggedNodes {
    nodes: Vec<(String, Cell, Position)>,
    lines: Vec<DraggedConnector>,
}

impl PointerTool {
    /// The chosen nodes are lifted.
    pub(super) fn carry(&self) {
        let chosen = self.bench.chosen.get_untracked();
        let ids: HashSet<&str> = chosen.iter().map(String::as_str).collect();
        let nodes = self.bench.graph(|graph| {
            let held = graph.nodes.iter().filter(|node| ids.contains(node.id.as_str()));
            held.filter_map(|node| {
                Some((node.id.clone(), self.bench.cell(&node.id)?, node.position))
            })
            .collect()
        });
        self.carried.set_value(DraggedNodes { nodes, lines: self.bench.held_lines(&ids) });
    }

    /// Moves what is carried: whole steps of the grid, and nothing where it stays on the same one.
    pub(super) fn carry_on(&self, dx: f64, dy: f64) {
        let by = snap(Position { x: dx, y: dy });
        self.carried.with_value(|carried| {
            let to = |start: &Position| snap(Position { x: start.x + by.x, y: start.y + by.y });
            let stands = carried
                .nodes
                .first()
                .is_none_or(|(_, cell, start)| cell.at.get_untracked() == to(start));
            if stands {
                return;
            }
            for (_, cell, start) in &carried.nodes {
                cell.at.set(to(start));
            }
            for line in &carried.lines {
                self.bench.drag_line(line, by.x, by.y);
            }
        });
    }

    /// They lie where they are now: one step of undo.
    pub(super) fn drop_nodes(&self) {
        let carried = self.carried.get_value();
        self.carried.set_value(DraggedNodes::default());
        if carried.nodes.is_empty() {
            return;
        }
        let to: Vec<(String, Position)> =
            carried.nodes.into_iter().map(|(id, cell, _)| (id, cell.at.get_untracked())).collect();
        self.bench.pause();
        let count = to.len();
        let moved = self.bench.apply(&EditCommand::Move { to }, |_| {
            if count == 1 { "1 step moved.".to_string() } else { format!("{count} steps moved.") }
        });
        if !moved {
            self.bench.let_lines_go();
        }
        self.bench.pause();
    }

    /// What is carried lies where it lay.
    pub(super) fn put_back(&self) {
        let carried = self.carried.get_value();
        self.carried.set_value(DraggedNodes::default());
        for (_, cell, start) in &carried.nodes {
            cell.at.set(*start);
        }
        if !carried.lines.is_empty() {
            self.bench.let_lines_go();
        }
        self.wiring.set(None);
        self.band.set(None);
    }
}
