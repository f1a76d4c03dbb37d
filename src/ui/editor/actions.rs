//! What pointer and keys do in the editor: going about, adding, connecting, deleting, moving. Each
//! says what was done.

use leptos::prelude::*;

use super::{
    bench::{Bench, SidePanel, row_id, step_id},
    browser,
};
use wayfare_domain::{
    graph::{Node, NodeKind, Position},
    versions::EditMode,
};
use wayfare_editor_model::{
    clipboard::ClipboardGraph,
    geometry::{LayoutDirection, Rect, Viewport},
    state::EditCommand,
};

impl Bench {
    /// Brings a node into sight, and the keyboard to it.
    pub fn go_to(&self, id: &str) {
        self.choose_one(id);
        self.reveal(id);
        let target = step_id(id);
        // At once where it is drawn already: the next key may lead elsewhere.
        if !browser::focus_quietly(&target) {
            browser::later(move || {
                browser::focus_quietly(&target);
            });
        }
    }

    /// The same, where the keyboard works: in the outline or on the canvas.
    fn follow(&self, id: &str) {
        if browser::closest_active(".outline-panel") {
            self.choose_one(id);
            self.reveal(id);
            self.focus_row();
        } else {
            self.go_to(id);
        }
    }

    /// The keyboard to the row of the outline that it was in last.
    pub fn focus_row(&self) {
        let row = self.row.get_untracked().unwrap_or_default();
        browser::later(move || browser::focus(&row_id(&row)));
    }

    /// Out of the panel, to where the keyboard was before; where that is gone, to the chosen step.
    pub fn leave_panel(&self) {
        if browser::go_back() {
            return;
        }
        match self.only_untracked() {
            Some(id) => self.go_to(&id),
            None => self.focus_row(),
        }
    }

    /// The form of the chosen step, with the keyboard in it.
    pub fn open_form(&self) {
        self.side.set(SidePanel::Step);
        browser::later(|| browser::focus_first_field("panel-form"));
    }

    pub fn reveal(&self, id: &str) {
        if let Some(frame) = self.frame_untracked(id) {
            let (width, height) = self.window.get_untracked();
            let view = self.view.get_untracked();
            let showing = view.scroll_into_view(frame, width, height);
            if showing != view {
                self.view.set(showing);
            }
        }
    }

    /// All of the graph in the window.
    pub fn fit(&self) {
        let (width, height) = self.window.get_untracked();
        if let Some(all) = self.with_frames(|_, frames| Rect::around(frames.iter().copied())) {
            self.view.set(Viewport::fit(all, width, height));
        }
    }

    /// What is seen first: all of the graph where it can be read, else its beginning.
    pub fn open_view(&self) {
        let (width, height) = self.window.get_untracked();
        let direction = self.direction.get_untracked();
        let view = self.with_frames(|graph, frames| {
            let entry =
                graph.nodes.iter().position(|node| node.step == NodeKind::Entry {}).unwrap_or(0);
            Some(Viewport::opening(
                Rect::around(frames.iter().copied())?,
                *frames.get(entry)?,
                direction,
                width,
                height,
            ))
        });
        if let Some(view) = view {
            self.view.set(view);
        }
    }

    pub fn zoom(&self, factor: f64) {
        let (width, height) = self.window.get_untracked();
        self.view.update(|view| *view = view.zoomed(factor, width / 2.0, height / 2.0));
    }

    pub fn can_draw(&self) -> bool {
        self.mode == EditMode::Draft
    }

    /// May this person publish what is edited?
    pub fn publishes(&self) -> bool {
        self.mode == EditMode::Draft && self.document.with_value(|document| document.may_publish)
    }

    pub fn can_write(&self) -> bool {
        self.mode != EditMode::Read
    }

    /// A step behind an outlet, or where no one says which, behind what is chosen.
    pub fn add(&self, step: NodeKind, after: Option<(String, String)>) {
        let after = after.or_else(|| {
            let id =
                self.editor_state(|sketch| sketch.only_chosen().map(|node| node.id.clone()))?;
            let node = self.node(&id)?;
            let open = self.graph(|graph| {
                node.outlets().into_iter().find(|outlet| graph.target_of(&id, outlet).is_none())
            });
            Some((id, open.or_else(|| node.outlets().into_iter().next())?))
        });
        let edit = match after {
            Some((from, outlet)) => EditCommand::After { from, outlet, step },
            None => {
                let (width, height) = self.window.get_untracked();
                let middle = self.view.get_untracked().to_canvas(width / 2.0, height / 2.0);
                EditCommand::Add { step, at: Position { x: middle.x - 110.0, y: middle.y - 40.0 } }
            }
        };
        self.add_by(&edit);
    }

