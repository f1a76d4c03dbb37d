//! What a pointer does on the canvas while its button is down. All of it is listened to on the canvas
//! itself, which captures the pointer once it moves, so that no listener is left on the document.

use std::collections::{BTreeSet, HashMap};

use leptos::{html, prelude::*};
use web_sys::PointerEvent;

use super::{
    actions::{Actions, add_at},
    browser,
    context::{Announcer, CanvasView, GraphState, OpenVersion, Panels, Selection, StepPickerState},
    node_drag::DraggedNodes,
    wheel::WheelDelta,
};
use wayfare_domain::graph::Position;
use wayfare_editor_model::{
    geometry::{Rect, Viewport},
    state::EditCommand,
};

/// A pointer that moved less than this, in pixels, is not dragged.
const DRAG_DISTANCE_MIN: f64 = 4.0;

#[derive(Debug, Clone, PartialEq)]
enum Gesture {
    /// Moves the viewport.
    Pan { from: Viewport },
    /// Selects what the rectangle touches, beside what was selected before.
    Select { from: Position, before: BTreeSet<String> },
    /// Moves the selected nodes.
    MoveNodes { node: String, shift: bool },
    /// Draws a connector.
    Connect { from: String, outlet: String },
    /// Zooms with two fingers.
    Pinch { from: Viewport, distance: f64, middle: (f64, f64) },
}

#[derive(Debug, Clone, PartialEq, Default)]
struct PointerState {
    gesture: Option<Gesture>,
    /// Where the first pointer went down, in the canvas element.
    start: (f64, f64),
    is_dragged: bool,
    /// Where each pointer is.
    pointers: HashMap<i32, (f64, f64)>,
    /// Where the first pointer was last.
    last: (f64, f64),
    is_frame_requested: bool,
}

/// A connector that is being drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectorDrag {
    pub from: String,
    pub outlet: String,
    pub to: Position,
    pub over: Option<String>,
}

/// The gesture that is going on, and what it shows.
#[derive(Clone, Copy)]
pub struct PointerTool {
    actions: Actions,
    pub(super) announcer: Announcer,
    pub(super) canvas: CanvasView,
    pub(super) graph: GraphState,
    panels: Panels,
    pub(super) selection: Selection,
    version: OpenVersion,
    element: NodeRef<html::Div>,
    state: StoredValue<PointerState>,
    pub(super) dragged_nodes: StoredValue<DraggedNodes>,
    pub(super) wheel: StoredValue<Option<WheelDelta>>,
    /// Where the canvas is in the window.
    corner: StoredValue<(f64, f64)>,
    /// The connector that is being drawn.
    pub new_connector: RwSignal<Option<ConnectorDrag>>,
    pub selection_rect: RwSignal<Option<Rect>>,
    pub is_panning: RwSignal<bool>,
    /// While the space bar is down, a drag pans.
    pub is_space_down: StoredValue<bool>,
}

impl PointerTool {
    pub fn new(element: NodeRef<html::Div>) -> Self {
        Self {
            actions: Actions::here(),
            announcer: Announcer::here(),
            canvas: CanvasView::here(),
            graph: GraphState::here(),
            panels: Panels::here(),
            selection: Selection::here(),
            version: OpenVersion::here(),
            element,
            state: StoredValue::new(PointerState::default()),
            dragged_nodes: StoredValue::new(DraggedNodes::default()),
            wheel: StoredValue::new(None),
            corner: StoredValue::new((0.0, 0.0)),
            new_connector: RwSignal::new(None),
            selection_rect: RwSignal::new(None),
            is_panning: RwSignal::new(false),
            is_space_down: StoredValue::new(false),
        }
    }

    /// A point of the window in the canvas element, as it was last measured.
    pub(super) fn position_in_canvas(&self, x: i32, y: i32) -> (f64, f64) {
        let (left, top) = self.corner.get_value();
        (f64::from(x) - left, f64::from(y) - top)
    }

    /// Measures place and size of the canvas element. Done when a gesture begins, not while it goes
    /// on: a page that has just changed must be laid out before it can be measured.
    pub fn measure(&self) {
        if let Some(element) = self.element.get_untracked() {
            let frame = browser::rect_of(&element);
            self.corner.set_value((frame.x, frame.y));
            if frame.width > 0.0 && self.canvas.size.get_untracked() != (frame.width, frame.height)
            {
                self.canvas.size.set((frame.width, frame.height));
            }
        }
    }

