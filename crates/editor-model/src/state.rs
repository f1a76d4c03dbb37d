//! A version while it is edited, and everything that can be done to it: each change is a value, and
//! applying one makes a new state. Undo, the outline, the canvas and the tests all use the same
//! few words.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{
    auto_layout,
    clipboard::ClipboardGraph,
    diff::is_content_change,
    geometry::{LayoutDirection, NODE_HEIGHT, NODE_WIDTH, shown_outlets, snap},
    palette, placement,
};
use wayfare_domain::versions::EditMode;
use wayfare_domain::{
    graph::{Connector, Graph, NODES_MAX, Node, NodeKind, Position},
    journeys::settings::Settings,
};

/// Graph and settings, and which nodes are selected.
#[derive(Debug, Clone, PartialEq)]
pub struct EditorState {
    pub graph: Graph,
    pub settings: Settings,
    pub selection: BTreeSet<String>,
    pub direction: LayoutDirection,
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub enum EditCommand {
    /// A new step, connected to nothing.
    Add {
        step: NodeKind,
        at: Position,
    },
    /// A new step behind an outlet. Where the outlet leads somewhere already, the step comes
    /// between.
    After {
        from: String,
        outlet: String,
        step: NodeKind,
    },
    Connect {
        from: String,
        outlet: String,
        to: String,
    },
    Disconnect {
        from: String,
        outlet: String,
    },
    Move {
        to: Vec<(String, Position)>,
    },
    /// What led to the deleted steps leads to what came after them.
    Delete {
        nodes: BTreeSet<String>,
    },
    Duplicate {
        nodes: BTreeSet<String>,
    },
    Paste {
        fragment: ClipboardGraph,
        at: Option<Position>,
    },
    /// Another form of a node, which keeps its id. `field` is what was typed into: typing on is one
    /// step of undo.
    Change {
        node: Box<Node>,
        field: String,
    },
    Settings {
        settings: Box<Settings>,
        field: String,
    },
    Align(LayoutDirection),
    /// Another graph and other settings altogether: work that was kept elsewhere.
    Replace {
        graph: Box<Graph>,
        settings: Box<Settings>,
    },
}

/// Why a change cannot be made: a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EditError(pub String);

fn refuse<T>(sentence: impl Into<String>) -> Result<T, EditError> {
    Err(EditError(sentence.into()))
}

impl EditorState {
    pub fn new(graph: Graph, settings: Settings) -> Self {
        let direction = LayoutDirection::of(&graph);
        Self { graph, settings, selection: BTreeSet::new(), direction }
    }

    /// The selected node, where exactly one is.
    pub fn only_selected(&self) -> Option<&Node> {
        (self.selection.len() == 1)
            .then(|| self.selection.first())
            .flatten()
            .and_then(|id| self.graph.node(id))
    }

    /// The state after a change.
    ///
    /// # Errors
    /// Where it makes no sense: the state is as it was.
    pub fn apply(&self, edit: &EditCommand, mode: EditMode) -> Result<EditorState, EditError> {
        self.permitted(edit, mode)?;
        let mut next = self.clone();
        match edit {
            EditCommand::Add { step, at } => next.add(step, *at)?,
            EditCommand::After { from, outlet, step } => next.add_after(from, outlet, step)?,
            EditCommand::Connect { from, outlet, to } => next.connect(from, outlet, to)?,
            EditCommand::Disconnect { from, outlet } => next.disconnect(from, outlet),
            EditCommand::Move { to } => next.move_to(to),
            EditCommand::Delete { nodes } => next.delete(nodes)?,
            EditCommand::Duplicate { nodes } => {
                let fragment = ClipboardGraph::copy_from(&next.graph, |id| nodes.contains(id));
                next.paste(&fragment, None)?;
            }
            EditCommand::Paste { fragment, at } => next.paste(fragment, *at)?,
            EditCommand::Change { node, .. } => next.change(node)?,
            EditCommand::Settings { settings, .. } => next.settings = (**settings).clone(),
            EditCommand::Replace { graph, settings } => {
                (next.graph, next.settings) = ((**graph).clone(), (**settings).clone());
                next.selection.retain(|id| graph.node(id).is_some());
            }
            EditCommand::Align(direction) => {
                next.direction = *direction;
                auto_layout::align(&mut next.graph, *direction);
            }
        }
        Ok(next)
    }

    fn permitted(&self, edit: &EditCommand, mode: EditMode) -> Result<(), EditError> {
        let is_allowed = match (mode, edit) {
            (EditMode::Draft, _)
            | (EditMode::Content, EditCommand::Move { .. } | EditCommand::Align(_)) => true,
            (EditMode::Content, EditCommand::Change { node, .. }) => {
                self.graph.node(&node.id).is_some_and(|old| is_content_change(old, node))
            }
            (EditMode::Content, EditCommand::Replace { graph, settings }) => {
                **settings == self.settings && self.same_steps(graph)
            }
            (EditMode::Content, _) => false,
            (EditMode::Read, _) => return refuse("This version cannot be edited."),
        };
        if is_allowed {
            return Ok(());
        }
        refuse(
            "This version is live: you can edit texts, names, layout and how messages are sent. For \
                anything else, create a new version.",
        )
    }

