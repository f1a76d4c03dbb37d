//! What is selected, and where the keyboard is.

use std::collections::BTreeSet;

use leptos::{prelude::*, reactive::effect::ImmediateEffect};

use super::{GraphState, Panels, SidePanel, graph_state::set_if_new};
use wayfare_editor_model::outline::OutlineItem;

/// The selection of the edit history as signals, and the node and the row that Tab leads to.
#[derive(Clone, Copy)]
pub struct Selection {
    graph: GraphState,
    panels: Panels,
    /// Ids of the nodes that are selected.
    pub nodes: RwSignal<BTreeSet<String>>,
    /// The connector that was clicked, by its node and outlet.
    pub connector: RwSignal<Option<(String, String)>>,
    /// The node that Tab leads to on the canvas.
    pub focused_node: RwSignal<Option<String>>,
    /// The row that it leads to in the outline.
    pub focused_row: RwSignal<Option<String>>,
}

impl Selection {
    pub(super) fn new(graph: GraphState, panels: Panels) -> Self {
        let first = first_node(graph);
        let selection = Self {
            graph,
            panels,
            nodes: RwSignal::new(BTreeSet::new()),
            connector: RwSignal::new(None),
            focused_node: RwSignal::new(first.clone()),
            focused_row: RwSignal::new(first),
        };
        // Not deferred: what applies a command goes on with the nodes that it selected.
        ImmediateEffect::new_scoped(move || {
            graph.generation.track();
            untrack(|| selection.follow_graph());
        });
        selection
    }

    pub fn here() -> Self {
        expect_context()
    }

    pub fn select(&self, nodes: BTreeSet<String>) {
        self.graph.select(nodes);
        self.connector.set(None);
        self.show(true);
    }

    pub fn select_one(&self, id: &str) {
        self.select(BTreeSet::from([id.to_string()]));
    }

    pub fn select_connector(&self, connector: (String, String)) {
        self.select(BTreeSet::new());
        self.connector.set(Some(connector));
    }

    pub fn toggle(&self, id: &str) {
        let mut nodes = self.nodes.get_untracked();
        if !nodes.remove(id) {
            nodes.insert(id.to_string());
        }
        self.select(nodes);
    }

    pub fn contains_untracked(&self, id: &str) -> bool {
        self.nodes.with_untracked(|nodes| nodes.contains(id))
    }

    /// The selected node, where exactly one is.
    pub fn only_node(&self) -> Option<String> {
        self.nodes.with(|nodes| nodes.first().filter(|_| nodes.len() == 1).cloned())
    }

    pub fn only_node_untracked(&self) -> Option<String> {
        untrack(|| self.only_node())
    }

    /// “1 step copied.”
    pub fn sentence(&self, what: &str) -> String {
        match self.graph.with_state(|state| state.selection.len()) {
            1 => format!("1 step {what}."),
            count => format!("{count} steps {what}."),
        }
    }

    fn follow_graph(&self) {
        let is_gone = self.focused_node.with_untracked(|id| {
            id.as_ref().is_none_or(|id| self.graph.with_graph(|graph| graph.node(id).is_none()))
        });
        if is_gone {
            self.focused_node.set(first_node(self.graph));
        }
        self.show(false);
    }

    /// Shows what the history has selected. The form of a step opens where the step was selected
    /// just now.
    fn show(&self, is_new: bool) {
        let nodes = self.graph.with_state(|state| state.selection.clone());
        let is_other = self.nodes.with_untracked(|shown| *shown != nodes);
        if let Some(id) = nodes.first().filter(|_| nodes.len() == 1 && (is_new || is_other)) {
            self.focus_row_of(id);
            self.focused_node.set(Some(id.clone()));
            if self.panels.side.get_untracked() != SidePanel::Simulation {
                self.panels.side.set(SidePanel::Step);
            }
        }
        set_if_new(self.nodes, nodes);
    }

    /// A node can have several rows: one of them that is focused stays so.
    fn focus_row_of(&self, id: &str) {
        let focused = self.focused_row.get_untracked();
        let rows = self.graph.outline();
        if !rows.iter().any(|row| row.node == *id && Some(row.key()) == focused) {
            let row = rows.iter().find(|row| row.node == *id && !row.again);
            self.focused_row.set(row.map(OutlineItem::key));
        }
    }
}

fn first_node(graph: GraphState) -> Option<String> {
    graph.with_graph(|graph| graph.nodes.first().map(|node| node.id.clone()))
}
