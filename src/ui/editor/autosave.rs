//! Saving by itself: a moment after the last change, never twice at once, kept in the browser until
//! the server has it.

use std::{sync::Arc, time::Duration};

use leptos::{ev, leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};

use super::{
    bench::{Bench, ConflictingVersion, SaveState},
    browser,
};
use crate::api::{AppError, editor::save_editor};
use wayfare_domain::{
    access::actor::ActorRef,
    graph::Graph,
    journeys::settings::Settings,
    time::Timestamp,
    versions::{EditMode, EditorDocument, SaveResult, SaveVersion},
};

const PAUSE: Duration = Duration::from_millis(800);
/// How long until a server that was away is tried again.
const AGAIN: Duration = Duration::from_secs(5);
/// How long until the checks look at what was typed.
const LOOK: Duration = Duration::from_millis(150);

/// What is kept in the browser while the server does not have it.
#[derive(Serialize, Deserialize)]
pub struct LocalBackup {
    pub revision: i64,
    pub graph: Graph,
    pub settings: Settings,
}

/// Where it is kept.
pub fn storage_key(document: &EditorDocument) -> String {
    format!("wayfare-editor-{}-{}", document.journey, document.version)
}

/// Work that an earlier visit left behind.
pub fn kept(document: &EditorDocument) -> Option<LocalBackup> {
    let kept: LocalBackup = serde_json::from_str(&browser::recall(&storage_key(document))?).ok()?;
    let differs = kept.graph != document.graph || kept.settings != document.settings;
    (differs && document.mode != EditMode::Read).then_some(kept)
}

#[derive(Clone, Copy)]
pub struct Autosave {
    bench: Bench,
    timer: StoredValue<Option<TimeoutHandle>>,
    look: StoredValue<Option<TimeoutHandle>>,
    in_flight: StoredValue<bool>,
    /// Which state of the work the server has.
    saved: StoredValue<u64>,
}

impl Autosave {
    /// Watches the editor and saves what changes.
    pub fn watch(bench: Bench) -> Self {
        let saver = Self {
            bench,
            timer: StoredValue::new(None),
            look: StoredValue::new(None),
            in_flight: StoredValue::new(false),
            saved: StoredValue::new(bench.generation.get_untracked()),
        };
        Effect::new(move |_| {
            let generation = bench.generation.get();
            saver.look_soon();
            if generation != saver.saved.get_value() {
                let in_conflict =
                    bench.saving.with_untracked(|state| matches!(state, SaveState::Conflict(_)));
                if !in_conflict && !saver.in_flight.get_value() {
                    bench.saving.set(SaveState::Unsaved);
                }
                saver.soon(PAUSE);
            }
        });
        let leaving = window_event_listener_untyped("beforeunload", move |event| {
            if saver.is_behind() {
                saver.keep();
                event.prevent_default();
            }
        });
        let hidden = window_event_listener_untyped("pagehide", move |_| {
            if saver.is_behind() {
                saver.keep();
            }
        });
        let online = window_event_listener(ev::online, move |_| {
            if saver.is_behind() {
                saver.soon(Duration::ZERO);
            }
        });
        on_cleanup(move || {
            leaving.remove();
            hidden.remove();
            online.remove();
            for handle in
                [saver.timer, saver.look].into_iter().filter_map(|timer| timer.get_value())
            {
                handle.clear();
            }
        });
        saver
    }

    fn is_behind(&self) -> bool {
        self.bench.generation.get_untracked() != self.saved.get_value()
    }

    fn look_soon(&self) {
        let bench = self.bench;
        if let Some(handle) = self.look.get_value() {
            handle.clear();
        }
        self.look.set_value(set_timeout_with_handle(move || bench.look_over(), LOOK).ok());
    }

    fn soon(self, pause: Duration) {
        if let Some(handle) = self.timer.get_value() {
            handle.clear();
        }
        self.timer.set_value(set_timeout_with_handle(move || self.save(), pause).ok());
    }

