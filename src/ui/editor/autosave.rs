//! Saving without being asked: a moment after the last change, never twice at the same time, backed
//! up in the browser until the server has it.

use std::{sync::Arc, time::Duration};

use leptos::{ev, leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};

use super::{
    browser,
    context::{ConflictingVersion, GraphState, OpenVersion, Problems, SaveState, SaveStatus},
};
use crate::api::{AppError, editor::save_editor};
use wayfare_domain::{
    graph::Graph,
    journeys::settings::Settings,
    versions::{EditMode, EditorDocument, SaveResult, SaveVersion},
};

const SAVE_DELAY: Duration = Duration::from_millis(800);
/// Until a server that could not be reached is tried again.
const RETRY_DELAY: Duration = Duration::from_secs(5);
/// Until problems are looked for in what was typed.
const PROBLEMS_DELAY: Duration = Duration::from_millis(150);

/// What is kept in the browser while the server does not have it.
#[derive(Serialize, Deserialize)]
pub struct LocalBackup {
    pub revision: i64,
    pub graph: Graph,
    pub settings: Settings,
}

/// The key of a backup in the browser's storage.
pub fn storage_key(document: &EditorDocument) -> String {
    format!("wayfare-editor-{}-{}", document.journey, document.version)
}

/// The backup of an earlier visit, where it differs from what the server has.
pub fn find_backup(document: &EditorDocument) -> Option<LocalBackup> {
    let backup: LocalBackup =
        serde_json::from_str(&browser::read_storage(&storage_key(document))?).ok()?;
    let differs = backup.graph != document.graph || backup.settings != document.settings;
    (differs && document.mode != EditMode::Read).then_some(backup)
}

/// Saves what changes.
#[derive(Clone, Copy)]
pub struct Autosave {
    version: OpenVersion,
    graph: GraphState,
    problems: Problems,
    status: SaveStatus,
    save_timer: StoredValue<Option<TimeoutHandle>>,
    problems_timer: StoredValue<Option<TimeoutHandle>>,
    is_in_flight: StoredValue<bool>,
    /// The generation that the server has.
    saved: StoredValue<u64>,
}

impl Autosave {
    /// Follows the graph from now on.
    pub fn start() -> Self {
        let graph = GraphState::here();
        let autosave = Self {
            version: OpenVersion::here(),
            graph,
            problems: Problems::here(),
            status: SaveStatus::here(),
            save_timer: StoredValue::new(None),
            problems_timer: StoredValue::new(None),
            is_in_flight: StoredValue::new(false),
            saved: StoredValue::new(graph.generation.get_untracked()),
        };
        Effect::new(move |_| autosave.on_change(graph.generation.get()));
        autosave.listen_to_page();
        autosave
    }

    fn on_change(self, generation: u64) {
        let problems = self.problems;
        schedule(self.problems_timer, PROBLEMS_DELAY, move || problems.find());
        if generation != self.saved.get_value() {
            if !self.status.is_in_conflict() && !self.is_in_flight.get_value() {
                self.status.state.set(SaveState::Unsaved);
            }
            self.save_after(SAVE_DELAY);
        }
    }

    fn listen_to_page(self) {
        let leaving = window_event_listener_untyped("beforeunload", move |event| {
            if self.is_behind() {
                self.back_up();
                event.prevent_default();
            }
        });
        let hidden = window_event_listener_untyped("pagehide", move |_| {
            if self.is_behind() {
                self.back_up();
            }
        });
        let online = window_event_listener(ev::online, move |_| {
            if self.is_behind() {
                self.save_after(Duration::ZERO);
            }
        });
        on_cleanup(move || {
            leaving.remove();
            hidden.remove();
            online.remove();
            for timer in [self.save_timer, self.problems_timer] {
                if let Some(handle) = timer.get_value() {
                    handle.clear();
                }
            }
        });
    }

    /// Whether the server lacks changes.
    fn is_behind(&self) -> bool {
        self.graph.generation.get_untracked() != self.saved.get_value()
    }

