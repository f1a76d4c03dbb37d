//! The hand on the canvas: what a pointer that is held down does. All of it is listened to on the
//! canvas itself, which captures the pointer once it moves, so that nothing stays behind on the
//! document.

use std::collections::{BTreeSet, HashMap};

use leptos::{ev, html, prelude::*};
use web_sys::PointerEvent;

use super::{
    bench::{Bench, StepPickerState},
    browser,
    node_drag::DraggedNodes,
};
use wayfare_domain::graph::Position;
use wayfare_editor_model::{
    geometry::{Rect, Viewport},
    state::EditCommand,
};

/// A pointer that moved less than this was held still.
const STILL: f64 = 4.0;

#[derive(Debug, Clone, PartialEq)]
enum Gesture {
    /// Moves what the window shows.
    Pan { from: Viewport },
    /// Chooses what it spans.
    Band { from: Position, before: BTreeSet<String> },
    /// Moves nodes.
    Nodes { held: String, shift: bool },
    /// Draws a connector.
    Wire { from: String, outlet: String },
    /// Two fingers.
    Pinch { from: Viewport, distance: f64, middle: (f64, f64) },
}

#[derive(Debug, Clone, PartialEq, Default)]
struct PointerState {
    grip: Option<Gesture>,
    /// Where the first pointer went down, in the window of the canvas.
    start: (f64, f64),
    moved: bool,
    /// Where each pointer is.
    pointers: HashMap<i32, (f64, f64)>,
    /// The last place of the first pointer, and that a frame is asked for.
    last: (f64, f64),
    asked: bool,
}

/// What a wheel did since the last frame.
#[derive(Clone, Copy, Default)]
struct WheelDelta {
    dx: f64,
    dy: f64,
    factor: f64,
    at: (f64, f64),
}

/// A connector that is being drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectorDrag {
    pub from: String,
    pub outlet: String,
    pub to: Position,
    pub over: Option<String>,
}

#[derive(Clone, Copy)]
pub struct PointerTool {
    pub(super) bench: Bench,
    ground: NodeRef<html::Div>,
    held: StoredValue<PointerState>,
    pub(super) carried: StoredValue<DraggedNodes>,
    wheel: StoredValue<Option<WheelDelta>>,
    /// Where the canvas lies in the window.
    corner: StoredValue<(f64, f64)>,
    pub wiring: RwSignal<Option<ConnectorDrag>>,
    pub band: RwSignal<Option<Rect>>,
    pub panning: RwSignal<bool>,
    /// The space bar is down.
    pub space: StoredValue<bool>,
}

impl PointerTool {
    pub fn new(bench: Bench, ground: NodeRef<html::Div>) -> Self {
        Self {
            bench,
            ground,
            held: StoredValue::new(PointerState::default()),
            carried: StoredValue::new(DraggedNodes::default()),
            wheel: StoredValue::new(None),
            corner: StoredValue::new((0.0, 0.0)),
            wiring: RwSignal::new(None),
            band: RwSignal::new(None),
            panning: RwSignal::new(false),
            space: StoredValue::new(false),
        }
    }

    /// Where something happened, in the window of the canvas as it was last measured.
    fn place(&self, x: i32, y: i32) -> (f64, f64) {
        let (left, top) = self.corner.get_value();
        (f64::from(x) - left, f64::from(y) - top)
    }

    /// Where the window of the canvas is, and how large. Asked when something begins, not while it
    /// goes on: a page that was just changed has to be laid out before it can answer.
    pub fn measure(&self) {
        if let Some(ground) = self.ground.get_untracked() {
            let frame = browser::frame_of(&ground);
            self.corner.set_value((frame.x, frame.y));
            if frame.width > 0.0 && self.bench.window.get_untracked() != (frame.width, frame.height)
            {
                self.bench.window.set((frame.width, frame.height));
            }
        }
    }

