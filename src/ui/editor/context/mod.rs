//! What the parts of the editor share, as contexts: each is `Copy`, is provided once when the
//! version is opened, and is asked for only where it is used. [`GraphState`] is the only one that
//! applies an [`EditCommand`](wayfare_editor_model::state::EditCommand); the others learn of a
//! change by its generation.

mod announcer;
mod canvas_view;
mod connector_layout;
mod graph_state;
mod open_version;
mod overlay;
mod panels;
mod problems;
mod run_overlay;
mod save_status;
mod selection;

use std::sync::Arc;

use leptos::prelude::*;
use wayfare_domain::versions::EditorDocument;

pub use self::{
    announcer::Announcer,
    canvas_view::CanvasView,
    connector_layout::DraggedConnector,
    graph_state::{GraphState, NodeView, OutletView},
    open_version::OpenVersion,
    overlay::Overlay,
    panels::{Panels, SidePanel, StepPickerState},
    problems::Problems,
    run_overlay::RunOverlay,
    save_status::{ConflictingVersion, SaveState, SaveStatus},
    selection::Selection,
};

/// Provides all of them for the version that was opened.
pub fn provide(document: Arc<EditorDocument>) {
    let announcer = Announcer::new();
    let version = OpenVersion::new(document.clone());
    let graph = GraphState::new(&document, announcer);
    let panels = Panels::new();
    provide_context(announcer);
    provide_context(version);
    provide_context(graph);
    provide_context(panels);
    provide_context(CanvasView::new(graph));
    provide_context(Selection::new(graph, panels));
    provide_context(Problems::new(version, graph));
    provide_context(Overlay::new(&document));
    provide_context(SaveStatus::new(&document));
}
