//! The graph and the settings that are edited. The edit history is the truth; after each change
//! only those signals are set whose part of it has changed, one for each node, so that a large
//! graph stays smooth.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use leptos::prelude::*;

use super::Announcer;
use wayfare_domain::{
    graph::{Connector, Graph, Node, Position},
    journeys::settings::Settings,
    versions::EditorDocument,
};
use wayfare_editor_model::{
    geometry::{LayoutDirection, Rect, drawn_outlets, frame, shown_outlets},
    history::EditHistory,
    outline::{OutlineItem, outline_items},
    state::{EditCommand, EditorState},
};

/// An outlet on the rim of a box.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OutletView {
    pub name: String,
    /// Whether a connector leaves by it.
    pub is_connected: bool,
}

/// What is shown of one node.
#[derive(Clone)]
pub struct NodeView {
    pub node: ArcRwSignal<Node>,
    /// While it is dragged, ahead of the edit history.
    pub position: ArcRwSignal<Position>,
    pub outlets: ArcRwSignal<Vec<OutletView>>,
}

/// The edit history, and signals that show its current state. The only one that applies an
/// [`EditCommand`].
#[derive(Clone, Copy)]
pub struct GraphState {
    announcer: Announcer,
    history: StoredValue<EditHistory>,
    nodes: StoredValue<HashMap<String, NodeView>>,
    /// The rows of the outline, until the graph changes.
    outline: StoredValue<Option<Arc<Vec<OutlineItem>>>>,
    /// Ids of the nodes, in their order.
    pub node_ids: RwSignal<Vec<String>>,
    pub connectors: RwSignal<Vec<Connector>>,
    pub settings: RwSignal<Settings>,
    pub direction: RwSignal<LayoutDirection>,
    /// Whether there is something to undo, and to redo.
    pub can_undo_redo: RwSignal<(bool, bool)>,
    /// Rises with each change of the graph or the settings.
    pub generation: RwSignal<u64>,
}

impl GraphState {
    pub(super) fn new(document: &EditorDocument, announcer: Announcer) -> Self {
        let state = EditorState::new(document.graph.clone(), document.settings.clone());
        let graph = Self {
            announcer,
            nodes: StoredValue::new(HashMap::new()),
            outline: StoredValue::new(None),
            node_ids: RwSignal::new(Vec::new()),
            connectors: RwSignal::new(Vec::new()),
            settings: RwSignal::new(document.settings.clone()),
            direction: RwSignal::new(state.direction),
            can_undo_redo: RwSignal::new((false, false)),
            generation: RwSignal::new(0),
            history: StoredValue::new(EditHistory::new(state, document.mode)),
        };
        graph.show();
        graph
    }

    pub fn here() -> Self {
        expect_context()
    }

    pub fn with_state<T>(&self, read: impl FnOnce(&EditorState) -> T) -> T {
        self.history.with_value(|history| read(history.current()))
    }

    pub fn with_graph<T>(&self, read: impl FnOnce(&Graph) -> T) -> T {
        self.with_state(|state| read(&state.graph))
    }

    pub fn node_view(&self, id: &str) -> Option<NodeView> {
        self.nodes.with_value(|nodes| nodes.get(id).cloned())
    }

    pub fn node(&self, id: &str) -> Option<Node> {
        self.with_graph(|graph| graph.node(id).cloned())
    }

    pub fn title(&self, id: &str) -> String {
        self.with_graph(|graph| graph.node(id).map(Node::title).unwrap_or_default())
    }

    /// What the pages call an outlet of a node.
    pub fn outlet_title(&self, id: &str, outlet: &str) -> String {
        self.with_graph(|graph| {
            graph.node(id).map_or_else(|| outlet.to_string(), |node| node.outlet_title(outlet))
        })
    }

    /// Applies a command. Answers whether anything changed; a refusal is announced.
    pub fn apply(&self, command: &EditCommand) -> bool {
        match self.history.try_update_value(|history| history.apply(command)) {
            Some(Ok(true)) => {
                self.notify();
                true
            }
            Some(Err(refusal)) => {
                self.announcer.say(refusal.to_string());
                false
            }
            _ => false,
        }
    }

