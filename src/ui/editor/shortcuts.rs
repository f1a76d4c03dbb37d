//! The keys of the whole editor, and the clipboard.

use std::collections::BTreeSet;

use leptos::{
    ev::{self, KeyboardEvent},
    prelude::*,
};

use super::{
    actions::said_chosen,
    bench::{Bench, SidePanel},
    browser,
    pointer::PointerTool,
};
use wayfare_editor_model::{clipboard::ClipboardGraph, state::EditCommand};

/// What is written into the window that `?` opens.
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

/// Windows that keys open.
#[derive(Clone, Copy)]
pub struct DialogSignals {
    pub help: RwSignal<bool>,
    pub publishing: RwSignal<bool>,
}

/// The parts of the editor, in the order in which F6 goes through them, each with what has the
/// keyboard in it.
const PARTS: [(&str, &str); 4] = [
    (".editor-bar", "button"),
    (".editor-left", "[role=treeitem][tabindex='0']"),
    (".canvas", ".step[tabindex='0']"),
    (".side-panel", ":is(input, select, textarea, button):not(:disabled)"),
];

/// F6 leads into the editor from wherever on the page the keyboard is, and around in it.
pub fn listen_to_f6() {
    let heard = window_event_listener(ev::keydown, move |event| {
        let plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
        if event.key() == "F6"
            && plain
            && !event.default_prevented()
            && !browser::closest_active("dialog")
        {
            event.prevent_default();
            to_next_part(event.shift_key());
        }
    });
    on_cleanup(move || heard.remove());
}

fn to_next_part(back: bool) {
    let count = PARTS.len();
    let here = PARTS.iter().position(|(part, _)| browser::closest_active(part));
    let first = match (here, back) {
        (Some(here), false) => here + 1,
        (Some(here), true) => here + count - 1,
        // From outside: to the outline, or backwards to the panel.
        (None, false) => 1,
        (None, true) => count - 1,
    };
    for step in 0..count {
        let (part, target) =
            PARTS[(if back { first + count - step } else { first + step }) % count];
        if browser::focus_in(part, target) || browser::focus_in(part, "[tabindex]") {
            return;
        }
    }
}

pub fn on_key(bench: Bench, hand: PointerTool, windows: DialogSignals, event: &KeyboardEvent) {
    if event.default_prevented() || browser::in_field(event.target()) {
        return;
    }
    let command = event.ctrl_key() || event.meta_key();
    let key = event.key();
    let done = if command {
        on_command(bench, &key.to_lowercase(), event.shift_key())
    } else {
        on_plain(bench, windows, event)
    };
    if key == " "
        && !command
        && browser::closest(event.target(), "button, a, [role=treeitem], summary").is_none()
    {
        hand.space.set_value(true);
        event.prevent_default();
    } else if done {
        event.prevent_default();
    }
}

fn on_command(bench: Bench, key: &str, shift: bool) -> bool {
    match key {
        "z" if shift => bench.redo(),
        "z" => bench.undo(),
        "y" => bench.redo(),
        "d" => bench.duplicate_chosen(),
        "a" => {
            let all = bench.graph(|graph| graph.nodes.iter().map(|node| node.id.clone()).collect());
            bench.choose(all);
            bench.say(said_chosen(&bench, "selected"));
        }
        _ => return false,
    }
    true
}

fn on_plain(bench: Bench, windows: DialogSignals, event: &KeyboardEvent) -> bool {
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
        "Delete" | "Backspace" => bench.delete_chosen(),
        "+" | "=" => bench.zoom(1.25),
        "-" | "−" => bench.zoom(0.8),
        "0" => bench.fit(),
        "l" | "L" => bench.align(bench.direction.get_untracked()),
        "o" | "O" => {
            let row = bench.row.get_untracked().unwrap_or_default();
            browser::focus(&super::bench::row_id(&row));
        }
        "a" | "A" => {
            browser::focus_in(".step-tools", "select[name='new-step']");
        }
        "s" | "S" => to_panel(bench, SidePanel::Settings),
        "c" | "C" => to_panel(bench, SidePanel::Checks),
        "t" | "T" => to_panel(bench, SidePanel::Trial),
        "p" | "P" if bench.publishes() => windows.publishing.set(true),
        "?" => windows.help.set(true),
        "Escape" => {
            bench.picker.set(None);
            bench.choose(BTreeSet::new());
        }
        _ => return false,
    }
    true
}

fn to_panel(bench: Bench, side: SidePanel) {
    bench.side.set(side);
    browser::later(|| browser::focus_first_field("panel-form"));
}

/// Listens to the clipboard while the editor is there.
pub fn listen_to_clipboard(bench: Bench) {
    let ours = |target| browser::has_keyboard() && !browser::in_field(target);
    let copied = window_event_listener(ev::copy, move |event| {
        if ours(event.target()) {
            put_on_clipboard(bench, &event, "copied");
        }
    });
    let cut = window_event_listener(ev::cut, move |event| {
        if ours(event.target()) && bench.can_draw() && put_on_clipboard(bench, &event, "cut") {
            bench.delete_chosen();
        }
    });
    let pasted = window_event_listener(ev::paste, move |event| {
        if !ours(event.target()) {
            return;
        }
        let text = event
            .clipboard_data()
            .and_then(|data| data.get_data("text/plain").ok())
            .unwrap_or_default();
        match ClipboardGraph::from_text(&text) {
            None => bench.say("The clipboard holds no steps of a journey.".to_string()),
            Some(Err(sentence)) => bench.say(sentence),
            Some(Ok(fragment)) => {
                event.prevent_default();
                bench.apply(&EditCommand::Paste { fragment, at: None }, |bench| {
                    said_chosen(bench, "pasted")
                });
                if let Some(first) = bench.chosen.read_untracked().first().cloned() {
                    bench.reveal(&first);
                }
            }
        }
    });
    on_cleanup(move || {
        copied.remove();
        cut.remove();
        pasted.remove();
    });
}

fn put_on_clipboard(bench: Bench, event: &web_sys::ClipboardEvent, what: &str) -> bool {
    let (Some(fragment), Some(data)) = (bench.copied(), event.clipboard_data()) else {
        return false;
    };
    let done = data.set_data("text/plain", &fragment.to_text()).is_ok();
    if done {
        event.prevent_default();
        bench.say(said_chosen(&bench, what));
    }
    done
}
