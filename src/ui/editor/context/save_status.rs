//! Whether the server has what is edited.

use std::sync::Arc;

use leptos::prelude::*;
use wayfare_domain::{
    access::actor::ActorRef, graph::Graph, journeys::settings::Settings, time::Timestamp,
    versions::EditorDocument,
};

/// The state of saving.
#[derive(Debug, Clone, PartialEq)]
pub enum SaveState {
    Saved,
    Unsaved,
    Saving,
    /// The server cannot be reached; it is tried again without help.
    Offline,
    /// Not saved until something is corrected: a sentence.
    Blocked(String),
    Conflict(Box<ConflictingVersion>),
}

impl SaveState {
    pub fn is_conflict(&self) -> bool {
        matches!(self, SaveState::Conflict(_))
    }
}

/// What someone else saved.
#[derive(Debug, Clone, PartialEq)]
pub struct ConflictingVersion {
    pub document: EditorDocument,
    pub by: String,
    pub at: String,
}

impl ConflictingVersion {
    pub fn new(document: EditorDocument, by: Option<ActorRef>, at: Option<Timestamp>) -> Self {
        let by = by.map_or_else(|| "Someone else".to_string(), |person| person.name);
        Self { document, by, at: at.map(Timestamp::long_date).unwrap_or_default() }
    }
}

/// Shared by the autosave, which sets it, and what shows it.
#[derive(Clone, Copy)]
pub struct SaveStatus {
    pub state: RwSignal<SaveState>,
    /// The revision on the server that the next save replaces.
    pub revision: StoredValue<i64>,
    /// What the server had when it last saved this editor; none where changes of an earlier visit
    /// were restored.
    pub server_content: StoredValue<Option<Arc<(Graph, Settings)>>>,
}

impl SaveStatus {
    pub(super) fn new(document: &EditorDocument) -> Self {
        let content = Arc::new((document.graph.clone(), document.settings.clone()));
        Self {
            state: RwSignal::new(SaveState::Saved),
            revision: StoredValue::new(document.revision),
            server_content: StoredValue::new(Some(content)),
        }
    }

    pub fn here() -> Self {
        expect_context()
    }

    pub fn is_in_conflict(&self) -> bool {
        self.state.with_untracked(SaveState::is_conflict)
    }
}