    pub fn add_by(&self, edit: &EditCommand) {
        let added = self.apply(edit, |bench| {
            let title = bench
                .editor_state(|sketch| sketch.only_chosen().map(Node::title))
                .unwrap_or_default();
            match edit {
                EditCommand::After { from, outlet, .. } => {
                    let path = bench.outlet_title(from, outlet);
                    format!("{title} added after “{}”, {path}.", bench.title(from))
                }
                _ => format!("{title} added."),
            }
        });
        if let Some(id) = self.only_untracked().filter(|_| added) {
            self.reveal(&id);
        }
    }

    pub fn only_untracked(&self) -> Option<String> {
        untrack(|| self.only())
    }

    pub fn delete_chosen(&self) {
        if let Some((from, outlet)) = self.wire.get_untracked() {
            self.disconnect(&from, &outlet);
            return;
        }
        let chosen = self.chosen.get_untracked();
        // Where the keyboard goes: to what led to the deleted.
        let before = self.graph(|graph| {
            let way = graph
                .connectors
                .iter()
                .find(|way| chosen.contains(&way.to) && !chosen.contains(&way.from));
            way.map(|way| way.from.clone()).or_else(|| {
                graph.nodes.iter().map(|node| node.id.clone()).find(|id| !chosen.contains(id))
            })
        });
        let what = match chosen.len() {
            1 => self.only_untracked().map(|id| self.title(&id)).unwrap_or_default(),
            many => format!("{many} steps"),
        };
        if self.apply(&EditCommand::Delete { nodes: chosen }, |_| format!("{what} deleted."))
            && let Some(before) = before
        {
            self.follow(&before);
        }
    }

    pub fn disconnect(&self, from: &str, outlet: &str) {
        let edit = EditCommand::Disconnect { from: from.to_string(), outlet: outlet.to_string() };
        self.apply(&edit, |bench| {
            format!("“{}”, {}, ends here now.", bench.title(from), bench.outlet_title(from, outlet))
        });
        self.wire.set(None);
    }

    pub fn connect(&self, from: &str, outlet: &str, to: &str) {
        let edit = EditCommand::Connect {
            from: from.to_string(),
            outlet: outlet.to_string(),
            to: to.to_string(),
        };
        self.apply(&edit, |bench| {
            let path = bench.outlet_title(from, outlet);
            format!("“{}”, {path}, leads to “{}”.", bench.title(from), bench.title(to))
        });
    }

    pub fn duplicate_chosen(&self) {
        let nodes = self.chosen.get_untracked();
        self.apply(&EditCommand::Duplicate { nodes }, |bench| said_chosen(bench, "duplicated"));
        if let Some(id) = self.only_untracked() {
            self.follow(&id);
        }
    }

    pub fn copied(&self) -> Option<ClipboardGraph> {
        let chosen = self.chosen.get_untracked();
        let fragment =
            self.graph(|graph| ClipboardGraph::copy_from(graph, |id| chosen.contains(id)));
        (!fragment.nodes.is_empty()).then_some(fragment)
    }

    pub fn align(&self, direction: LayoutDirection) {
        let word = if direction == LayoutDirection::Down {
            "from top to bottom"
        } else {
            "from left to right"
        };
        if !self.apply(&EditCommand::Align(direction), |_| format!("Aligned {word}."))
            && self.can_write()
        {
            self.say(format!("Already aligned {word}."));
        }
        self.open_view();
    }

    /// Moves the chosen nodes by steps of the grid.
    pub fn nudge(&self, dx: f64, dy: f64) {
        let chosen = self.chosen.get_untracked();
        let to = self.graph(|graph| {
            let moved = graph.nodes.iter().filter(|node| chosen.contains(&node.id));
            moved
                .map(|node| {
                    (node.id.clone(), Position { x: node.position.x + dx, y: node.position.y + dy })
                })
                .collect()
        });
        self.apply(&EditCommand::Move { to }, |_| String::new());
        if let Some(id) = self.only_untracked() {
            self.reveal(&id);
        }
    }
}

pub fn said_chosen(bench: &Bench, what: &str) -> String {
    let chosen = bench.editor_state(|sketch| sketch.selection.len());
    if chosen == 1 { format!("1 step {what}.") } else { format!("{chosen} steps {what}.") }
}
