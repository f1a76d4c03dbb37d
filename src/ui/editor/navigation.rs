//! Going to a step, to its row and to its form, with selection, viewport and keyboard together.

use leptos::prelude::*;

use super::{
    browser,
    context::{CanvasView, Panels, Selection, SidePanel},
};

/// The id of the element that shows a node.
pub fn step_id(node: &str) -> String {
    format!("step-{node}")
}

/// The id of a row of the outline.
pub fn row_id(key: &str) -> String {
    format!("row-{key}")
}

/// Leads from place to place; made of the contexts that it moves.
#[derive(Clone, Copy)]
pub struct Navigation {
    canvas: CanvasView,
    panels: Panels,
    selection: Selection,
}

impl Navigation {
    pub fn here() -> Self {
        Self { canvas: CanvasView::here(), panels: Panels::here(), selection: Selection::here() }
    }

    /// Selects a node and brings it into sight.
    pub fn select(&self, id: &str) {
        self.selection.select_one(id);
        self.canvas.reveal(id);
    }

    /// Selects a node, with the keyboard on its box.
    pub fn go_to(&self, id: &str) {
        self.select(id);
        let target = step_id(id);
        // Without delay where it is drawn already: the next key may lead elsewhere.
        if !browser::focus_quietly(&target) {
            browser::after_paint(move || {
                browser::focus_quietly(&target);
            });
        }
    }

    /// Selects a node, with the keyboard where it works now: in the outline or on the canvas.
    pub fn follow(&self, id: &str) {
        if browser::is_focus_in(".outline-panel") {
            self.select(id);
            self.focus_row();
        } else {
            self.go_to(id);
        }
    }

    /// Gives the keyboard to the focused row of the outline, as soon as it is drawn.
    pub fn focus_row(&self) {
        let row = self.selection.focused_row.get_untracked().unwrap_or_default();
        browser::after_paint(move || browser::focus(&row_id(&row)));
    }

    /// Out of the panel, to where the keyboard was before; where that is gone, to the selected
    /// step.
    pub fn leave_panel(&self) {
        if browser::restore_focus() {
            return;
        }
        match self.selection.only_node_untracked() {
            Some(id) => self.go_to(&id),
            None => self.focus_row(),
        }
    }

    /// Opens the form of the selected step, with the keyboard in it.
    pub fn open_form(&self) {
        self.open_panel(SidePanel::Step);
    }

    /// Opens a panel, with the keyboard in its first field.
    pub fn open_panel(&self, side: SidePanel) {
        self.panels.side.set(side);
        browser::after_paint(|| browser::focus_first_field("panel-form"));
    }

    /// Opens a panel, with the keyboard on its title.
    pub fn show_panel(&self, side: SidePanel) {
        self.panels.side.set(side);
        browser::after_paint(|| browser::focus("panel-title"));
    }
}
