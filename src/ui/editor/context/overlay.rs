//! What is shown over the graph: stats of the published version, and the last run.

use std::collections::HashMap;

use leptos::prelude::*;

use super::RunOverlay;
use wayfare_domain::{journeys::read_model::NodeStats, versions::EditorDocument};

/// Counts and marks on steps and connectors that are no part of the graph.
#[derive(Clone, Copy)]
pub struct Overlay {
    /// Stats of each node of a published version.
    pub stats: RwSignal<HashMap<String, NodeStats>>,
    /// What the last simulation or replay passed through.
    pub run: RwSignal<RunOverlay>,
}

impl Overlay {
    pub(super) fn new(document: &EditorDocument) -> Self {
        Self {
            stats: RwSignal::new(by_node(document.figures.clone())),
            run: RwSignal::new(RunOverlay::default()),
        }
    }

    pub fn here() -> Self {
        expect_context()
    }

    /// Shows newer stats; nothing where the editor has gone.
    pub fn show_stats(&self, stats: Vec<NodeStats>) {
        self.stats.try_set(by_node(stats));
    }
}

fn by_node(stats: Vec<NodeStats>) -> HashMap<String, NodeStats> {
    stats.into_iter().map(|stats| (stats.node.clone(), stats)).collect()
}
