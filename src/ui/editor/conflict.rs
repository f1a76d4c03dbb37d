//! Someone else saved: what each of both changed, and the choice between them.

use leptos::prelude::*;

use super::{
    autosave::Autosave,
    browser,
    context::{ConflictingVersion, GraphState, SaveState, SaveStatus},
    dialogs::Dialog,
};
use crate::ui::components::difference::VersionDifferences;
use wayfare_editor_model::{
    clipboard::ClipboardGraph,
    diff::{VersionDiff, diff},
};

#[component]
pub fn ConflictDialog(autosave: Autosave) -> impl IntoView {
    let save_status = SaveStatus::here();
    let theirs = Memo::new(move |_| match save_status.state.get() {
        SaveState::Conflict(theirs) => Some(*theirs),
        _ => None,
    });
    let open = Signal::derive(move || theirs.read().is_some());
    // One of both must be chosen: closed with Escape, it opens again with the next change.
    let closed = Callback::new(move |()| {
        if save_status.is_in_conflict() {
            save_status.state.set(SaveState::Blocked(
                "someone else saved this draft. Change something to choose again.".to_string(),
            ));
        }
    });
    let body = Callback::new(move |()| match theirs.get() {
        Some(theirs) => view! { <Conflict theirs=theirs autosave=autosave /> }.into_any(),
        None => ().into_any(),
    });
    view! {
        <Dialog
            id="conflict-window"
            title="Someone else saved this draft"
            open=open
            closed=closed
            body=body
            class="dialog dialog-wide"
        />
    }
}

/// What both changed since the editor and the server were the same; where that is not known, what
/// differs between them.
enum Changes {
    Both { mine: VersionDiff, theirs: VersionDiff },
    Between(VersionDiff),
}

impl Changes {
    fn of(graph: GraphState, save_status: SaveStatus, theirs: &ConflictingVersion) -> Self {
        let theirs = (&theirs.document.graph, &theirs.document.settings);
        graph.with_state(|state| {
            let mine = (&state.graph, &state.settings);
            match save_status.server_content.get_value() {
                Some(base) => {
                    let base = (&base.0, &base.1);
                    Changes::Both { mine: diff(base, mine), theirs: diff(base, theirs) }
                }
                None => Changes::Between(diff(theirs, mine)),
            }
        })
    }
}

#[component]
fn Conflict(theirs: ConflictingVersion, autosave: Autosave) -> impl IntoView {
    let graph = GraphState::here();
    let changes = Changes::of(graph, SaveStatus::here(), &theirs);
    let ConflictingVersion { document, by, at } = theirs;
    let when = if at.is_empty() { String::new() } else { format!(" on {at}") };
    let revision = document.revision;
    let copied = RwSignal::new("");
    let copy = move |_| {
        let text = graph.with_graph(|graph| ClipboardGraph::copy_from(graph, |_| true).to_text());
        browser::copy(&text, move |is_done| {
            copied.set(if is_done {
                "Your steps are on the clipboard."
            } else {
                "The browser blocked copying. Choose one of the two versions."
            });
        });
    };
    let use_theirs = move |_| {
        autosave.discard();
        let _ = window().location().reload();
    };
    let heading = |id, text| view! { <p class="both-title" id=id>{text}</p> };
    view! {
        <p class="dialog-text">
            {format!("{by} saved this version{when} while you were editing it. Your changes are \
                kept; choose which version stays.")}
        </p>
        {match changes {
            Changes::Both { mine, theirs } => {
                view! {
                    <div class="both">
                        <section class="both-side" aria-labelledby="mine-title" tabindex="0">
                            {heading("mine-title", "What you changed")}
                            <VersionDifferences difference=mine />
                        </section>
                        <section class="both-side" aria-labelledby="theirs-title" tabindex="0">
                            {heading("theirs-title", "What they changed")}
                            <VersionDifferences difference=theirs />
                        </section>
                    </div>
                }
                    .into_any()
            }
            Changes::Between(difference) => {
                view! {
                    <section class="both-side" aria-labelledby="between-title" tabindex="0">
                        {heading("between-title", "From theirs to yours")}
                        <VersionDifferences difference=difference />
                    </section>
                }
                    .into_any()
            }
        }}
        <p class="hint">
            "Copied steps can be pasted into their version or into another journey."
            <span role="status">" " {copied}</span>
        </p>
        <div class="dialog-actions">
            <button class="button dialog-aside" r#type="button" on:click=copy>
                "Copy my steps"
            </button>
            <button class="button" r#type="button" on:click=use_theirs>
                "Use their version"
            </button>
            <button class="button button-primary" r#type="button" on:click=move |_| autosave.overwrite(revision)>
                "Keep my version"
            </button>
        </div>
    }
}
