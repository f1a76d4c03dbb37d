//! The edit history: the state that is edited, with what was done before and what was undone.

use std::collections::{BTreeSet, VecDeque};

use super::state::{EditCommand, EditError, EditorState};
use wayfare_domain::versions::EditMode;

/// Most steps that can be taken back, and most nodes that all of them together may hold: memory has
/// an end.
const STEPS_MAX: usize = 200;
const NODES_KEPT: usize = 100_000;

#[derive(Debug, Clone)]
pub struct EditHistory {
    now: EditorState,
    mode: EditMode,
    past: VecDeque<EditorState>,
    future: Vec<EditorState>,
    /// What the last change was about; the next one about the same is the same step of undo.
    open: Option<String>,
}

impl EditHistory {
    pub fn new(state: EditorState, mode: EditMode) -> Self {
        Self { now: state, mode, past: VecDeque::new(), future: Vec::new(), open: None }
    }

    pub fn current(&self) -> &EditorState {
        &self.now
    }

    pub fn mode(&self) -> EditMode {
        self.mode
    }

    /// Makes a change. Answers whether anything is different.
    ///
    /// # Errors
    /// Where the change makes no sense; nothing is different then.
    pub fn apply(&mut self, edit: &EditCommand) -> Result<bool, EditError> {
        let next = self.now.apply(edit, self.mode)?;
        if next == self.now {
            return Ok(false);
        }
        let topic = topic(edit);
        let goes_on = topic.is_some() && topic == self.open;
        let before = std::mem::replace(&mut self.now, next);
        if !goes_on {
            self.past.push_back(before);
            let most = STEPS_MAX.min((NODES_KEPT / self.now.graph.nodes.len().max(1)).max(1));
            while self.past.len() > most {
                self.past.pop_front();
            }
        }
        self.open = topic;
        self.future.clear();
        Ok(true)
    }

    /// Chooses nodes; what is typed afterwards is a step of its own.
    pub fn select(&mut self, chosen: BTreeSet<String>) {
        if chosen != self.now.selection {
            self.now.selection = chosen;
            self.open = None;
        }
    }

    /// Nothing that comes belongs to what came.
    pub fn break_group(&mut self) {
        self.open = None;
    }

    pub fn undo(&mut self) -> bool {
        let Some(before) = self.past.pop_back() else { return false };
        self.future.push(std::mem::replace(&mut self.now, before));
        self.open = None;
        true
    }

    pub fn redo(&mut self) -> bool {
        let Some(after) = self.future.pop() else { return false };
        self.past.push_back(std::mem::replace(&mut self.now, after));
        self.open = None;
        true
    }

    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }
}

/// Changes about the same thing that follow each other are one step: the letters of a word, the
/// steps of a move.
fn topic(edit: &EditCommand) -> Option<String> {
    match edit {
        EditCommand::Change { node, field } => Some(format!("change {} {field}", node.id)),
        EditCommand::Settings { field, .. } => Some(format!("settings {field}")),
        EditCommand::Move { to } => Some(format!(
            "move {}",
            to.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(" ")
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wayfare_domain::{
        graph::{Graph, Node, NodeKind, Position},
        journeys::settings::{EntryTrigger, Settings},
    };

    fn history() -> EditHistory {
        EditHistory::new(
            EditorState::new(Graph::empty(), Settings::new(EntryTrigger::Api {})),
            EditMode::Draft,
        )
    }

    fn sms(body: &str) -> NodeKind {
        NodeKind::Sms { body: body.into() }
    }

    fn typed(body: &str) -> EditCommand {
        EditCommand::Change { node: Box::new(Node::new("sms-1", sms(body))), field: "body".into() }
    }

    #[test]
    fn typing_a_word_is_one_step_and_so_is_a_drag() {
        let mut history = history();
        history
            .apply(&EditCommand::Add { step: sms(""), at: Position { x: 400.0, y: 0.0 } })
            .expect("added");
        for body in ["H", "Ha", "Hay"] {
            assert_eq!(history.apply(&typed(body)), Ok(true));
        }
        for x in [420.0, 440.0, 460.0] {
            history
                .apply(&EditCommand::Move { to: vec![("sms-1".into(), Position { x, y: 0.0 })] })
                .expect("moved");
        }
        assert!(history.undo() && history.undo());
        let node = history.current().graph.node("sms-1").expect("there");
        assert_eq!((node.position.x, &node.step), (400.0, &sms("")));
        assert!(history.redo() && history.redo() && !history.redo());
        assert_eq!(
            history.current().graph.node("sms-1").map(|node| node.step.clone()),
            Some(sms("Hay"))
        );
    }

    #[test]
    fn choosing_something_else_begins_a_new_step() {
        let mut history = history();
        history.apply(&EditCommand::Add { step: sms(""), at: Position::default() }).expect("added");
        history.apply(&typed("A")).expect("typed");
        history.select(BTreeSet::new());
        history.apply(&typed("AB")).expect("typed");
        history.undo();
        assert_eq!(
            history.current().graph.node("sms-1").map(|node| node.step.clone()),
            Some(sms("A"))
        );
    }

    #[test]
    fn what_changes_nothing_is_no_step() {
        let mut history = history();
        assert_eq!(
            history.apply(&EditCommand::Move { to: vec![("entry".into(), Position::default())] }),
            Ok(false)
        );
        assert!(!history.can_undo());
    }

    #[test]
    fn the_past_has_an_end() {
        let mut history = history();
        for step in 0..2 * STEPS_MAX {
            let at = Position { x: 20.0 * (step % 2 + 1) as f64, y: 0.0 };
            history.apply(&EditCommand::Move { to: vec![("entry".into(), at)] }).expect("moved");
            history.break_group();
        }
        let mut taken_back = 0;
        while history.undo() {
            taken_back += 1;
        }
        assert_eq!(taken_back, STEPS_MAX);
    }
}
