//! The boxes and the paths of connectors around them: routed again when a box has another position
//! or size, and drawn straight while the boxes at their ends are dragged.

use std::collections::{BTreeSet, HashMap, HashSet};

use leptos::prelude::*;

use super::CanvasView;
use wayfare_domain::graph::{Connector, Graph, Position};
use wayfare_editor_model::{
    geometry::{LayoutDirection, Rect, inlet_point, neighbour, outlet_point},
    routing::{self, ConnectorEnds, ConnectorPath},
};

/// A point this near to a box counts as on it.
const HIT_MARGIN: f64 = 12.0;

/// The paths that are shown, and what they were routed from.
#[derive(Default)]
pub(super) struct ConnectorLayout {
    paths: HashMap<(String, String), ArcRwSignal<ConnectorPath>>,
    direction: LayoutDirection,
    rects: Vec<Rect>,
    ends: Vec<Option<ConnectorEnds>>,
}

/// A connector that follows dragged nodes.
#[derive(Clone)]
pub struct DraggedConnector {
    connector: Connector,
    path: ArcRwSignal<ConnectorPath>,
    /// Its path before the drag.
    start: ConnectorPath,
    /// Whether both of its nodes are dragged: it moves without changing its shape.
    is_whole: bool,
}

impl CanvasView {
    /// The path of a connector.
    pub fn connector_path(&self, connector: &Connector) -> ArcRwSignal<ConnectorPath> {
        let key = (connector.from.clone(), connector.outlet.clone());
        self.layout.with_value(|layout| layout.paths.get(&key).cloned()).unwrap_or_default()
    }

    /// The graph with the boxes of its nodes.
    pub fn with_rects<T>(&self, read: impl FnOnce(&Graph, &[Rect]) -> T) -> T {
        self.layout.with_value(|layout| self.graph.with_graph(|graph| read(graph, &layout.rects)))
    }

    /// Where the connector of an outlet begins.
    pub fn outlet_position(&self, from: &str, outlet: &str) -> Option<Position> {
        let view = self.graph.node_view(from)?;
        let outlets = view.outlets.read();
        let index = outlets.iter().position(|other| other.name == outlet).unwrap_or(0);
        let rect = self.graph.node_rect(from)?;
        Some(outlet_point(rect, index, outlets.len(), self.graph.direction.get()))
    }

    /// The node under a point of the canvas.
    pub fn node_at(&self, point: Position) -> Option<String> {
        self.with_rects(|graph, rects| {
            let index = rects.iter().rposition(|rect| rect.inflate(HIT_MARGIN).contains(point))?;
            graph.nodes.get(index).map(|node| node.id.clone())
        })
    }

    /// The nodes that a rectangle of the canvas touches, up to a maximum.
    pub fn nodes_in(&self, area: Rect, max: usize) -> BTreeSet<String> {
        self.with_rects(|graph, rects| {
            let touched = graph.nodes.iter().zip(rects).filter(|(_, rect)| rect.overlaps(&area));
            touched.take(max).map(|(node, _)| node.id.clone()).collect()
        })
    }

    /// The node that an arrow key leads to.
    pub fn neighbour_of(&self, id: &str, dx: f64, dy: f64) -> Option<String> {
        self.with_rects(|graph, rects| {
            let from = graph.nodes.iter().position(|node| node.id == id)?;
            Some(graph.nodes.get(neighbour(rects, from, dx, dy)?)?.id.clone())
        })
    }

    /// Routes the connectors where a box has another position or size, or a connector other ends.
    pub(super) fn update_layout(&self) {
        let (connectors, direction, rects, ends) = self.graph.with_state(|state| {
            let (rects, ends) = routing::connector_ends(&state.graph, state.direction);
            (state.graph.connectors.clone(), state.direction, rects, ends)
        });
        let is_same = |layout: &ConnectorLayout| {
            layout.direction == direction && layout.rects == rects && layout.ends == ends
        };
        if !self.layout.with_value(is_same) {
            self.layout.update_value(|layout| {
                (layout.direction, layout.rects, layout.ends) = (direction, rects, ends)
            });
        } else if self.layout.with_value(|layout| layout.paths.len() == connectors.len()) {
            return;
        }
        self.route(&connectors);
    }

    /// Puts every connector onto its routed path, whatever a drag has done to it.
    fn route(&self, connectors: &[Connector]) {
        let routed = self
            .layout
            .with_value(|layout| routing::route(&layout.rects, &layout.ends, layout.direction));
        let mut changes: Vec<(ArcRwSignal<ConnectorPath>, ConnectorPath)> = Vec::new();
        self.layout.update_value(|layout| {
            let mut before = std::mem::take(&mut layout.paths);
            for (connector, route) in connectors.iter().zip(routed) {
                let key = (connector.from.clone(), connector.outlet.clone());
                let path = match before.remove(&key) {
                    Some(path) => {
                        changes.push((path.clone(), route));
                        path
                    }
                    None => ArcRwSignal::new(route),
                };
                layout.paths.insert(key, path);
            }
        });
        for (path, route) in changes {
            if path.with_untracked(|old| *old != route) {
                path.set(route);
            }
        }
    }

    /// Puts the connectors back after a drag that moved nothing.
    pub fn restore_connectors(&self) {
        let connectors = self.graph.with_graph(|graph| graph.connectors.clone());
        self.route(&connectors);
    }

    /// The connectors that follow these nodes when they are dragged.
    pub fn connectors_of(&self, nodes: &HashSet<&str>) -> Vec<DraggedConnector> {
        let is_at = |id: &String| nodes.contains(id.as_str());
        let connectors: Vec<Connector> = self.graph.with_graph(|graph| {
            let connectors = graph.connectors.iter();
            connectors.filter(|line| is_at(&line.from) || is_at(&line.to)).cloned().collect()
        });
        connectors
            .into_iter()
            .map(|connector| {
                let path = self.connector_path(&connector);
                let is_whole = is_at(&connector.from) && is_at(&connector.to);
                DraggedConnector { start: path.get_untracked(), path, connector, is_whole }
            })
            .collect()
    }

    /// Draws a dragged connector between its ends as they are now, past other boxes.
    pub fn drag_connector(&self, dragged: &DraggedConnector, dx: f64, dy: f64) {
        if dragged.is_whole {
            dragged.path.set(dragged.start.shifted(dx, dy));
            return;
        }
        let Connector { from, outlet, to } = &dragged.connector;
        let direction = self.graph.direction.get_untracked();
        let ends = untrack(|| {
            let end = inlet_point(self.graph.node_rect(to)?, direction);
            Some((self.outlet_position(from, outlet)?, end))
        });
        if let Some((start, end)) = ends {
            dragged.path.set(routing::direct_path(start, end, direction));
        }
    }
}
