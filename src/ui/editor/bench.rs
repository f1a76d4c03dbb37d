//! What all parts of the editor share: the edit history, and signals that show its current state.
//! The history is the truth; after each change only the signals are set whose part of it is another
//! now, one for each node, so that a large graph stays smooth.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use leptos::prelude::*;

use super::{browser, connector_layout::ConnectorLayout, run_overlay::RunOverlay};
use wayfare_domain::{
    graph::{Connector, Graph, Node, Position},
    journeys::{read_model::NodeStats, settings::Settings},
    versions::{EditMode, EditorDocument, Problem},
};
use wayfare_editor_model::{
    geometry::{LayoutDirection, Rect, Viewport, drawn_outlets, frame, shown_outlets},
    history::EditHistory,
    outline::{OutlineItem, outline_items},
    problems::find_problems,
    state::{EditCommand, EditorState},
};

/// An outlet on the rim of a box, and whether it leads somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlet {
    pub name: String,
    pub drawn: bool,
}

/// What is shown of one node.
#[derive(Clone)]
pub struct Cell {
    pub node: ArcRwSignal<Node>,
    /// Where it lies; while it is dragged, ahead of the edit history.
    pub at: ArcRwSignal<Position>,
    pub outlets: ArcRwSignal<Vec<Outlet>>,
}

/// Which panel stands beside the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SidePanel {
    Step,
    Settings,
    Checks,
    Trial,
}

/// The list of steps to choose from, opened at an outlet.
#[derive(Debug, Clone, PartialEq)]
pub struct StepPickerState {
    pub from: String,
    pub outlet: String,
    /// Where on the canvas's window.
    pub x: f64,
    pub y: f64,
    /// Shows outlets to choose from first.
    pub more: bool,
}

/// How it stands with saving.
#[derive(Debug, Clone, PartialEq)]
pub enum SaveState {
    Saved,
    Unsaved,
    Saving,
    /// It goes on by itself.
    Offline,
    /// Something must be mended first: a sentence.
    Held(String),
    Conflict(Box<ConflictingVersion>),
}

/// What someone else saved.
#[derive(Debug, Clone, PartialEq)]
pub struct ConflictingVersion {
    pub document: EditorDocument,
    pub by: String,
    pub at: String,
}

#[derive(Clone, Copy)]
pub struct Bench {
    pub document: StoredValue<Arc<EditorDocument>>,
    pub mode: EditMode,
    desk: StoredValue<EditHistory>,
    cells: StoredValue<HashMap<String, Cell>>,
    pub lines: StoredValue<ConnectorLayout>,
    /// The rows of the outline, until the graph is another.
    told: StoredValue<Option<Arc<Vec<OutlineItem>>>>,
    /// Ids of the nodes.
    pub order: RwSignal<Vec<String>>,
    pub wires: RwSignal<Vec<Connector>>,
    pub settings: RwSignal<Settings>,
    pub chosen: RwSignal<BTreeSet<String>>,
    /// The connector that was clicked.
    pub wire: RwSignal<Option<(String, String)>>,
    pub direction: RwSignal<LayoutDirection>,
    /// Can something be taken back, or done again?
    pub history: RwSignal<(bool, bool)>,
    /// Rises with each change of the graph or the settings.
    pub generation: RwSignal<u64>,
    /// The node that the keyboard reaches on the canvas.
    pub keyboard: RwSignal<Option<String>>,
    /// The row that it reaches in the outline.
    pub row: RwSignal<Option<String>>,
    pub view: RwSignal<Viewport>,
    pub window: RwSignal<(f64, f64)>,
    pub checks: RwSignal<Vec<Problem>>,
    /// What only the server could find when it saved.
    pub server_checks: RwSignal<Vec<Problem>>,
    /// The last thing that was done, for everybody who cannot see it.
    pub said: RwSignal<String>,
    pub picker: RwSignal<Option<StepPickerState>>,
    pub side: RwSignal<SidePanel>,
    /// The node whose people are listed.
    pub people: RwSignal<Option<String>>,
    pub figures: RwSignal<HashMap<String, NodeStats>>,
    pub trail: RwSignal<RunOverlay>,
    pub saving: RwSignal<SaveState>,
    pub name: RwSignal<String>,
    pub revision: StoredValue<i64>,
    /// What the server had when it last saved this editor; none where work of an earlier visit
    /// came back.
    pub base: StoredValue<Option<Arc<(Graph, Settings)>>>,
    /// The message that is shown filled in.
    pub preview: RwSignal<Option<String>>,
}

