//! The keys of the whole editor, and the clipboard.

use std::collections::BTreeSet;

use leptos::{
    ev::{self, KeyboardEvent},
    prelude::*,
};

use super::{
    actions::Actions,
    browser,
    context::{Announcer, CanvasView, GraphState, OpenVersion, Panels, Selection, SidePanel},
    navigation::{Navigation, row_id},
    pointer::PointerTool,
};
use wayfare_editor_model::clipboard::ClipboardGraph;

/// The lines of the dialog that `?` opens.
pub const SHORTCUTS: [(&str, &str); 23] = [
    ("F6, Shift + F6", "Go to the next or previous area: toolbar, outline, canvas, panel"),
    ("Arrow keys", "Go to the next step"),
    ("Alt + arrow keys", "Move the selected steps"),
    ("Enter", "Open the form of the step"),
    ("A", "Add a step after the selected one"),
    ("Space", "Select or deselect a step"),
    ("Shift + drag", "Select what the rectangle touches"),
    ("Delete", "Delete the selected steps; the steps around them are connected"),
    ("Ctrl + Z", "Undo"),
    ("Ctrl + Y", "Redo"),
    ("Ctrl + C, X, V", "Copy, cut, paste, also between journeys"),
    ("Ctrl + D", "Duplicate"),
    ("Ctrl + A", "Select all steps"),
    ("L", "Align"),
    ("+ and −", "Zoom"),
    ("0", "Show all steps"),
    ("O", "Go to the outline"),
    ("S", "Go to the settings"),
    ("C", "Go to the checks"),
    ("T", "Go to the simulation"),
    ("P", "Publish"),
    ("Escape", "Leave the panel, return to where you were; clear the selection"),
    ("?", "Show keyboard shortcuts"),
];

/// The areas of the editor, in the order in which F6 goes through them, each with what takes the
/// keyboard in it.
const AREAS: [(&str, &str); 4] = [
    (".editor-bar", "button"),
    (".editor-left", "[role=treeitem][tabindex='0']"),
    (".canvas", ".step[tabindex='0']"),
    (".side-panel", ":is(input, select, textarea, button):not(:disabled)"),
];

/// F6 leads into the editor from wherever on the page the keyboard is, and around in it.
pub fn listen_to_f6() {
    let listener = window_event_listener(ev::keydown, move |event| {
        let is_plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
        if event.key() == "F6"
            && is_plain
            && !event.default_prevented()
            && !browser::is_focus_in("dialog")
        {
            event.prevent_default();
            to_next_area(event.shift_key());
        }
    });
    on_cleanup(move || listener.remove());
}

fn to_next_area(back: bool) {
    let count = AREAS.len();
    let current = AREAS.iter().position(|(area, _)| browser::is_focus_in(area));
    let first = match (current, back) {
        (Some(current), false) => current + 1,
        (Some(current), true) => current + count - 1,
        // From outside: to the outline, or backwards to the panel.
        (None, false) => 1,
        (None, true) => count - 1,
    };
    for step in 0..count {
        let (area, target) =
            AREAS[(if back { first + count - step } else { first + step }) % count];
        if browser::focus_in(area, target) || browser::focus_in(area, "[tabindex]") {
            return;
        }
    }
}

/// What the keys of the whole editor do.
#[derive(Clone, Copy)]
pub struct Shortcuts {
    actions: Actions,
    announcer: Announcer,
    canvas: CanvasView,
    graph: GraphState,
    navigation: Navigation,
    panels: Panels,
    pointer: PointerTool,
    selection: Selection,
    version: OpenVersion,
    /// The dialogs that keys open.
    help: RwSignal<bool>,
    publishing: RwSignal<bool>,
}

impl Shortcuts {
    pub fn new(pointer: PointerTool, help: RwSignal<bool>, publishing: RwSignal<bool>) -> Self {
        Self {
            actions: Actions::here(),
            announcer: Announcer::here(),
            canvas: CanvasView::here(),
            graph: GraphState::here(),
            navigation: Navigation::here(),
            panels: Panels::here(),
            pointer,
            selection: Selection::here(),
            version: OpenVersion::here(),
            help,
            publishing,
        }
    }

