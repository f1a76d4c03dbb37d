//! Which part of the graph the canvas shows, and how its connectors run.

use leptos::{prelude::*, reactive::effect::ImmediateEffect};

use super::{GraphState, connector_layout::ConnectorLayout};
use wayfare_domain::graph::NodeKind;
use wayfare_editor_model::geometry::{Rect, Viewport};

/// The viewport of the canvas and the layout of its connectors.
#[derive(Clone, Copy)]
pub struct CanvasView {
    pub(super) graph: GraphState,
    pub viewport: RwSignal<Viewport>,
    /// Width and height of the canvas element, in pixels.
    pub size: RwSignal<(f64, f64)>,
    pub(super) layout: StoredValue<ConnectorLayout>,
}

impl CanvasView {
    pub(super) fn new(graph: GraphState) -> Self {
        let canvas = Self {
            graph,
            viewport: RwSignal::new(Viewport::default()),
            size: RwSignal::new((800.0, 600.0)),
            layout: StoredValue::new(ConnectorLayout::default()),
        };
        // Not deferred: what applies a command goes on with the new boxes.
        ImmediateEffect::new_scoped(move || {
            graph.generation.track();
            untrack(|| canvas.update_layout());
        });
        canvas
    }

    pub fn here() -> Self {
        expect_context()
    }

    /// Scrolls to a node that is not in sight.
    pub fn reveal(&self, id: &str) {
        if let Some(rect) = self.graph.node_rect_untracked(id) {
            let (width, height) = self.size.get_untracked();
            let viewport = self.viewport.get_untracked();
            let scrolled = viewport.scroll_into_view(rect, width, height);
            if scrolled != viewport {
                self.viewport.set(scrolled);
            }
        }
    }

    /// Shows all of the graph.
    pub fn fit(&self) {
        let (width, height) = self.size.get_untracked();
        if let Some(all) = self.with_rects(|_, rects| Rect::around(rects.iter().copied())) {
            self.viewport.set(Viewport::fit(all, width, height));
        }
    }

    /// Shows all of the graph where it can be read so, else its beginning.
    pub fn show_beginning(&self) {
        let (width, height) = self.size.get_untracked();
        let direction = self.graph.direction.get_untracked();
        let viewport = self.with_rects(|graph, rects| {
            let entry =
                graph.nodes.iter().position(|node| node.step == NodeKind::Entry {}).unwrap_or(0);
            Some(Viewport::opening(
                Rect::around(rects.iter().copied())?,
                *rects.get(entry)?,
                direction,
                width,
                height,
            ))
        });
        if let Some(viewport) = viewport {
            self.viewport.set(viewport);
        }
    }

    pub fn zoom(&self, factor: f64) {
        let (width, height) = self.size.get_untracked();
        self.viewport.update(|view| *view = view.zoomed(factor, width / 2.0, height / 2.0));
    }
}
