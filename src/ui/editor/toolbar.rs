//! The bar above the canvas: what can be done to the version, and whether it is saved.

use leptos::prelude::*;

use super::{
    actions::Actions,
    browser,
    context::{GraphState, OpenVersion, Panels, Problems, SaveState, SaveStatus, SidePanel},
    icons::{EditorIcon, MarkIcon},
    navigation::Navigation,
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
    let open_version = OpenVersion::here();
    let graph = GraphState::here();
    let actions = Actions::here();
    let document = open_version.document();
    let can_begin = open_version.mode != EditMode::Draft && !document.archived;
    let can_undo = Signal::derive(move || graph.can_undo_redo.get().0);
    let can_redo = Signal::derive(move || graph.can_undo_redo.get().1);
    let can_align = Signal::stored(open_version.can_edit_content());
    view! {
        <div class="editor-bar" role="toolbar" aria-label="Editor">
            <div class="editor-bar-group">
                <ToolButton label="Undo" hint="Ctrl + Z" mark=EditorIcon::Undo enabled=can_undo press=Callback::new(move |()| graph.undo()) />
                <ToolButton label="Redo" hint="Ctrl + Y" mark=EditorIcon::Redo enabled=can_redo press=Callback::new(move |()| graph.redo()) />
            </div>
            <div class="editor-bar-group">
                <ToolButton
                    label="Align from top to bottom"
                    hint="L"
                    mark=EditorIcon::AlignDown
                    enabled=can_align
                    press=Callback::new(move |()| actions.align(LayoutDirection::Down))
                />
                <ToolButton
                    label="Align from left to right"
                    hint=""
                    mark=EditorIcon::AlignRight
                    enabled=can_align
                    press=Callback::new(move |()| actions.align(LayoutDirection::Right))
                />
            </div>
            <ToolButton label="Keyboard shortcuts" hint="?" mark=EditorIcon::Help enabled=Signal::stored(true) press=Callback::new(move |()| help.set(true)) />
            <SaveIndicator />
            <div class="editor-bar-group editor-bar-end">
                <VersionPicker />
                <SideButton side=SidePanel::Step label="Step" />
                <SideButton side=SidePanel::Settings label="Settings" />
                <ProblemsButton />
                <SideButton side=SidePanel::Simulation label="Simulation" />
                {can_begin
                    .then(|| {
                        view! {
                            <button class="button needs-creator" r#type="button" on:click=move |_| beginning.run(())>
                                "New version"
                            </button>
                        }
                    })}
                {open_version.can_publish()
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
fn ToolButton(
    label: &'static str,
    hint: &'static str,
    mark: EditorIcon,
    enabled: Signal<bool>,
    press: Callback<()>,
) -> impl IntoView {
    let title = if hint.is_empty() { label.to_string() } else { format!("{label} ({hint})") };
    view! {
        <button class="icon-button" r#type="button" aria-label=label title=title aria-disabled=move || (!enabled.get()).to_string() on:click=move |_| press.run(())>
            <MarkIcon mark=mark />
        </button>
    }
}

#[component]
fn SideButton(side: SidePanel, label: &'static str) -> impl IntoView {
    let panels = Panels::here();
    let navigation = Navigation::here();
    let open = move |_| navigation.show_panel(side);
    view! {
        <button class="button" r#type="button" aria-pressed=move || (panels.side.get() == side).to_string() on:click=open>
            {label}
        </button>
    }
}

#[component]
fn ProblemsButton() -> impl IntoView {
    let panels = Panels::here();
    let problems = Problems::here();
    let counts = Memo::new(move |_| {
        let all = problems.found.read();
        let errors = all.iter().filter(|problem| problem.severity == Severity::Error).count();
        (errors, all.len() - errors)
    });
    let summary = move || match counts.get() {
        (0, 0) => ": no problems".to_string(),
        (errors, warnings) => {
            format!(": {}, {}", count(errors, "error"), count(warnings, "warning"))
        }
    };
    let navigation = Navigation::here();
    let open = move |_| navigation.show_panel(SidePanel::Problems);
    view! {
        <button
            class="button checks-button"
            class:checks-wrong=move || { counts.get().0 > 0 }
            r#type="button"
            aria-pressed=move || (panels.side.get() == SidePanel::Problems).to_string()
            on:click=open
        >
            {move || {
                let symbol = if counts.get() == (0, 0) { Symbol::Check } else { Symbol::Alert };
                view! { <Icon symbol=symbol /> }
            }}
            <span>"Checks" <span class="visually-hidden">{summary}</span></span>
            {move || {
                let (errors, warnings) = counts.get();
                (errors + warnings > 0).then(|| view! { <span class="button-count" aria-hidden="true">{errors + warnings}</span> })
            }}
        </button>
    }
}

fn count(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Whether the version is saved.
#[component]
fn SaveIndicator() -> impl IntoView {
    let open_version = OpenVersion::here();
    let save_status = SaveStatus::here();
    let text = move || match save_status.state.get() {
        _ if open_version.mode == EditMode::Read => String::new(),
        SaveState::Saved => "Saved".to_string(),
        SaveState::Unsaved => "Not saved yet".to_string(),
        SaveState::Saving => "Saving…".to_string(),
        SaveState::Offline => {
            "Not saved: no connection. Changes are kept here and saved when it is back".to_string()
        }
        SaveState::Blocked(why) => format!("Not saved: {why}"),
        SaveState::Conflict(_) => "Not saved: someone else saved this draft".to_string(),
    };
    let class = move || match save_status.state.get() {
        SaveState::Saved | SaveState::Unsaved | SaveState::Saving => "saving",
        SaveState::Offline | SaveState::Blocked(_) | SaveState::Conflict(_) => "saving saving-held",
    };
    view! {
        <p class=class role="status" aria-label="Saving">
            {text}
        </p>
    }
}

/// The versions of the journey; choosing one opens it.
#[component]
fn VersionPicker() -> impl IntoView {
    let open_version = OpenVersion::here();
    let document = open_version.document();
    let (journey, current) = (document.journey, document.version);
    let options: Vec<(i64, String)> = document
        .versions
        .iter()
        .map(|option| {
            let at = option
                .published_at
                .map(|at: Timestamp| format!(", {}", at.short_date()))
                .unwrap_or_default();
            (option.number, format!("Version {} · {}{at}", option.number, option.status))
        })
        .collect();
    if options.len() < 2 {
        let text = options.into_iter().next().map(|(_, text)| text).unwrap_or_default();
        return view! { <span class="hint version-only">{text}</span> }.into_any();
    }
    let open = move |event| {
        let number = event_target_value(&event);
        browser::open_address(&format!("/journeys/{journey}/edit?version={number}"));
    };
    view! {
        <label class="version-select">
            <span class="visually-hidden">"Version"</span>
            <select on:change=open>
                {options
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
