//! Someone else saved: what each of both changed, and the choice between them.

use leptos::prelude::*;

use super::{
    autosave::Autosave,
    bench::{Bench, ConflictingVersion, SaveState},
    browser,
    dialogs::Window,
};
use crate::ui::components::difference::Mismatch;
use wayfare_editor_model::{
    clipboard::ClipboardGraph,
    diff::{VersionDiff, diff},
};

#[component]
pub fn ConflictWindow(saver: Autosave) -> impl IntoView {
    let bench = Bench::here();
    let theirs = Memo::new(move |_| match bench.saving.get() {
        SaveState::Conflict(theirs) => Some(*theirs),
        _ => None,
    });
    let open = Signal::derive(move || theirs.read().is_some());
    // There is no third way: closed with Escape it comes back with the next change.
    let closed = move || {
        if bench.saving.with_untracked(|state| matches!(state, SaveState::Conflict(_))) {
            bench.saving.set(SaveState::Held(
                "someone else saved this draft. Change something to choose again.".to_string(),
            ));
        }
    };
    let body = move || match theirs.get() {
        Some(theirs) => view! { <Conflict theirs=theirs saver=saver /> }.into_any(),
        None => ().into_any(),
    };
    view! {
        <Window
            id="conflict-window"
            title="Someone else saved this draft"
            open=open
            closed=closed
            body=body
            class="dialog dialog-wide"
        />
    }
}

/// What both did since the editor and the server were the same; where that is not known any more,
/// what differs between them.
enum Changes {
    Both { mine: VersionDiff, theirs: VersionDiff },
    Between(VersionDiff),
}

impl Changes {
    fn of(bench: Bench, theirs: &ConflictingVersion) -> Self {
        let there = (&theirs.document.graph, &theirs.document.settings);
        bench.editor_state(|sketch| {
            let mine = (&sketch.graph, &sketch.settings);
            match bench.base.get_value() {
                Some(base) => {
                    let before = (&base.0, &base.1);
                    Changes::Both { mine: diff(before, mine), theirs: diff(before, there) }
                }
                None => Changes::Between(diff(there, mine)),
            }
        })
    }
}

#[component]
fn Conflict(theirs: ConflictingVersion, saver: Autosave) -> impl IntoView {
    let bench = Bench::here();
    let changes = Changes::of(bench, &theirs);
    let ConflictingVersion { document, by, at } = theirs;
    let when = if at.is_empty() { String::new() } else { format!(" on {at}") };
    let revision = document.revision;
    let copied = RwSignal::new("");
    let copy = move |_| {
        let text = bench.graph(|graph| ClipboardGraph::copy_from(graph, |_| true).to_text());
        let (fine, bad) = (
            "Your steps are on the clipboard.",
            "The browser blocked copying. Choose one of the two versions.",
        );
        browser::copy(&text, move |done| copied.set(if done { fine } else { bad }));
    };
    let take = move |_| {
        saver.discard();
        reopen();
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
                            <Mismatch difference=mine />
                        </section>
                        <section class="both-side" aria-labelledby="theirs-title" tabindex="0">
                            {heading("theirs-title", "What they changed")}
                            <Mismatch difference=theirs />
                        </section>
                    </div>
                }
                    .into_any()
            }
            Changes::Between(difference) => {
                view! {
                    <section class="both-side" aria-labelledby="between-title" tabindex="0">
                        {heading("between-title", "From theirs to yours")}
                        <Mismatch difference=difference />
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
            <button class="button" r#type="button" on:click=take>
                "Use their version"
            </button>
            <button class="button button-primary" r#type="button" on:click=move |_| saver.overwrite(revision)>
                "Keep my version"
            </button>
        </div>
    }
}

fn reopen() {
    let _ = window().location().reload();
}
