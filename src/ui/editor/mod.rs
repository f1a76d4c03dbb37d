//! The editor: a program of its own in the browser, mounted into the page of a journey's edit. What
//! can be done to a graph is decided in `crates/editor-model`; here it is shown, and hands and keys
//! are read.

mod actions;
mod autosave;
mod bench;
mod browser;
mod canvas;
mod conflict;
mod connector_layout;
mod connectors;
mod dialogs;
mod icons;
mod minimap;
mod node_drag;
mod node_profiles;
mod outline;
mod outline_tree;
mod palette;
mod panel;
mod pointer;
mod preview;
mod run_overlay;
mod shortcuts;
mod step_box;
mod toolbar;

use std::sync::Arc;

use leptos::{html, prelude::*, task::spawn_local};

use self::{
    autosave::{Autosave, LocalBackup, kept, storage_key},
    bench::{Bench, ConflictingVersion, SaveState},
    canvas::Canvas,
    conflict::ConflictWindow,
    dialogs::{Help, PeopleWindow, PublishWindow},
    outline::Outline,
    palette::Palette,
    panel::Panel,
    pointer::PointerTool,
    preview::PreviewWindow,
    toolbar::Toolbar,
};
use super::{
    components::state::{ErrorState, LoadingState},
    dom,
};
use crate::api::{
    AppError,
    editor::{begin_version, open_editor, version_stats},
};
use wayfare_domain::{journeys::status::Status, versions::EditorDocument};
use wayfare_editor_model::state::EditCommand;

/// Puts the editor into its place on the page.
pub fn mount() {
    let Some(place) = browser::place() else { return };
    place.element.set_text_content(None);
    let _ = place.element.set_attribute("data-alive", "true");
    let (journey, version) = (place.journey, place.version);
    leptos::mount::mount_to(
        place.element,
        move || view! { <Editor journey=journey version=version /> },
    )
    .forget();
}

#[component]
fn Editor(journey: String, version: Option<i64>) -> impl IntoView {
    let opened = RwSignal::new(None::<Result<Arc<EditorDocument>, AppError>>);
    spawn_local(async move { opened.set(Some(open_editor(journey, version).await.map(Arc::new))) });
    move || match opened.get() {
        None => view! { <LoadingState rows=8 /> }.into_any(),
        Some(Err(error)) => view! { <ErrorState error=error /> }.into_any(),
        Some(Ok(document)) => view! { <Workbench document=document /> }.into_any(),
    }
}

#[component]
fn Workbench(document: Arc<EditorDocument>) -> impl IntoView {
    let journey = document.journey;
    let from = document.version;
    let why = document.why.clone();
    let left_behind = kept(&document);
    let bench = Bench::new(document.clone());
    provide_context(bench);
    let saver = Autosave::watch(bench);
    if let Some(kept) = left_behind {
        bring_back(bench, &document, kept);
    }
    let ground = NodeRef::<html::Div>::new();
    let hand = PointerTool::new(bench, ground);
    let (help, publishing) = (RwSignal::new(false), RwSignal::new(false));
    let windows = shortcuts::DialogSignals { help, publishing };
    shortcuts::listen_to_clipboard(bench);
    shortcuts::listen_to_f6();
    follow_stats(bench);
    let released = window_event_listener(leptos::ev::keyup, move |event| {
        if event.key() == " " {
            hand.space.set_value(false);
        }
    });
    on_cleanup(move || released.remove());
    let beginning = Callback::new(move |()| {
        spawn_local(async move {
            match begin_version(journey.to_string(), Some(from)).await {
                Ok(draft) => {
                    browser::go_to(&format!("/journeys/{journey}/edit?version={}", draft.version))
                }
                Err(error) => bench.say(error.sentence()),
            }
        });
    });
    view! {
        <div
            class="editor"
            on:keydown=move |event| shortcuts::on_key(bench, hand, windows, &event)
            on:focusin=move |event| browser::remember_place(event.target())
        >
            <Toolbar help=help publishing=publishing beginning=beginning />
            {why.map(|why| view! { <p class="editor-note" role="note">{why}</p> })}
            <div class="editor-room">
                <div class="editor-left">
                    <Outline />
                    {bench.can_draw().then(|| view! { <Palette hand=hand /> })}
                </div>
                <Canvas ground=ground hand=hand />
                <Panel />
            </div>
            <p class="editor-said" role="status" aria-label="Last action">
                {bench.said}
            </p>
            <Help open=help />
            <PublishWindow open=publishing saver=saver />
            <ConflictWindow saver=saver />
            <PeopleWindow />
            <PreviewWindow />
        </div>
    }
}

/// Of a published version the figures follow what happens.
fn follow_stats(bench: Bench) {
    let document = bench.document.get_value();
    if document.status == Status::Draft {
        return;
    }
    let (journey, version) = (document.journey.to_string(), document.version);
    dom::on_server_change(move || {
        let journey = journey.clone();
        spawn_local(async move {
            if let Ok(found) = version_stats(journey, version).await {
                bench.figures.try_set(
                    found.into_iter().map(|figures| (figures.node.clone(), figures)).collect(),
                );
            }
        });
    });
}

/// Work that an earlier visit could not save. Where the server has moved on since, both are shown.
fn bring_back(bench: Bench, document: &EditorDocument, kept: LocalBackup) {
    let same_ground = kept.revision == document.revision;
    if !bench.restore(kept.graph, kept.settings) {
        browser::forget(&storage_key(document));
        return;
    }
    if same_ground {
        bench.say("Unsaved changes from your last visit are restored.".to_string());
    } else {
        bench.base.set_value(None);
        let theirs = ConflictingVersion {
            document: document.clone(),
            by: "Someone else".to_string(),
            at: String::new(),
        };
        bench.saving.set(SaveState::Conflict(Box::new(theirs)));
    }
}

/// Replaces what is edited, as one step of undo.
impl Bench {
    fn restore(
        &self,
        graph: wayfare_domain::graph::Graph,
        settings: wayfare_domain::journeys::settings::Settings,
    ) -> bool {
        self.apply(
            &EditCommand::Replace { graph: Box::new(graph), settings: Box::new(settings) },
            |_| String::new(),
        )
    }
}
