//! The editor: a program of its own in the browser, mounted into the page of a journey's edit. What
//! can be done to a graph is decided in `crates/editor-model`; here it is shown, and pointer and
//! keys are read. What its parts share is in [`context`].

mod actions;
mod autosave;
mod browser;
mod canvas;
mod conflict;
mod connectors;
mod context;
mod dialogs;
mod icons;
mod minimap;
mod navigation;
mod node_drag;
mod node_profiles;
mod outline;
mod outline_tree;
mod palette;
mod panel;
mod pointer;
mod preview;
mod shortcuts;
mod step_box;
mod toolbar;
mod wheel;

use std::sync::Arc;

use leptos::{html, prelude::*, task::spawn_local};

use self::{
    autosave::{Autosave, LocalBackup, find_backup, storage_key},
    canvas::Canvas,
    conflict::ConflictDialog,
    context::{
        Announcer, ConflictingVersion, GraphState, OpenVersion, Overlay, SaveState, SaveStatus,
    },
    dialogs::{ProfilesDialog, PublishDialog, ShortcutsDialog},
    outline::Outline,
    palette::Palette,
    panel::Panel,
    pointer::PointerTool,
    preview::PreviewDialog,
    shortcuts::Shortcuts,
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

/// Puts the editor into its element on the page.
pub fn mount() {
    let Some(mount_point) = browser::find_mount_point() else { return };
    mount_point.element.set_text_content(None);
    let _ = mount_point.element.set_attribute("data-alive", "true");
    let (journey, version) = (mount_point.journey, mount_point.version);
    leptos::mount::mount_to(
        mount_point.element,
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
        Some(Ok(document)) => view! { <VersionEditor document=document /> }.into_any(),
    }
}

/// The editor of the version that was opened. All contexts are provided here.
#[component]
fn VersionEditor(document: Arc<EditorDocument>) -> impl IntoView {
    let journey = document.journey;
    let from = document.version;
    let why = document.why.clone();
    let backup = find_backup(&document);
    context::provide(document.clone());
    let autosave = Autosave::start();
    if let Some(backup) = backup {
        restore(&document, backup);
    }
    let canvas_element = NodeRef::<html::Div>::new();
    let pointer = PointerTool::new(canvas_element);
    let (help, publishing) = (RwSignal::new(false), RwSignal::new(false));
    let shortcuts = Shortcuts::new(pointer, help, publishing);
    shortcuts.listen_to_clipboard();
    shortcuts::listen_to_f6();
    follow_stats(&document);
    let released = window_event_listener(leptos::ev::keyup, move |event| {
        if event.key() == " " {
            pointer.is_space_down.set_value(false);
        }
    });
    on_cleanup(move || released.remove());
    let announcer = Announcer::here();
    let beginning = Callback::new(move |()| {
        spawn_local(async move {
            match begin_version(journey.to_string(), Some(from)).await {
                Ok(draft) => browser::open_address(&format!(
                    "/journeys/{journey}/edit?version={}",
                    draft.version
                )),
                Err(error) => announcer.say(error.sentence()),
            }
        });
    });
    let can_edit_graph = OpenVersion::here().can_edit_graph();
    view! {
        <div
            class="editor"
            on:keydown=move |event| shortcuts.on_key(&event)
            on:focusin=move |event| browser::remember_focus(event.target())
        >
            <Toolbar help=help publishing=publishing beginning=beginning />
            {why.map(|why| view! { <p class="editor-note" role="note">{why}</p> })}
            <div class="editor-room">
                <div class="editor-left">
                    <Outline />
                    {can_edit_graph.then(|| view! { <Palette pointer=pointer /> })}
                </div>
                <Canvas element=canvas_element pointer=pointer />
                <Panel />
            </div>
            <p class="editor-said" role="status" aria-label="Last action">
                {announcer.sentence}
            </p>
            <ShortcutsDialog open=help />
            <PublishDialog open=publishing autosave=autosave />
            <ConflictDialog autosave=autosave />
            <ProfilesDialog />
            <PreviewDialog />
        </div>
    }
}

/// Keeps the stats of a published version up to date.
fn follow_stats(document: &EditorDocument) {
    if document.status == Status::Draft {
        return;
    }
    let overlay = Overlay::here();
    let (journey, version) = (document.journey.to_string(), document.version);
    dom::on_server_change(move || {
        let journey = journey.clone();
        spawn_local(async move {
            if let Ok(stats) = version_stats(journey, version).await {
                overlay.show_stats(stats);
            }
        });
    });
}

/// Restores changes that an earlier visit could not save, as one step of undo. Where the server has
/// another revision since, both are shown.
fn restore(document: &EditorDocument, backup: LocalBackup) {
    let is_same_revision = backup.revision == document.revision;
    let command =
        EditCommand::Replace { graph: Box::new(backup.graph), settings: Box::new(backup.settings) };
    if !GraphState::here().apply(&command) {
        browser::remove_from_storage(&storage_key(document));
        return;
    }
    if is_same_revision {
        Announcer::here().say("Unsaved changes from your last visit are restored.".to_string());
    } else {
        let save_status = SaveStatus::here();
        save_status.server_content.set_value(None);
        let theirs = ConflictingVersion::new(document.clone(), None, None);
        save_status.state.set(SaveState::Conflict(Box::new(theirs)));
    }
}