    pub fn on_key(&self, event: &KeyboardEvent) {
        if event.default_prevented() || browser::is_in_field(event.target()) {
            return;
        }
        let is_command = event.ctrl_key() || event.meta_key();
        let key = event.key();
        let is_handled = if is_command {
            self.on_command(&key.to_lowercase(), event.shift_key())
        } else {
            self.on_plain(event)
        };
        if key == " "
            && !is_command
            && browser::closest(event.target(), "button, a, [role=treeitem], summary").is_none()
        {
            self.pointer.is_space_down.set_value(true);
            event.prevent_default();
        } else if is_handled {
            event.prevent_default();
        }
    }

    fn on_command(&self, key: &str, shift: bool) -> bool {
        match key {
            "z" if shift => self.graph.redo(),
            "z" => self.graph.undo(),
            "y" => self.graph.redo(),
            "d" => self.actions.duplicate_selected(),
            "a" => self.actions.select_all(),
            _ => return false,
        }
        true
    }

    fn on_plain(&self, event: &KeyboardEvent) -> bool {
        if event.alt_key() {
            return false;
        }
        match event.key().as_str() {
            // A button of a form is not the step that the form is about.
            "Delete" | "Backspace"
                if browser::closest(event.target(), ".side-panel, .editor-bar").is_some() =>
            {
                return false;
            }
            "Delete" | "Backspace" => self.actions.delete_selected(),
            "+" | "=" => self.canvas.zoom(1.25),
            "-" | "−" => self.canvas.zoom(0.8),
            "0" => self.canvas.fit(),
            "l" | "L" => self.actions.align(self.graph.direction.get_untracked()),
            "o" | "O" => {
                let row = self.selection.focused_row.get_untracked().unwrap_or_default();
                browser::focus(&row_id(&row));
            }
            "a" | "A" => {
                browser::focus_in(".step-tools", "select[name='new-step']");
            }
            "s" | "S" => self.navigation.open_panel(SidePanel::Settings),
            "c" | "C" => self.navigation.open_panel(SidePanel::Problems),
            "t" | "T" => self.navigation.open_panel(SidePanel::Simulation),
            "p" | "P" if self.version.can_publish() => self.publishing.set(true),
            "?" => self.help.set(true),
            "Escape" => {
                self.panels.step_picker.set(None);
                self.selection.select(BTreeSet::new());
            }
            _ => return false,
        }
        true
    }

    /// Listens to the clipboard while the editor is there.
    pub fn listen_to_clipboard(self) {
        let is_ours = |target| browser::has_focus() && !browser::is_in_field(target);
        let copied = window_event_listener(ev::copy, move |event| {
            if is_ours(event.target()) {
                self.put_on_clipboard(&event, "copied");
            }
        });
        let cut = window_event_listener(ev::cut, move |event| {
            if is_ours(event.target())
                && self.version.can_edit_graph()
                && self.put_on_clipboard(&event, "cut")
            {
                self.actions.delete_selected();
            }
        });
        let pasted = window_event_listener(ev::paste, move |event| {
            if is_ours(event.target()) {
                self.paste(&event);
            }
        });
        on_cleanup(move || {
            copied.remove();
            cut.remove();
            pasted.remove();
        });
    }

    fn paste(&self, event: &web_sys::ClipboardEvent) {
        let text = event
            .clipboard_data()
            .and_then(|data| data.get_data("text/plain").ok())
            .unwrap_or_default();
        match ClipboardGraph::from_text(&text) {
            None => self.announcer.say("The clipboard holds no steps of a journey.".to_string()),
            Some(Err(sentence)) => self.announcer.say(sentence),
            Some(Ok(fragment)) => {
                event.prevent_default();
                self.actions.paste(fragment);
            }
        }
    }

    fn put_on_clipboard(&self, event: &web_sys::ClipboardEvent, what: &str) -> bool {
        let (Some(copied), Some(data)) = (self.actions.copy_selected(), event.clipboard_data())
        else {
            return false;
        };
        let is_done = data.set_data("text/plain", &copied.to_text()).is_ok();
        if is_done {
            event.prevent_default();
            self.announcer.say(self.selection.sentence(what));
        }
        is_done
    }
}