    /// Are the steps the same, but for their content and places?
    fn same_steps(&self, other: &Graph) -> bool {
        self.graph.connectors == other.connectors
            && self.graph.nodes.len() == other.nodes.len()
            && self
                .graph
                .nodes
                .iter()
                .zip(&other.nodes)
                .all(|(old, new)| old.id == new.id && is_content_change(old, new))
    }

    fn add(&mut self, step: &NodeKind, at: Position) -> Result<(), EditError> {
        let outlets = self.shown_of_new(step, None);
        let position = placement::nearest_free(&self.graph, at, self.direction, outlets);
        let id = self.insert(step, position)?;
        self.selection = BTreeSet::from([id]);
        Ok(())
    }

    fn add_after(&mut self, from: &str, outlet: &str, step: &NodeKind) -> Result<(), EditError> {
        let source = self.has_outlet(from, outlet)?.clone();
        let target = self.graph.target_of(from, outlet).map(|node| node.id.clone());
        let goes_on = step.outlets().into_iter().next().filter(|_| target.is_some());
        let outlets = self.shown_of_new(step, goes_on.as_deref());
        let mut at =
            placement::position_after(&self.graph, &source, outlet, self.direction, outlets);
        if let Some(target) = target.as_deref().and_then(|id| self.graph.node(id)) {
            let ahead = match self.direction {
                LayoutDirection::Down => target.position.y > source.position.y,
                LayoutDirection::Right => target.position.x > source.position.x,
            };
            if ahead {
                let behind = match self.direction {
                    LayoutDirection::Down => source.position.y + NODE_HEIGHT,
                    LayoutDirection::Right => source.position.x + NODE_WIDTH,
                };
                let wanted = match self.direction {
                    LayoutDirection::Down => Position { x: target.position.x, y: at.y },
                    LayoutDirection::Right => Position { x: at.x, y: target.position.y },
                };
                placement::shift_downstream(
                    &mut self.graph,
                    wanted,
                    self.direction,
                    outlets,
                    behind,
                );
                at = placement::nearest_free(&self.graph, wanted, self.direction, outlets);
            }
        }
        let id = self.insert(step, at)?;
        self.disconnect(from, outlet);
        self.draw(from, outlet, &id);
        if let (Some(target), Some(goes_on)) = (target, goes_on) {
            self.draw(&id, &goes_on, &target);
        }
        self.selection = BTreeSet::from([id]);
        Ok(())
    }

    fn connect(&mut self, from: &str, outlet: &str, to: &str) -> Result<(), EditError> {
        self.has_outlet(from, outlet)?;
        match self.graph.node(to) {
            None => return refuse("The step to connect to no longer exists."),
            Some(node) if node.step == (NodeKind::Entry {}) => {
                return refuse("A connector cannot lead back to the entry.");
            }
            Some(_) if from == to => return refuse("A step cannot lead to itself."),
            Some(_) => {}
        }
        self.disconnect(from, outlet);
        self.draw(from, outlet, to);
        Ok(())
    }

    fn disconnect(&mut self, from: &str, outlet: &str) {
        self.graph
            .connectors
            .retain(|connector| connector.from != from || connector.outlet != outlet);
    }

    fn draw(&mut self, from: &str, outlet: &str, to: &str) {
        self.graph.connectors.push(Connector {
            from: from.into(),
            outlet: outlet.into(),
            to: to.into(),
        });
    }

    fn move_to(&mut self, to: &[(String, Position)]) {
        let places: HashMap<&str, Position> =
            to.iter().map(|(id, at)| (id.as_str(), *at)).collect();
        for node in &mut self.graph.nodes {
            if let Some(at) = places.get(node.id.as_str()) {
                node.position = placement::clamped(snap(*at));
            }
        }
    }

    fn delete(&mut self, nodes: &BTreeSet<String>) -> Result<(), EditError> {
        let going: HashSet<&str> = self
            .graph
            .nodes
            .iter()
            .filter(|node| nodes.contains(&node.id) && node.step != NodeKind::Entry {})
            .map(|node| node.id.as_str())
            .collect();
        if going.is_empty() {
            return refuse(if nodes.is_empty() {
                "Choose a step first."
            } else {
                "The entry cannot be deleted."
            });
        }
        let mut connectors: Vec<Connector> = Vec::new();
        for connector in self
            .graph
            .connectors
            .iter()
            .filter(|connector| !going.contains(connector.from.as_str()))
        {
            let to = if going.contains(connector.to.as_str()) {
                self.behind(&connector.to, &going)
            } else {
                Some(&*connector.to)
            };
            if let Some(to) = to.filter(|to| *to != connector.from || *to == connector.to) {
                connectors.push(Connector { to: to.to_string(), ..connector.clone() });
            }
        }
        let remaining = self
            .graph
            .nodes
            .iter()
            .filter(|node| !going.contains(node.id.as_str()))
            .cloned()
            .collect();
        self.graph = Graph { nodes: remaining, connectors };
        self.selection.clear();
        Ok(())
    }

