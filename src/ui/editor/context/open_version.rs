//! The version that is open, as the server gave it.

use std::sync::Arc;

use leptos::prelude::*;
use wayfare_domain::versions::{EditMode, EditorDocument};

/// The document that was opened, and what this person may do with it.
#[derive(Clone, Copy)]
pub struct OpenVersion {
    document: StoredValue<Arc<EditorDocument>>,
    pub mode: EditMode,
}

impl OpenVersion {
    pub(super) fn new(document: Arc<EditorDocument>) -> Self {
        Self { mode: document.mode, document: StoredValue::new(document) }
    }

    pub fn here() -> Self {
        expect_context()
    }

    pub fn document(&self) -> Arc<EditorDocument> {
        self.document.get_value()
    }

    /// Whether steps, connectors and settings can be edited.
    pub fn can_edit_graph(&self) -> bool {
        self.mode == EditMode::Draft
    }

    /// Whether texts, names and positions can be edited.
    pub fn can_edit_content(&self) -> bool {
        self.mode != EditMode::Read
    }

    /// Whether this person may publish what is edited.
    pub fn can_publish(&self) -> bool {
        self.can_edit_graph() && self.document.with_value(|document| document.may_publish)
    }
}