    pub fn down(&self, event: &PointerEvent) {
        let target = event.target();
        if browser::closest(target.clone(), ".canvas-tool").is_some() {
            return;
        }
        self.measure();
        let at = self.position_in_canvas(event.client_x(), event.client_y());
        self.state.update_value(|state| {
            state.pointers.insert(event.pointer_id(), at);
        });
        let fingers: Vec<(f64, f64)> =
            self.state.with_value(|state| state.pointers.values().copied().collect());
        if let [a, b] = fingers[..] {
            // The second finger means the canvas, whatever the first one is on.
            self.cancel_drag();
            let gesture = Gesture::Pinch {
                from: self.canvas.viewport.get_untracked(),
                distance: distance(a, b).max(1.0),
                middle: between(a, b),
            };
            self.start(gesture, at);
            return;
        }
        let outlet = browser::closest(target.clone(), "[data-outlet]")
            .and_then(|element| element.get_attribute("data-outlet"));
        let node = browser::closest(target.clone(), "[data-node]")
            .and_then(|element| element.get_attribute("data-node"));
        let view = self.canvas.viewport.get_untracked();
        let wants_pan = event.button() == 1 || self.is_space_down.get_value();
        if wants_pan {
            event.prevent_default();
            self.start(Gesture::Pan { from: view }, at);
            return;
        }
        if event.button() != 0 {
            return;
        }
        match (node, outlet) {
            (Some(from), Some(outlet)) if self.version.can_edit_graph() => {
                self.start(Gesture::Connect { from, outlet }, at)
            }
            (Some(_), Some(_)) => {}
            (Some(node), None) if browser::closest(target.clone(), "button, a").is_none() => {
                self.start_on_node(node, event.shift_key(), at)
            }
            (Some(_), None) => {}
            (None, _) if browser::closest(target, "[data-wire], button").is_some() => {}
            (None, _) if event.shift_key() => {
                let before = self.selection.nodes.get_untracked();
                self.start(Gesture::Select { from: view.to_canvas(at.0, at.1), before }, at);
            }
            (None, _) => self.start(Gesture::Pan { from: view }, at),
        }
    }

    fn start(&self, gesture: Gesture, at: (f64, f64)) {
        self.panels.step_picker.set(None);
        self.state.update_value(|state| {
            state.gesture = Some(gesture);
            state.start = at;
            state.last = at;
            state.is_dragged = false;
        });
    }

    fn start_on_node(&self, node: String, shift: bool, at: (f64, f64)) {
        if shift {
            self.selection.toggle(&node);
        } else if !self.selection.contains_untracked(&node) {
            self.selection.select_one(&node);
        }
        self.start(Gesture::MoveNodes { node, shift }, at);
    }

    pub fn moved(self, event: &PointerEvent) {
        let at = self.position_in_canvas(event.client_x(), event.client_y());
        let is_known = self.state.with_value(|state| {
            state.gesture.is_some() && state.pointers.contains_key(&event.pointer_id())
        });
        if !is_known {
            return;
        }
        let begins = self.state.try_update_value(|state| {
            state.pointers.insert(event.pointer_id(), at);
            state.last = at;
            let begins = !state.is_dragged && distance(state.start, at) >= DRAG_DISTANCE_MIN;
            state.is_dragged |= begins;
            begins
        });
        if begins == Some(true) {
            if let Some(element) = self.element.get_untracked() {
                let _ = element.set_pointer_capture(event.pointer_id());
            }
            let (is_pan, is_move) = self.state.with_value(|state| {
                (
                    matches!(state.gesture, Some(Gesture::Pan { .. })),
                    matches!(state.gesture, Some(Gesture::MoveNodes { .. })),
                )
            });
            self.is_panning.set(is_pan);
            if is_move && self.version.can_edit_content() {
                self.start_node_drag();
            }
        }
        // One picture a frame, however often the mouse reports.
        let is_first = self.state.try_update_value(|state| {
            state.is_dragged && !std::mem::replace(&mut state.is_frame_requested, true)
        });
        if is_first == Some(true) {
            request_animation_frame(move || {
                self.state.update_value(|state| state.is_frame_requested = false);
                self.draw();
            });
        }
    }

