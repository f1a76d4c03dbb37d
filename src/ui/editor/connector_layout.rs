//! The boxes as they lie, and what is where; and the lines of connectors as they are shown: worked
//! out anew when a box has another place, and drawn ahead of that for the boxes that a hand holds.

use std::collections::{BTreeSet, HashMap, HashSet};

use leptos::prelude::*;

use super::bench::Bench;
use wayfare_domain::graph::{Connector, Graph, Position};
use wayfare_editor_model::{
    geometry::{LayoutDirection, Rect, inlet_point, neighbour, outlet_point},
    routing::{self, ConnectorEnds, ConnectorPath},
};

/// The lines that are there, and what they were worked out from.
#[derive(Default)]
pub struct ConnectorLayout {
    by_way: HashMap<(String, String), ArcRwSignal<ConnectorPath>>,
    direction: LayoutDirection,
    frames: Vec<Rect>,
    wires: Vec<Option<ConnectorEnds>>,
}

impl Bench {
    /// The line of a connector.
    pub fn line(&self, way: &Connector) -> ArcRwSignal<ConnectorPath> {
        let found = self
            .lines
            .with_value(|lines| lines.by_way.get(&(way.from.clone(), way.outlet.clone())).cloned());
        found.unwrap_or_default()
    }

    /// The boxes of the graph, as it was last shown.
    pub fn with_frames<T>(&self, read: impl FnOnce(&Graph, &[Rect]) -> T) -> T {
        self.lines.with_value(|lines| self.graph(|graph| read(graph, &lines.frames)))
    }

    /// Where the connector of an outlet begins.
    pub fn outlet_at(&self, from: &str, outlet: &str) -> Option<Position> {
        let cell = self.cell(from)?;
        let outlets = cell.outlets.read();
        let index = outlets.iter().position(|other| other.name == outlet).unwrap_or(0);
        Some(outlet_point(self.frame(from)?, index, outlets.len(), self.direction.get()))
    }

    /// The node under a point of the canvas.
    pub fn hit(&self, point: Position) -> Option<String> {
        self.with_frames(|graph, frames| {
            let found = frames
                .iter()
                .enumerate()
                .rev()
                .find(|(_, frame)| frame.inflate(12.0).contains(point));
            found.and_then(|(index, _)| graph.nodes.get(index)).map(|node| node.id.clone())
        })
    }

    /// The nodes that a rectangle of the canvas touches, at most so many.
    pub fn hits(&self, area: Rect, most: usize) -> BTreeSet<String> {
        self.with_frames(|graph, frames| {
            let touched = graph.nodes.iter().zip(frames).filter(|(_, frame)| frame.overlaps(&area));
            touched.take(most).map(|(node, _)| node.id.clone()).collect()
        })
    }

    /// The node next to one, as the arrow keys go.
    pub fn next_to(&self, id: &str, dx: f64, dy: f64) -> Option<String> {
        self.with_frames(|graph, frames| {
            let from = graph.nodes.iter().position(|node| node.id == id)?;
            Some(graph.nodes.get(neighbour(frames, from, dx, dy)?)?.id.clone())
        })
    }

    /// Works out the lines, where a box has another place or size, or a connector other ends.
    pub fn draw_lines(&self, graph: &Graph, direction: LayoutDirection) {
        let (frames, wires) = routing::wires(graph, direction);
        let same = |lines: &ConnectorLayout| {
            lines.direction == direction && lines.frames == frames && lines.wires == wires
        };
        if !self.lines.with_value(same) {
            self.lines.update_value(|lines| {
                (lines.direction, lines.frames, lines.wires) = (direction, frames, wires)
            });
        } else if self.lines.with_value(|lines| lines.by_way.len() == graph.connectors.len()) {
            return;
        }
        self.settle_lines(&graph.connectors);
    }

    /// Puts every line where it belongs, whatever a hand has done to it.
    fn settle_lines(&self, ways: &[Connector]) {
        let routes = self
            .lines
            .with_value(|lines| routing::routed(&lines.frames, &lines.wires, lines.direction));
        let mut changes: Vec<(ArcRwSignal<ConnectorPath>, ConnectorPath)> = Vec::new();
        self.lines.update_value(|lines| {
            let mut before = std::mem::take(&mut lines.by_way);
            for (way, route) in ways.iter().zip(routes) {
                let key = (way.from.clone(), way.outlet.clone());
                let line = match before.remove(&key) {
                    Some(line) => {
                        changes.push((line.clone(), route));
                        line
                    }
                    None => ArcRwSignal::new(route),
                };
                lines.by_way.insert(key, line);
            }
        });
        for (line, route) in changes {
            if line.with_untracked(|old| *old != route) {
                line.set(route);
            }
        }
    }

    /// Puts the lines back after a hand let go of boxes that stay where they were.
    pub fn let_lines_go(&self) {
        let ways = self.graph(|graph| graph.connectors.clone());
        self.settle_lines(&ways);
    }

    /// The lines that a hand which holds these nodes takes along.
    pub fn held_lines(&self, nodes: &HashSet<&str>) -> Vec<DraggedConnector> {
        let held =
            |way: &&Connector| nodes.contains(way.from.as_str()) || nodes.contains(way.to.as_str());
        let ways: Vec<Connector> =
            self.graph(|graph| graph.connectors.iter().filter(held).cloned().collect());
        ways.into_iter()
            .map(|way| {
                let line = self.line(&way);
                let whole = nodes.contains(way.from.as_str()) && nodes.contains(way.to.as_str());
                DraggedConnector { start: line.get_untracked(), line, way, whole }
            })
            .collect()
    }

    /// Draws one of them where its ends are now. Other boxes are not minded until the hand lets go.
    pub fn drag_line(&self, held: &DraggedConnector, dx: f64, dy: f64) {
        if held.whole {
            held.line.set(held.start.shifted(dx, dy));
            return;
        }
        let direction = self.direction.get_untracked();
        let ends = untrack(|| {
            let end = inlet_point(self.frame(&held.way.to)?, direction);
            Some((self.outlet_at(&held.way.from, &held.way.outlet)?, end))
        });
        if let Some((start, end)) = ends {
            held.line.set(routing::direct_path(start, end, direction));
        }
    }
}

/// A line that a hand takes along.
#[derive(Clone)]
pub struct DraggedConnector {
    way: Connector,
    line: ArcRwSignal<ConnectorPath>,
    /// How it was when the hand took it.
    start: ConnectorPath,
    /// Both of its ends are held: it moves as it is.
    whole: bool,
}