    fn content(&self) -> SaveVersion {
        let document = self.bench.document.get_value();
        self.bench.editor_state(|sketch| SaveVersion {
            journey: document.journey,
            version: document.version,
            revision: self.bench.revision.get_value(),
            graph: sketch.graph.clone(),
            settings: sketch.settings.clone(),
        })
    }

    /// Puts the work where the next visit finds it.
    fn keep(&self) {
        let SaveVersion { revision, graph, settings, .. } = self.content();
        if let Ok(text) = serde_json::to_string(&LocalBackup { revision, graph, settings }) {
            browser::remember(&storage_key(&self.bench.document.get_value()), &text);
        }
    }

    fn save(self) {
        let waits_for_her =
            self.bench.saving.with_untracked(|state| matches!(state, SaveState::Conflict(_)));
        if self.in_flight.get_value() || !self.is_behind() || waits_for_her {
            return;
        }
        self.keep();
        let content = self.content();
        // What could never be stored is not sent; the form says what is wrong.
        if let Some(defect) = content.graph.storage_errors().into_iter().next() {
            self.bench.saving.set(SaveState::Held(defect.sentence));
            return;
        }
        let sent = self.bench.generation.get_untracked();
        self.in_flight.set_value(true);
        self.bench.saving.set(SaveState::Saving);
        let work = Arc::new((content.graph.clone(), content.settings.clone()));
        spawn_local(async move {
            let answer = save_editor(content).await;
            self.in_flight.try_set_value(false);
            // The page may show another version by now.
            if self.saved.try_get_value().is_some() {
                self.settle(sent, work, answer);
            }
        });
    }

    fn settle(self, sent: u64, work: Arc<(Graph, Settings)>, answer: Result<SaveResult, AppError>) {
        let bench = self.bench;
        match answer {
            Ok(SaveResult::Done { revision, checks }) => {
                bench.revision.set_value(revision);
                bench.base.set_value(Some(work));
                self.saved.set_value(sent);
                bench.server_checks.set(checks);
                bench.look_over();
                if self.is_behind() {
                    bench.saving.set(SaveState::Unsaved);
                    self.soon(PAUSE);
                } else {
                    browser::forget(&storage_key(&bench.document.get_value()));
                    bench.saving.set(SaveState::Saved);
                }
            }
            Ok(SaveResult::Conflict { theirs, by, at }) => {
                bench
                    .saving
                    .set(SaveState::Conflict(Box::new(ConflictingVersion::new(*theirs, by, at))));
            }
            Err(AppError::Connection) => {
                bench.saving.set(SaveState::Offline);
                self.soon(AGAIN);
            }
            Err(AppError::Crowded { seconds, .. }) => {
                bench.saving.set(SaveState::Unsaved);
                self.soon(Duration::from_secs(seconds));
            }
            Err(error) => {
                bench.saving.set(SaveState::Held(error.sentence()));
            }
        }
    }

    /// Writes theirs over what someone else saved.
    pub fn overwrite(self, revision: i64) {
        self.bench.revision.set_value(revision);
        self.bench.saving.set(SaveState::Unsaved);
        // Also where nothing was changed since: what the server has is not what is edited.
        self.saved.set_value(u64::MAX);
        self.soon(Duration::ZERO);
    }

    /// Lets go of what the server does not have: theirs is not wanted any more.
    pub fn discard(self) {
        browser::forget(&storage_key(&self.bench.document.get_value()));
        self.saved.set_value(self.bench.generation.get_untracked());
        self.bench.saving.set(SaveState::Saved);
    }

    /// Saves without waiting for a pause. Answers whether there is anything to wait for.
    pub fn flush(self) -> bool {
        if self.is_behind() {
            self.soon(Duration::ZERO);
        }
        self.is_behind() || self.in_flight.get_value()
    }
}

impl ConflictingVersion {
    fn new(document: EditorDocument, by: Option<ActorRef>, at: Option<Timestamp>) -> Self {
        let by = by.map_or_else(|| "Someone else".to_string(), |person| person.name);
        Self { document, by, at: at.map(Timestamp::long_date).unwrap_or_default() }
    }
}