    /// Shows how far the gesture has come.
    fn draw(&self) {
        let state = self.state.get_value();
        if !state.is_dragged {
            return;
        }
        let (dx, dy) = (state.last.0 - state.start.0, state.last.1 - state.start.1);
        let view = self.canvas.viewport.get_untracked();
        match state.gesture {
            None => {}
            Some(Gesture::Pan { from }) => self.canvas.viewport.set(from.panned(dx, dy)),
            Some(Gesture::Select { from, before }) => {
                let area = Rect::between(from, view.to_canvas(state.last.0, state.last.1));
                self.selection_rect.set(Some(area));
                let mut nodes = self.canvas.nodes_in(area, usize::MAX);
                nodes.extend(before);
                self.selection.select(nodes);
            }
            Some(Gesture::MoveNodes { .. }) => self.drag_nodes_by(dx / view.zoom, dy / view.zoom),
            Some(Gesture::Connect { from, outlet }) => {
                let to = view.to_canvas(state.last.0, state.last.1);
                let over = self.canvas.node_at(to).filter(|over| *over != from);
                self.new_connector.set(Some(ConnectorDrag { from, outlet, to, over }));
            }
            Some(Gesture::Pinch { from, distance: before, middle }) => {
                let fingers: Vec<(f64, f64)> = state.pointers.values().copied().collect();
                if let [a, b] = fingers[..] {
                    let now = between(a, b);
                    let zoomed = from.zoomed(distance(a, b) / before, middle.0, middle.1);
                    self.canvas.viewport.set(zoomed.panned(now.0 - middle.0, now.1 - middle.1));
                }
            }
        }
    }

    pub fn up(&self, event: &PointerEvent) {
        // The last move may not have been drawn yet.
        self.draw();
        let state = self.state.get_value();
        self.state.update_value(|state| {
            state.pointers.remove(&event.pointer_id());
            state.gesture = None;
            state.is_dragged = false;
        });
        self.is_panning.set(false);
        self.selection_rect.set(None);
        let drawn = self.new_connector.get_untracked();
        self.new_connector.set(None);
        match state.gesture {
            Some(Gesture::MoveNodes { .. }) if state.is_dragged => self.finish_node_drag(),
            Some(Gesture::MoveNodes { node, shift: false })
                if self.selection.nodes.read_untracked().len() > 1 =>
            {
                self.selection.select_one(&node);
            }
            Some(Gesture::Connect { from, outlet }) if state.is_dragged => {
                match drawn.and_then(|drawn| drawn.over) {
                    Some(to) => self.actions.connect(&from, &outlet, &to),
                    None => {
                        let (x, y) = state.last;
                        self.panels.step_picker.set(Some(StepPickerState {
                            from,
                            outlet,
                            x,
                            y,
                            lists_outlets: false,
                        }));
                    }
                }
            }
            Some(Gesture::Pan { .. }) if !state.is_dragged => {
                self.selection.select(BTreeSet::new())
            }
            // One of two fingers is lifted: the other one pans on.
            Some(Gesture::Pinch { .. }) => {
                let other = self.state.with_value(|state| state.pointers.values().next().copied());
                if let Some(at) = other {
                    self.start(Gesture::Pan { from: self.canvas.viewport.get_untracked() }, at);
                    self.state.update_value(|state| state.is_dragged = true);
                }
            }
            _ => {}
        }
    }

    /// The browser took the pointer away: nothing changes.
    pub fn cancelled(&self, event: &PointerEvent) {
        self.cancel_drag();
        self.state.update_value(|state| {
            state.pointers.remove(&event.pointer_id());
            state.gesture = None;
        });
        self.is_panning.set(false);
    }

    /// Adds a step that was dragged out of the palette, where it was released over the canvas.
    pub fn drop_step(&self, key: &str, x: i32, y: i32) {
        let Some(element) = self.element.get_untracked() else { return };
        let frame = browser::rect_of(&element);
        let Some(item) = wayfare_editor_model::palette::item(key) else { return };
        if !frame.contains(Position { x: f64::from(x), y: f64::from(y) }) {
            return;
        }
        self.measure();
        let (x, y) = self.position_in_canvas(x, y);
        let at = self.canvas.viewport.get_untracked().to_canvas(x, y);
        match self.connector_near(at) {
            Some((from, outlet)) => {
                self.actions.add_by(&EditCommand::After { from, outlet, step: item.step })
            }
            None => self.actions.add_by(&add_at(item.step, at)),
        }
    }

    /// The connector whose button is near a point.
    fn connector_near(&self, at: Position) -> Option<(String, String)> {
        let connectors = self.graph.connectors.get_untracked();
        untrack(|| {
            connectors.into_iter().find_map(|connector| {
                let middle = self.canvas.connector_path(&connector).get_untracked().button;
                let near = (middle.x - at.x).abs() < 60.0 && (middle.y - at.y).abs() < 40.0;
                near.then_some((connector.from, connector.outlet))
            })
        })
    }
}

fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

fn between(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0)
}