    pub fn down(&self, event: &PointerEvent) {
        let target = event.target();
        if browser::closest(target.clone(), ".canvas-tool").is_some() {
            return;
        }
        self.measure();
        let at = self.place(event.client_x(), event.client_y());
        self.held.update_value(|held| {
            held.pointers.insert(event.pointer_id(), at);
        });
        let fingers: Vec<(f64, f64)> =
            self.held.with_value(|held| held.pointers.values().copied().collect());
        if let [a, b] = fingers[..] {
            // The second finger means the canvas, whatever the first one held.
            self.put_back();
            let grip = Gesture::Pinch {
                from: self.bench.view.get_untracked(),
                distance: apart(a, b).max(1.0),
                middle: between(a, b),
            };
            self.take(grip, at);
            return;
        }
        let outlet = browser::closest(target.clone(), "[data-outlet]")
            .and_then(|element| element.get_attribute("data-outlet"));
        let node = browser::closest(target.clone(), "[data-node]")
            .and_then(|element| element.get_attribute("data-node"));
        let view = self.bench.view.get_untracked();
        let wants_pan = event.button() == 1 || self.space.get_value();
        if wants_pan {
            event.prevent_default();
            self.take(Gesture::Pan { from: view }, at);
            return;
        }
        if event.button() != 0 {
            return;
        }
        match (node, outlet) {
            (Some(from), Some(outlet)) if self.bench.can_draw() => {
                self.take(Gesture::Wire { from, outlet }, at)
            }
            (Some(_), Some(_)) => {}
            (Some(node), None) if browser::closest(target.clone(), "button, a").is_none() => {
                self.take_node(node, event.shift_key(), at)
            }
            (Some(_), None) => {}
            (None, _) if browser::closest(target, "[data-wire], button").is_some() => {}
            (None, _) if event.shift_key() => {
                let before = self.bench.chosen.get_untracked();
                self.take(Gesture::Band { from: view.to_canvas(at.0, at.1), before }, at);
            }
            (None, _) => self.take(Gesture::Pan { from: view }, at),
        }
    }

    fn take(&self, grip: Gesture, at: (f64, f64)) {
        self.bench.picker.set(None);
        self.held.update_value(|held| {
            held.grip = Some(grip);
            held.start = at;
            held.last = at;
            held.moved = false;
        });
    }

    fn take_node(&self, node: String, shift: bool, at: (f64, f64)) {
        let chosen = self.bench.chosen.get_untracked();
        if shift {
            self.bench.toggle(&node);
        } else if !chosen.contains(&node) {
            self.bench.choose_one(&node);
        }
        self.take(Gesture::Nodes { held: node, shift }, at);
    }

    pub fn moved(self, event: &PointerEvent) {
        let at = self.place(event.client_x(), event.client_y());
        let known = self.held.with_value(|held| {
            held.grip.is_some() && held.pointers.contains_key(&event.pointer_id())
        });
        if !known {
            return;
        }
        let begins = self.held.try_update_value(|held| {
            held.pointers.insert(event.pointer_id(), at);
            held.last = at;
            let begins = !held.moved && apart(held.start, at) >= STILL;
            held.moved |= begins;
            begins
        });
        if begins == Some(true) {
            if let Some(ground) = self.ground.get_untracked() {
                let _ = ground.set_pointer_capture(event.pointer_id());
            }
            self.panning
                .set(self.held.with_value(|held| matches!(held.grip, Some(Gesture::Pan { .. }))));
            if self.bench.can_write()
                && self.held.with_value(|held| matches!(held.grip, Some(Gesture::Nodes { .. })))
            {
                self.carry();
            }
        }
        // One picture a frame, however often the mouse reports.
        let ask = self
            .held
            .try_update_value(|held| held.moved && !std::mem::replace(&mut held.asked, held.moved));
        if ask == Some(true) {
            request_animation_frame(move || {
                self.held.update_value(|held| held.asked = false);
                self.draw();
            });
        }
    }

    /// Shows how far it has come.
    fn draw(&self) {
        let held = self.held.get_value();
        if !held.moved {
            return;
        }
        let (dx, dy) = (held.last.0 - held.start.0, held.last.1 - held.start.1);
        let view = self.bench.view.get_untracked();
        match held.grip {
            None => {}
            Some(Gesture::Pan { from }) => self.bench.view.set(from.panned(dx, dy)),
            Some(Gesture::Band { from, before }) => {
                let area = Rect::between(from, view.to_canvas(held.last.0, held.last.1));
                self.band.set(Some(area));
                let mut chosen = self.bench.hits(area, usize::MAX);
                chosen.extend(before);
                self.bench.choose(chosen);
            }
            Some(Gesture::Nodes { .. }) => self.carry_on(dx / view.zoom, dy / view.zoom),
            Some(Gesture::Wire { from, outlet }) => {
                let to = view.to_canvas(held.last.0, held.last.1);
                let over = self.bench.hit(to).filter(|over| *over != from);
                self.wiring.set(Some(ConnectorDrag { from, outlet, to, over }));
            }
            Some(Gesture::Pinch { from, distance, middle }) => {
                let fingers: Vec<(f64, f64)> = held.pointers.values().copied().collect();
                if let [a, b] = fingers[..] {
                    let now = between(a, b);
                    let zoomed = from.zoomed(apart(a, b) / distance, middle.0, middle.1);
                    self.bench.view.set(zoomed.panned(now.0 - middle.0, now.1 - middle.1));
                }
            }
        }
    }