    /// Where people go on when these nodes are no more: along the first outlet that is drawn, until
    /// a node stays.
    fn behind<'a>(&'a self, first: &'a str, going: &HashSet<&str>) -> Option<&'a str> {
        let mut seen = HashSet::new();
        let mut at = first;
        while going.contains(at) {
            if !seen.insert(at) {
                return None;
            }
            let node = self.graph.node(at)?;
            at = node
                .outlets()
                .iter()
                .find_map(|outlet| self.graph.target_of(at, outlet))
                .map(|node| node.id.as_str())?;
        }
        Some(at)
    }

    fn paste(&mut self, fragment: &ClipboardGraph, at: Option<Position>) -> Result<(), EditError> {
        if fragment.nodes.is_empty() {
            return refuse("A journey has only one entry. Choose other steps.");
        }
        let corner = |pick: fn(Position) -> f64| {
            fragment.nodes.iter().map(|node| pick(node.position)).fold(f64::INFINITY, f64::min)
        };
        let (left, top) = (corner(|at| at.x), corner(|at| at.y));
        let mut target = snap(at.unwrap_or(Position { x: left + 40.0, y: top + 40.0 }));
        // Pasted twice, the second does not hide the first.
        while self.graph.nodes.iter().any(|node| node.position == target) {
            target = Position { x: target.x + 40.0, y: target.y + 40.0 };
        }
        let mut renamed: HashMap<&str, String> = HashMap::new();
        for node in &fragment.nodes {
            let shifted = Position {
                x: node.position.x - left + target.x,
                y: node.position.y - top + target.y,
            };
            let id = self.insert(&node.step, placement::clamped(snap(shifted)))?;
            if let Some(new) = self.graph.nodes.last_mut() {
                new.name.clone_from(&node.name);
                new.sending = node.sending;
            }
            renamed.insert(&node.id, id);
        }
        for connector in &fragment.connectors {
            if let (Some(from), Some(to)) =
                (renamed.get(connector.from.as_str()), renamed.get(connector.to.as_str()))
            {
                let (from, to) = (from.clone(), to.clone());
                self.draw(&from, &connector.outlet, &to);
            }
        }
        self.selection = renamed.into_values().collect();
        Ok(())
    }

    fn change(&mut self, node: &Node) -> Result<(), EditError> {
        let Some(index) = self.graph.nodes.iter().position(|old| old.id == node.id) else {
            return refuse("The step no longer exists.");
        };
        let (before, after) = (self.graph.nodes[index].outlets(), node.outlets());
        let mut named = HashSet::new();
        if after.iter().any(|name| name.trim().is_empty() || !named.insert(name)) {
            return refuse("Each path needs its own name.");
        }
        // A renamed branch keeps its connector; one that is gone takes it along.
        let renamed = |outlet: &str| -> Option<String> {
            if named.contains(&outlet.to_string()) {
                return Some(outlet.to_string());
            }
            let place = before.iter().position(|name| name == outlet)?;
            let new = after.get(place).filter(|_| before.len() == after.len())?;
            (!before.contains(new)).then(|| new.clone())
        };
        self.graph.connectors = std::mem::take(&mut self.graph.connectors)
            .into_iter()
            .filter_map(|connector| match connector.from == node.id {
                true => renamed(&connector.outlet).map(|outlet| Connector { outlet, ..connector }),
                false => Some(connector),
            })
            .collect();
        self.graph.nodes[index] =
            Node { position: self.graph.nodes[index].position, ..node.clone() };
        Ok(())
    }

    fn has_outlet(&self, from: &str, outlet: &str) -> Result<&Node, EditError> {
        match self.graph.node(from) {
            None => refuse("The step no longer exists."),
            Some(node) if !node.outlets().iter().any(|name| name == outlet) => refuse(format!(
                "“{}” has no path called “{}”.",
                node.title(),
                node.outlet_title(outlet)
            )),
            Some(node) => Ok(node),
        }
    }

    fn shown_of_new(&self, step: &NodeKind, drawn: Option<&str>) -> usize {
        shown_outlets(&Node::new("", step.clone()), |outlet| drawn == Some(outlet)).len()
    }

    /// Puts a node with a new id into the graph.
    fn insert(&mut self, step: &NodeKind, position: Position) -> Result<String, EditError> {
        if self.graph.nodes.len() >= NODES_MAX {
            return refuse(format!("A journey has at most {NODES_MAX} steps."));
        }
        if *step == (NodeKind::Entry {}) {
            return refuse("A journey can have only one entry.");
        }
        let key = palette::key_of(step);
        let taken: HashSet<&str> = self.graph.nodes.iter().map(|node| node.id.as_str()).collect();
        let id = (1..)
            .map(|number| format!("{key}-{number}"))
            .find(|id| !taken.contains(id.as_str()))
            .unwrap_or_default();
        self.graph.nodes.push(Node { position, ..Node::new(id.clone(), step.clone()) });
        Ok(id)
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