    fn save_after(self, delay: Duration) {
        schedule(self.save_timer, delay, move || self.save());
    }

    fn content(&self) -> SaveVersion {
        let document = self.version.document();
        self.graph.with_state(|state| SaveVersion {
            journey: document.journey,
            version: document.version,
            revision: self.status.revision.get_value(),
            graph: state.graph.clone(),
            settings: state.settings.clone(),
            checked_as_draft: false,
        })
    }

    /// Keeps the content where the next visit finds it.
    fn back_up(&self) {
        let SaveVersion { revision, graph, settings, .. } = self.content();
        if let Ok(text) = serde_json::to_string(&LocalBackup { revision, graph, settings }) {
            browser::write_storage(&storage_key(&self.version.document()), &text);
        }
    }

    fn forget_backup(&self) {
        browser::remove_from_storage(&storage_key(&self.version.document()));
    }

    fn save(self) {
        if self.is_in_flight.get_value() || !self.is_behind() || self.status.is_in_conflict() {
            return;
        }
        self.back_up();
        let content = self.content();
        // What could never be stored is not sent; the form says what is wrong.
        if let Some(error) = content.graph.storage_errors().into_iter().next() {
            self.status.state.set(SaveState::Blocked(error.sentence));
            return;
        }
        let generation = self.graph.generation.get_untracked();
        self.is_in_flight.set_value(true);
        self.status.state.set(SaveState::Saving);
        let sent = Arc::new((content.graph.clone(), content.settings.clone()));
        spawn_local(async move {
            let result = save_editor(content).await;
            self.is_in_flight.try_set_value(false);
            // The page may show another version by now.
            if self.saved.try_get_value().is_some() {
                self.finish(generation, sent, result);
            }
        });
    }

    fn finish(
        self,
        generation: u64,
        sent: Arc<(Graph, Settings)>,
        result: Result<SaveResult, AppError>,
    ) {
        let status = self.status;
        match result {
            Ok(SaveResult::Done { revision, checks }) => {
                status.revision.set_value(revision);
                status.server_content.set_value(Some(sent));
                self.saved.set_value(generation);
                self.problems.add_from_server(checks);
                if self.is_behind() {
                    status.state.set(SaveState::Unsaved);
                    self.save_after(SAVE_DELAY);
                } else {
                    self.forget_backup();
                    status.state.set(SaveState::Saved);
                }
            }
            Ok(SaveResult::Conflict { theirs, by, at }) => {
                let theirs = ConflictingVersion::new(*theirs, by, at);
                status.state.set(SaveState::Conflict(Box::new(theirs)));
            }
            Err(AppError::Connection) => {
                status.state.set(SaveState::Offline);
                self.save_after(RETRY_DELAY);
            }
            Err(AppError::Crowded { seconds, .. }) => {
                status.state.set(SaveState::Unsaved);
                self.save_after(Duration::from_secs(seconds));
            }
            Err(error) => status.state.set(SaveState::Blocked(error.sentence())),
        }
    }

    /// Saves over what someone else saved.
    pub fn overwrite(self, revision: i64) {
        self.status.revision.set_value(revision);
        self.status.state.set(SaveState::Unsaved);
        // Also where nothing was changed since: what the server has is not what is edited.
        self.saved.set_value(u64::MAX);
        self.save_after(Duration::ZERO);
    }

    /// Drops the changes that the server does not have.
    pub fn discard(self) {
        self.forget_backup();
        self.saved.set_value(self.graph.generation.get_untracked());
        self.status.state.set(SaveState::Saved);
    }

    /// Saves without waiting for a pause.
    pub fn flush(self) {
        if self.is_behind() {
            self.save_after(Duration::ZERO);
        }
    }
}

/// Runs work after a delay, instead of what the timer was set to before.
fn schedule(
    timer: StoredValue<Option<TimeoutHandle>>,
    delay: Duration,
    work: impl FnOnce() + 'static,
) {
    if let Some(handle) = timer.get_value() {
        handle.clear();
    }
    timer.set_value(set_timeout_with_handle(work, delay).ok());
}