    pub fn undo(&self) {
        self.go_through_history(EditHistory::undo, "Undone.", "Nothing to undo.");
    }

    pub fn redo(&self) {
        self.go_through_history(EditHistory::redo, "Redone.", "Nothing to redo.");
    }

    fn go_through_history(&self, go: fn(&mut EditHistory) -> bool, done: &str, nothing: &str) {
        let is_done = self.history.try_update_value(go).unwrap_or(false);
        if is_done {
            self.notify();
        }
        self.announcer.say(if is_done { done } else { nothing }.to_string());
    }

    /// Makes the next change a step of undo of its own.
    pub fn break_group(&self) {
        self.history.update_value(EditHistory::break_group);
    }

    /// Puts a selection into the history, which keeps one with each state.
    pub(super) fn select(&self, nodes: BTreeSet<String>) {
        self.history.update_value(|history| history.select(nodes));
    }

    /// Shows the current state, then tells the other contexts.
    fn notify(&self) {
        self.show();
        self.generation.update(|generation| *generation += 1);
    }

    /// Sets the signals whose value has changed.
    fn show(&self) {
        let (graph, settings, direction, can_undo_redo) = self.history.with_value(|history| {
            let state = history.current();
            (
                state.graph.clone(),
                state.settings.clone(),
                state.direction,
                (history.can_undo(), history.can_redo()),
            )
        });
        self.outline.set_value(None);
        self.show_nodes(&graph);
        set_if_new(self.node_ids, graph.nodes.iter().map(|node| node.id.clone()).collect());
        set_if_new(self.direction, direction);
        set_if_new(self.connectors, graph.connectors);
        set_if_new(self.settings, settings);
        set_if_new(self.can_undo_redo, can_undo_redo);
    }

    fn show_nodes(&self, graph: &Graph) {
        let drawn = drawn_outlets(graph);
        let mut changes: Vec<(NodeView, Node, Vec<OutletView>)> = Vec::new();
        self.nodes.update_value(|views| {
            let ids: HashSet<&str> = graph.nodes.iter().map(|node| node.id.as_str()).collect();
            views.retain(|id, _| ids.contains(id.as_str()));
            for node in &graph.nodes {
                let connected = drawn.get(node.id.as_str());
                let is_connected =
                    |outlet: &str| connected.is_some_and(|outlets| outlets.contains(outlet));
                let outlets: Vec<OutletView> = shown_outlets(node, is_connected)
                    .into_iter()
                    .map(|name| OutletView { is_connected: is_connected(&name), name })
                    .collect();
                let view = views.entry(node.id.clone()).or_insert_with(|| NodeView {
                    node: ArcRwSignal::new(node.clone()),
                    position: ArcRwSignal::new(node.position),
                    outlets: ArcRwSignal::new(outlets.clone()),
                });
                changes.push((view.clone(), node.clone(), outlets));
            }
        });
        // Outside of the borrow: whatever listens may ask for nodes.
        for (view, node, outlets) in changes {
            if view.position.with_untracked(|old| *old != node.position) {
                view.position.set(node.position);
            }
            if view.outlets.with_untracked(|old| *old != outlets) {
                view.outlets.set(outlets);
            }
            if view.node.with_untracked(|old| *old != node) {
                view.node.set(node);
            }
        }
    }

    /// The rows of the outline.
    pub fn outline(&self) -> Arc<Vec<OutlineItem>> {
        self.outline.get_value().unwrap_or_else(|| {
            let rows = Arc::new(self.with_graph(outline_items));
            self.outline.set_value(Some(rows.clone()));
            rows
        })
    }

    /// The box of a node as it is shown now.
    pub fn node_rect(&self, id: &str) -> Option<Rect> {
        let view = self.node_view(id)?;
        Some(frame(view.position.get(), view.outlets.read().len(), self.direction.get()))
    }

    pub fn node_rect_untracked(&self, id: &str) -> Option<Rect> {
        untrack(|| self.node_rect(id))
    }
}

pub(super) fn set_if_new<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}