impl Bench {
    pub fn new(document: Arc<EditorDocument>) -> Self {
        let sketch = EditorState::new(document.graph.clone(), document.settings.clone());
        let figures = document
            .figures
            .iter()
            .map(|figures| (figures.node.clone(), figures.clone()))
            .collect();
        let first = sketch.graph.nodes.first().map(|node| node.id.clone());
        let bench = Self {
            mode: document.mode,
            name: RwSignal::new(document.name.clone()),
            revision: StoredValue::new(document.revision),
            base: StoredValue::new(Some(Arc::new((
                document.graph.clone(),
                document.settings.clone(),
            )))),
            preview: RwSignal::new(None),
            settings: RwSignal::new(document.settings.clone()),
            direction: RwSignal::new(sketch.direction),
            desk: StoredValue::new(EditHistory::new(sketch, document.mode)),
            document: StoredValue::new(document),
            cells: StoredValue::new(HashMap::new()),
            lines: StoredValue::new(ConnectorLayout::default()),
            told: StoredValue::new(None),
            order: RwSignal::new(Vec::new()),
            wires: RwSignal::new(Vec::new()),
            chosen: RwSignal::new(BTreeSet::new()),
            wire: RwSignal::new(None),
            history: RwSignal::new((false, false)),
            generation: RwSignal::new(0),
            keyboard: RwSignal::new(first.clone()),
            row: RwSignal::new(first),
            view: RwSignal::new(Viewport::default()),
            window: RwSignal::new((800.0, 600.0)),
            checks: RwSignal::new(Vec::new()),
            server_checks: RwSignal::new(Vec::new()),
            said: RwSignal::new(String::new()),
            picker: RwSignal::new(None),
            side: RwSignal::new(SidePanel::Settings),
            people: RwSignal::new(None),
            figures: RwSignal::new(figures),
            trail: RwSignal::new(RunOverlay::default()),
            saving: RwSignal::new(SaveState::Saved),
        };
        bench.show();
        bench.look_over();
        bench
    }

    /// That of the page.
    pub fn here() -> Self {
        expect_context::<Bench>()
    }

    pub fn editor_state<T>(&self, read: impl FnOnce(&EditorState) -> T) -> T {
        self.desk.with_value(|desk| read(desk.current()))
    }

    pub fn graph<T>(&self, read: impl FnOnce(&Graph) -> T) -> T {
        self.editor_state(|sketch| read(&sketch.graph))
    }

    pub fn cell(&self, id: &str) -> Option<Cell> {
        self.cells.with_value(|cells| cells.get(id).cloned())
    }

    pub fn node(&self, id: &str) -> Option<Node> {
        self.graph(|graph| graph.node(id).cloned())
    }

    pub fn title(&self, id: &str) -> String {
        self.graph(|graph| graph.node(id).map(Node::title).unwrap_or_default())
    }

    /// What the pages call an outlet of a step.
    pub fn outlet_title(&self, id: &str, outlet: &str) -> String {
        self.graph(|graph| {
            graph.node(id).map_or_else(|| outlet.to_string(), |node| node.outlet_title(outlet))
        })
    }

    /// Makes a change, shows it and says what was done, or why it was not.
    pub fn apply(&self, edit: &EditCommand, said: impl FnOnce(&Self) -> String) -> bool {
        let done = self.desk.try_update_value(|desk| desk.apply(edit));
        match done {
            Some(Ok(true)) => {
                self.show();
                self.generation.update(|generation| *generation += 1);
                let said = said(self);
                if !said.is_empty() {
                    self.say(said);
                }
                true
            }
            Some(Err(refused)) => {
                self.say(refused.to_string());
                false
            }
            _ => false,
        }
    }

    pub fn undo(&self) {
        self.travel(EditHistory::undo, "Undone.", "Nothing to undo.");
    }

    pub fn redo(&self) {
        self.travel(EditHistory::redo, "Redone.", "Nothing to redo.");
    }

    fn travel(&self, go: fn(&mut EditHistory) -> bool, done: &str, nothing: &str) {
        if self.desk.try_update_value(go).unwrap_or(false) {
            self.show();
            self.generation.update(|generation| *generation += 1);
            self.say(done.to_string());
        } else {
            self.say(nothing.to_string());
        }
    }

    /// The next change is a step of undo of its own.
    pub fn pause(&self) {
        self.desk.update_value(EditHistory::break_group);
    }

    pub fn say(&self, text: String) {
        // The same words twice are to be heard twice.
        let again = self.said.with_untracked(|said| *said == text);
        self.said.set(if again { format!("{text}\u{a0}") } else { text });
    }

    pub fn choose(&self, chosen: BTreeSet<String>) {
        self.desk.update_value(|desk| desk.select(chosen));
        self.wire.set(None);
        self.show_chosen(true);
    }

    pub fn choose_one(&self, id: &str) {
        self.choose(BTreeSet::from([id.to_string()]));
    }

    pub fn toggle(&self, id: &str) {
        let mut chosen = self.chosen.get_untracked();
        if !chosen.remove(id) {
            chosen.insert(id.to_string());
        }
        self.choose(chosen);
    }

    /// The chosen node, where it is one.
    pub fn only(&self) -> Option<String> {
        let chosen = self.chosen.get();
        (chosen.len() == 1).then(|| chosen.into_iter().next()).flatten()
    }