    pub fn up(&self, event: &PointerEvent) {
        // What the last report said may not have been drawn yet.
        self.draw();
        let held = self.held.get_value();
        self.held.update_value(|held| {
            held.pointers.remove(&event.pointer_id());
            held.grip = None;
            held.moved = false;
        });
        self.panning.set(false);
        self.band.set(None);
        let wiring = self.wiring.get_untracked();
        self.wiring.set(None);
        match held.grip {
            Some(Gesture::Nodes { .. }) if held.moved => self.drop_nodes(),
            Some(Gesture::Nodes { held: node, shift: false })
                if self.bench.chosen.read_untracked().len() > 1 =>
            {
                self.bench.choose_one(&node);
            }
            Some(Gesture::Wire { from, outlet }) if held.moved => {
                match wiring.and_then(|wiring| wiring.over) {
                    Some(to) => self.bench.connect(&from, &outlet, &to),
                    None => {
                        let (x, y) = held.last;
                        self.bench.picker.set(Some(StepPickerState {
                            from,
                            outlet,
                            x,
                            y,
                            more: false,
                        }));
                    }
                }
            }
            Some(Gesture::Pan { .. }) if !held.moved => self.bench.choose(BTreeSet::new()),
            // One of two fingers is lifted: the other one pans on.
            Some(Gesture::Pinch { .. }) => {
                let other = self.held.with_value(|held| held.pointers.values().next().copied());
                if let Some(at) = other {
                    self.take(Gesture::Pan { from: self.bench.view.get_untracked() }, at);
                    self.held.update_value(|held| held.moved = true);
                }
            }
            _ => {}
        }
    }

    /// The browser took the pointer away: everything as it was.
    pub fn cancelled(&self, event: &PointerEvent) {
        self.put_back();
        self.held.update_value(|held| {
            held.pointers.remove(&event.pointer_id());
            held.grip = None;
        });
        self.panning.set(false);
    }

    /// A wheel reports more often than there are frames: what it did is gathered, and shown once a
    /// frame.
    pub fn wheel(self, event: &ev::WheelEvent) {
        event.prevent_default();
        let begins = self.wheel.with_value(Option::is_none);
        if begins {
            self.measure();
        }
        // Lines and pages in pixels.
        let unit = [1.0, 16.0, 400.0][event.delta_mode().min(2) as usize];
        let (dx, dy) = (event.delta_x() * unit, event.delta_y() * unit);
        let at = self.place(event.client_x(), event.client_y());
        self.wheel.update_value(|turned| {
            let turned = turned.get_or_insert(WheelDelta { factor: 1.0, ..WheelDelta::default() });
            turned.at = at;
            if event.ctrl_key() || event.meta_key() {
                turned.factor *= (-dy / 300.0).exp();
            } else if event.shift_key() && dx == 0.0 {
                turned.dx -= dy;
            } else {
                turned.dx -= dx;
                turned.dy -= dy;
            }
        });
        if begins {
            request_animation_frame(move || {
                if let Some(Some(turned)) = self.wheel.try_update_value(Option::take) {
                    let (x, y) = turned.at;
                    self.bench.view.update(|view| {
                        *view = view.zoomed(turned.factor, x, y).panned(turned.dx, turned.dy)
                    });
                }
            });
        }
    }

    /// A step that was dragged out of the palette is let go over the canvas.
    pub fn drop_step(&self, key: &str, x: i32, y: i32) -> bool {
        let Some(ground) = self.ground.get_untracked() else { return false };
        let frame = browser::frame_of(&ground);
        let Some(item) = wayfare_editor_model::palette::item(key) else { return false };
        if !frame.contains(Position { x: f64::from(x), y: f64::from(y) }) {
            return false;
        }
        self.measure();
        let (x, y) = self.place(x, y);
        let at = self.bench.view.get_untracked().to_canvas(x, y);
        match self.near_connector(at) {
            Some((from, outlet)) => {
                self.bench.add_by(&EditCommand::After { from, outlet, step: item.step })
            }
            None => self.bench.add_by(&EditCommand::Add {
                step: item.step,
                at: Position { x: at.x - 110.0, y: at.y - 40.0 },
            }),
        }
        true
    }

    /// The connector whose middle lies under a point.
    pub fn near_connector(&self, at: Position) -> Option<(String, String)> {
        let wires = self.bench.wires.get_untracked();
        untrack(|| {
            wires.into_iter().find_map(|way| {
                let middle = self.bench.line(&way).get_untracked().button;
                let near = (middle.x - at.x).abs() < 60.0 && (middle.y - at.y).abs() < 40.0;
                near.then_some((way.from, way.outlet))
            })
        })
    }
}

fn apart(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

fn between(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0)
}
