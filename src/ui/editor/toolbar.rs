//! The bar above the canvas: what can be done to the whole, and how it stands with saving.

use leptos::prelude::*;

use super::{
    bench::{Bench, SaveState, SidePanel},
    browser,
    icons::{EditorIcon, MarkIcon},
};
use crate::ui::components::icon::{Icon, Symbol};
use wayfare_domain::{
    time::Timestamp,
    versions::{EditMode, Severity},
};
use wayfare_editor_model::geometry::LayoutDirection;

#[component]
pub fn Toolbar(
    help: RwSignal<bool>,
    publishing: RwSignal<bool>,
    beginning: Callback<()>,
) -> impl IntoView {
    let bench = Bench::here();
    let document = bench.document.get_value();
    let begins = bench.mode != EditMode::Draft && !document.archived;
    let undo = move |_| bench.undo();
    let redo = move |_| bench.redo();
    view! {
        <div class="editor-bar" role="toolbar" aria-label="Editor">
            <div class="editor-bar-group">
                <ToolButton label="Undo" hint="Ctrl + Z" mark=EditorIcon::Undo off=Signal::derive(move || !bench.history.get().0) press=undo />
                <ToolButton label="Redo" hint="Ctrl + Y" mark=EditorIcon::Redo off=Signal::derive(move || !bench.history.get().1) press=redo />
            </div>
            <div class="editor-bar-group">
                <ToolButton
                    label="Align from top to bottom"
                    hint="L"
                    mark=EditorIcon::AlignDown
                    off=Signal::derive(move || !bench.can_write())
                    press=move |_| bench.align(LayoutDirection::Down)
                />
                <ToolButton
                    label="Align from left to right"
                    hint=""
                    mark=EditorIcon::AlignRight
                    off=Signal::derive(move || !bench.can_write())
                    press=move |_| bench.align(LayoutDirection::Right)
                />
            </div>
            <ToolButton label="Keyboard shortcuts" hint="?" mark=EditorIcon::Help off=Signal::derive(|| false) press=move |_| help.set(true) />
            <Saving />
            <div class="editor-bar-group editor-bar-end">
                <Versions />
                <SideButton side=SidePanel::Step label="Step" />
                <SideButton side=SidePanel::Settings label="Settings" />
                <ChecksButton />
                <SideButton side=SidePanel::Trial label="Simulation" />
                {begins
                    .then(|| {
                        view! {
                            <button class="button needs-creator" r#type="button" on:click=move |_| beginning.run(())>
                                "New version"
                            </button>
                        }
                    })}
                {bench
                    .publishes()
                    .then(|| {
                        view! {
                            <button class="button button-primary" r#type="button" on:click=move |_| publishing.set(true)>
                                "Publish…"
                            </button>
                        }
                    })}
            </div>
        </div>
    }
}

#[component]
fn ToolButton<F>(
    label: &'static str,
    hint: &'static str,
    mark: EditorIcon,
    off: Signal<bool>,
    press: F,
) -> impl IntoView
where
    F: Fn(leptos::ev::MouseEvent) + Clone + Send + Sync + 'static,
{
    let title = if hint.is_empty() { label.to_string() } else { format!("{label} ({hint})") };
    view! {
        <button class="icon-button" r#type="button" aria-label=label title=title aria-disabled=move || off.get().to_string() on:click=press>
            <MarkIcon mark=mark />
        </button>
    }
}

#[component]
fn SideButton(side: SidePanel, label: &'static str) -> impl IntoView {
    let bench = Bench::here();
    let open = move |_| {
        bench.side.set(side);
        browser::later(|| browser::focus("panel-title"));
    };
    view! {
        <button class="button" r#type="button" aria-pressed=move || (bench.side.get() == side).to_string() on:click=open>
            {label}
        </button>
    }
}

#[component]
fn ChecksButton() -> impl IntoView {
    let bench = Bench::here();
    let counts = Memo::new(move |_| {
        let checks = bench.checks.read();
        let errors = checks.iter().filter(|check| check.severity == Severity::Error).count();
        (errors, checks.len() - errors)
    });
    let words = move || match counts.get() {
        (0, 0) => ": no problems".to_string(),
        (errors, warnings) => {
            format!(": {}, {}", count(errors, "error"), count(warnings, "warning"))
        }
    };
    let open = move |_| {
        bench.side.set(SidePanel::Checks);
        browser::later(|| browser::focus("panel-title"));
    };
    view! {
        <button
            class="button checks-button"
            class:checks-wrong=move || { counts.get().0 > 0 }
            r#type="button"
            aria-pressed=move || (bench.side.get() == SidePanel::Checks).to_string()
            on:click=open
        >
            {move || {
                let symbol = if counts.get() == (0, 0) { Symbol::Check } else { Symbol::Alert };
                view! { <Icon symbol=symbol /> }
            }}
            <span>"Checks" <span class="visually-hidden">{words}</span></span>
            {move || {
                let (errors, warnings) = counts.get();
                (errors + warnings > 0).then(|| view! { <span class="button-count" aria-hidden="true">{errors + warnings}</span> })
            }}
        </button>
    }
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// How it stands with saving. Only what needs attention is said aloud.
#[component]
fn Saving() -> impl IntoView {
    let bench = Bench::here();
    let text = move || match bench.saving.get() {
        _ if bench.mode == EditMode::Read => String::new(),
        SaveState::Saved => "Saved".to_string(),
        SaveState::Unsaved => "Not saved yet".to_string(),
        SaveState::Saving => "Saving…".to_string(),
        SaveState::Offline => {
            "Not saved: no connection. Changes are kept here and saved when it is back".to_string()
        }
        SaveState::Held(why) => format!("Not saved: {why}"),
        SaveState::Conflict(_) => "Not saved: someone else saved this draft".to_string(),
    };
    let state = move || match bench.saving.get() {
        SaveState::Saved | SaveState::Unsaved | SaveState::Saving => "saving",
        SaveState::Offline | SaveState::Held(_) | SaveState::Conflict(_) => "saving saving-held",
    };
    view! {
        <p class=state role="status" aria-label="Saving">
            {text}
        </p>
    }
}

/// The versions of the journey; choosing one opens it.
#[component]
fn Versions() -> impl IntoView {
    let bench = Bench::here();
    let document = bench.document.get_value();
    let (journey, current) = (document.journey, document.version);
    let lines: Vec<(i64, String)> = document
        .versions
        .iter()
        .map(|line| {
            let at = line
                .published_at
                .map(|at: Timestamp| format!(", {}", at.short_date()))
                .unwrap_or_default();
            (line.number, format!("Version {} · {}{at}", line.number, line.status))
        })
        .collect();
    if lines.len() < 2 {
        let text = lines.into_iter().next().map(|(_, text)| text).unwrap_or_default();
        return view! { <span class="hint version-only">{text}</span> }.into_any();
    }
    let open = move |event| {
        let number = event_target_value(&event);
        browser::go_to(&format!("/journeys/{journey}/edit?version={number}"));
    };
    view! {
        <label class="version-select">
            <span class="visually-hidden">"Version"</span>
            <select on:change=open>
                {lines
                    .into_iter()
                    .map(|(number, text)| {
                        view! {
                            <option value=number.to_string() selected=number == current>
                                {text}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </label>
    }
    .into_any()
}