    /// Shows what is chosen; the form of a step comes up where one was chosen now.
    fn show_chosen(&self, just_now: bool) {
        let chosen = self.editor_state(|sketch| sketch.selection.clone());
        let others = self.chosen.with_untracked(|now| *now != chosen);
        if chosen.len() == 1 && (just_now || others) {
            let one = chosen.first().cloned();
            if let Some(id) = &one {
                let mine = self.row.with_untracked(|row| row.clone());
                let rows = self.rows();
                let stands = rows.iter().any(|row| row.node == *id && Some(row.key()) == mine);
                if !stands {
                    self.row.set(
                        rows.iter().find(|row| row.node == *id && !row.again).map(OutlineItem::key),
                    );
                }
            }
            self.keyboard.set(one);
            if self.side.get_untracked() != SidePanel::Trial {
                self.side.set(SidePanel::Step);
            }
        }
        if others {
            self.chosen.set(chosen);
        }
    }

    /// Sets the signals of whatever is not as they show it.
    fn show(&self) {
        let (graph, settings, direction, history) = self.desk.with_value(|desk| {
            let sketch = desk.current();
            (
                sketch.graph.clone(),
                sketch.settings.clone(),
                sketch.direction,
                (desk.can_undo(), desk.can_redo()),
            )
        });
        self.told.set_value(None);
        self.show_nodes(&graph);
        set_if_new(self.order, graph.nodes.iter().map(|node| node.id.clone()).collect());
        let order: HashSet<String> = self.order.get_untracked().into_iter().collect();
        if self.keyboard.with_untracked(|id| id.as_ref().is_none_or(|id| !order.contains(id))) {
            self.keyboard.set(graph.nodes.first().map(|node| node.id.clone()));
        }
        set_if_new(self.direction, direction);
        self.draw_lines(&graph, direction);
        set_if_new(self.wires, graph.connectors);
        set_if_new(self.settings, settings);
        set_if_new(self.history, history);
        self.show_chosen(false);
    }

    fn show_nodes(&self, graph: &Graph) {
        let drawn = drawn_outlets(graph);
        let mut changes: Vec<(Cell, Node, Vec<Outlet>)> = Vec::new();
        self.cells.update_value(|cells| {
            let ids: HashSet<&str> = graph.nodes.iter().map(|node| node.id.as_str()).collect();
            cells.retain(|id, _| ids.contains(id.as_str()));
            for node in &graph.nodes {
                let mine = drawn.get(node.id.as_str());
                let is_drawn = |outlet: &str| mine.is_some_and(|mine| mine.contains(outlet));
                let outlets: Vec<Outlet> = shown_outlets(node, is_drawn)
                    .into_iter()
                    .map(|name| Outlet { drawn: is_drawn(&name), name })
                    .collect();
                let cell = cells.entry(node.id.clone()).or_insert_with(|| Cell {
                    node: ArcRwSignal::new(node.clone()),
                    at: ArcRwSignal::new(node.position),
                    outlets: ArcRwSignal::new(outlets.clone()),
                });
                changes.push((cell.clone(), node.clone(), outlets));
            }
        });
        // Outside of the borrow: anyone who listens may ask for cells.
        for (cell, node, outlets) in changes {
            if cell.at.with_untracked(|at| *at != node.position) {
                cell.at.set(node.position);
            }
            if cell.outlets.with_untracked(|old| *old != outlets) {
                cell.outlets.set(outlets);
            }
            if cell.node.with_untracked(|old| *old != node) {
                cell.node.set(node);
            }
        }
    }

    /// Looks for everything that is wrong.
    pub fn look_over(&self) {
        let document = self.document.get_value();
        let now = browser::now();
        let mut found = self.editor_state(|sketch| {
            find_problems(&sketch.graph, &sketch.settings, &document.catalogue, now)
        });
        for check in self.server_checks.get_untracked() {
            if !found.iter().any(|other| {
                other.problem.sentence == check.problem.sentence && other.node == check.node
            }) {
                found.push(check);
            }
        }
        found.sort_by_key(|check| check.severity);
        set_if_new(self.checks, found);
    }

    /// The rows of the outline.
    pub fn rows(&self) -> Arc<Vec<OutlineItem>> {
        let known = self.told.get_value();
        known.unwrap_or_else(|| {
            let told = Arc::new(self.graph(outline_items));
            self.told.set_value(Some(told.clone()));
            told
        })
    }

    /// The box of a node as it is shown now.
    pub fn frame(&self, id: &str) -> Option<Rect> {
        let cell = self.cell(id)?;
        Some(frame(cell.at.get(), cell.outlets.read().len(), self.direction.get()))
    }

    pub fn frame_untracked(&self, id: &str) -> Option<Rect> {
        untrack(|| self.frame(id))
    }
}

fn set_if_new<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}

/// The id of the element that shows a node.
pub fn step_id(node: &str) -> String {
    format!("step-{node}")
}

/// And of its row in the outline.
pub fn row_id(key: &str) -> String {
    format!("row-{key}")
}
