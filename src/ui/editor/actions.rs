//! What can be done to steps and connectors, by pointer and by keys alike: adding, connecting,
//! deleting, moving. Each action announces what it did.

use leptos::prelude::*;

use super::{
    context::{Announcer, CanvasView, GraphState, OpenVersion, Selection},
    navigation::Navigation,
};
use wayfare_domain::graph::{Node, NodeKind, Position};
use wayfare_editor_model::{
    clipboard::ClipboardGraph,
    geometry::{LayoutDirection, NODE_HEIGHT, NODE_WIDTH},
    state::EditCommand,
};

/// Edits the graph; made of the contexts that an action reads or changes.
#[derive(Clone, Copy)]
pub struct Actions {
    announcer: Announcer,
    canvas: CanvasView,
    graph: GraphState,
    navigation: Navigation,
    selection: Selection,
    version: OpenVersion,
}

impl Actions {
    pub fn here() -> Self {
        Self {
            announcer: Announcer::here(),
            canvas: CanvasView::here(),
            graph: GraphState::here(),
            navigation: Navigation::here(),
            selection: Selection::here(),
            version: OpenVersion::here(),
        }
    }

    /// Adds a step behind an outlet; where none is named, behind what is selected.
    pub fn add(&self, step: NodeKind, after: Option<(String, String)>) {
        let command = match after.or_else(|| self.outlet_of_selected()) {
            Some((from, outlet)) => EditCommand::After { from, outlet, step },
            None => {
                let (width, height) = self.canvas.size.get_untracked();
                let viewport = self.canvas.viewport.get_untracked();
                add_at(step, viewport.to_canvas(width / 2.0, height / 2.0))
            }
        };
        self.add_by(&command);
    }

    /// The first outlet of the selected node that is not connected, else its first one.
    fn outlet_of_selected(&self) -> Option<(String, String)> {
        self.graph.with_state(|state| {
            let node = state.only_selected()?;
            let outlets = node.outlets();
            let is_open = |outlet: &&String| state.graph.target_of(&node.id, outlet).is_none();
            let outlet = outlets.iter().find(is_open).or(outlets.first())?;
            Some((node.id.clone(), outlet.clone()))
        })
    }

    /// Adds a step by a command, and brings it into sight.
    pub fn add_by(&self, command: &EditCommand) {
        if !self.graph.apply(command) {
            return;
        }
        let title = self
            .graph
            .with_state(|state| state.only_selected().map(Node::title))
            .unwrap_or_default();
        self.announcer.say(match command {
            EditCommand::After { from, outlet, .. } => {
                let path = self.graph.outlet_title(from, outlet);
                format!("{title} added after “{}”, {path}.", self.graph.title(from))
            }
            _ => format!("{title} added."),
        });
        if let Some(id) = self.selection.only_node_untracked() {
            self.canvas.reveal(&id);
        }
    }

    /// Deletes the selected connector, or else the selected nodes.
    pub fn delete_selected(&self) {
        if let Some((from, outlet)) = self.selection.connector.get_untracked() {
            self.disconnect(&from, &outlet);
            return;
        }
        let nodes = self.selection.nodes.get_untracked();
        // The keyboard goes to the node before the deleted ones.
        let before = self.graph.with_graph(|graph| {
            let connector = graph.connectors.iter().find(|connector| {
                nodes.contains(&connector.to) && !nodes.contains(&connector.from)
            });
            connector.map(|connector| connector.from.clone()).or_else(|| {
                graph.nodes.iter().map(|node| node.id.clone()).find(|id| !nodes.contains(id))
            })
        });
        let what = match nodes.len() {
            1 => nodes.first().map(|id| self.graph.title(id)).unwrap_or_default(),
            count => format!("{count} steps"),
        };
        if self.graph.apply(&EditCommand::Delete { nodes }) {
            self.announcer.say(format!("{what} deleted."));
            if let Some(before) = before {
                self.navigation.follow(&before);
            }
        }
    }

    pub fn disconnect(&self, from: &str, outlet: &str) {
        let command =
            EditCommand::Disconnect { from: from.to_string(), outlet: outlet.to_string() };
        if self.graph.apply(&command) {
            let (title, path) = (self.graph.title(from), self.graph.outlet_title(from, outlet));
            self.announcer.say(format!("“{title}”, {path}, ends here now."));
        }
        self.selection.connector.set(None);
    }

    pub fn connect(&self, from: &str, outlet: &str, to: &str) {
        let command = EditCommand::Connect {
            from: from.to_string(),
            outlet: outlet.to_string(),
            to: to.to_string(),
        };
        if self.graph.apply(&command) {
            let (title, path) = (self.graph.title(from), self.graph.outlet_title(from, outlet));
            self.announcer.say(format!("“{title}”, {path}, leads to “{}”.", self.graph.title(to)));
        }
    }

    pub fn duplicate_selected(&self) {
        let nodes = self.selection.nodes.get_untracked();
        if self.graph.apply(&EditCommand::Duplicate { nodes }) {
            self.announcer.say(self.selection.sentence("duplicated"));
        }
        if let Some(id) = self.selection.only_node_untracked() {
            self.navigation.follow(&id);
        }
    }

    pub fn select_all(&self) {
        let all =
            self.graph.with_graph(|graph| graph.nodes.iter().map(|node| node.id.clone()).collect());
        self.selection.select(all);
        self.announcer.say(self.selection.sentence("selected"));
    }

    /// The selected nodes for the clipboard; none where nothing can be copied.
    pub fn copy_selected(&self) -> Option<ClipboardGraph> {
        let nodes = self.selection.nodes.get_untracked();
        let copied = self
            .graph
            .with_graph(|graph| ClipboardGraph::copy_from(graph, |id| nodes.contains(id)));
        (!copied.nodes.is_empty()).then_some(copied)
    }

    pub fn paste(&self, fragment: ClipboardGraph) {
        if self.graph.apply(&EditCommand::Paste { fragment, at: None }) {
            self.announcer.say(self.selection.sentence("pasted"));
        }
        if let Some(first) = self.selection.nodes.with_untracked(|nodes| nodes.first().cloned()) {
            self.canvas.reveal(&first);
        }
    }

    pub fn align(&self, direction: LayoutDirection) {
        let how = match direction {
            LayoutDirection::Down => "from top to bottom",
            LayoutDirection::Right => "from left to right",
        };
        if self.graph.apply(&EditCommand::Align(direction)) {
            self.announcer.say(format!("Aligned {how}."));
        } else if self.version.can_edit_content() {
            self.announcer.say(format!("Already aligned {how}."));
        }
        self.canvas.show_beginning();
    }

    /// Moves the selected nodes by steps of the grid.
    pub fn nudge(&self, dx: f64, dy: f64) {
        let selected = self.selection.nodes.get_untracked();
        let to = self.graph.with_graph(|graph| {
            let moved = graph.nodes.iter().filter(|node| selected.contains(&node.id));
            moved
                .map(|node| {
                    (node.id.clone(), Position { x: node.position.x + dx, y: node.position.y + dy })
                })
                .collect()
        });
        self.graph.apply(&EditCommand::Move { to });
        if let Some(id) = self.selection.only_node_untracked() {
            self.canvas.reveal(&id);
        }
    }
}

/// Adds a step with its middle at a point of the canvas.
pub fn add_at(step: NodeKind, middle: Position) -> EditCommand {
    let at = Position { x: middle.x - NODE_WIDTH / 2.0, y: middle.y - NODE_HEIGHT / 2.0 };
    EditCommand::Add { step, at }
}
