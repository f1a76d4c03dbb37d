use proptest::prelude::*;

use super::*;
use crate::{geometry::node_rects, history::EditHistory, palette};
use wayfare_domain::{
    graph::node::{Branch, Delay},
    journeys::settings::EntryTrigger,
};

fn state() -> EditorState {
    EditorState::new(Graph::empty(), Settings::new(EntryTrigger::Api {}))
}

fn delay() -> NodeKind {
    NodeKind::Delay(Delay::For { minutes: 5 })
}

fn email() -> NodeKind {
    NodeKind::Email { subject: "Hello".into(), body: String::new() }
}

fn after(from: &str, outlet: &str, step: NodeKind) -> EditCommand {
    EditCommand::After { from: from.into(), outlet: outlet.into(), step }
}

fn done(start: &EditorState, edits: &[EditCommand]) -> EditorState {
    edits
        .iter()
        .fold(start.clone(), |state, edit| state.apply(edit, EditMode::Draft).expect("makes sense"))
}

fn ways(state: &EditorState) -> Vec<String> {
    let mut ways: Vec<String> = state
        .graph
        .connectors
        .iter()
        .map(|way| format!("{} {} {}", way.from, way.outlet, way.to))
        .collect();
    ways.sort();
    ways
}

fn ids(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_string()).collect()
}

#[test]
fn a_step_put_onto_a_connector_comes_between() {
    let end = NodeKind::Goal { name: "Bought".into() };
    let state = done(&state(), &[after("entry", "next", end), after("entry", "next", email())]);
    assert_eq!(ways(&state), ["email-1 sent goal-1", "entry next email-1"]);
    assert_eq!(state.selection, ids(&["email-1"]));
    let [entry, goal, email] = &node_rects(&state.graph, LayoutDirection::Down)[..] else {
        panic!("three nodes")
    };
    assert!(entry.bottom() <= email.y && email.bottom() <= goal.y, "there is room between them");
}

#[test]
fn deleting_heals_the_way_and_leaves_the_entry_alone() {
    let state = done(
        &state(),
        &[
            after("entry", "next", delay()),
            after("delay-1", "next", email()),
            after("email-1", "clicked", NodeKind::Goal { name: "G".into() }),
        ],
    );
    let healed =
        done(&state, &[EditCommand::Delete { nodes: ids(&["entry", "delay-1", "email-1"]) }]);
    assert_eq!(ways(&healed), ["entry next goal-1"]);
    assert!(
        healed.apply(&EditCommand::Delete { nodes: ids(&["entry"]) }, EditMode::Draft).is_err()
    );
}

#[test]
fn a_circle_that_is_deleted_heals_to_nothing() {
    let state =
        done(&state(), &[after("entry", "next", delay()), after("delay-1", "next", delay())]);
    let circle = done(
        &state,
        &[EditCommand::Connect {
            from: "delay-2".into(),
            outlet: "next".into(),
            to: "delay-1".into(),
        }],
    );
    let healed = done(&circle, &[EditCommand::Delete { nodes: ids(&["delay-1", "delay-2"]) }]);
    assert_eq!(ways(&healed), Vec::<String>::new());
}

#[test]
fn what_was_copied_is_pasted_with_ids_of_its_own_also_from_another_journey() {
    let first =
        done(&state(), &[after("entry", "next", email()), after("email-1", "clicked", delay())]);
    let text = ClipboardGraph::copy_from(&first.graph, |_| true).to_text();
    let fragment = ClipboardGraph::from_text(&text).expect("ours").expect("sound");
    let paste = EditCommand::Paste { fragment, at: None };
    let twice = done(&first, &[paste.clone(), paste.clone()]);
    assert_eq!(twice.graph.nodes.len(), 7);
    assert_eq!(twice.graph.structural_errors(), []);
    assert!(
        ways(&twice).contains(&"email-2 clicked delay-2".to_string())
            && ways(&twice).contains(&"email-3 clicked delay-3".to_string())
    );
    let elsewhere = done(&state(), &[paste]);
    assert_eq!(ways(&elsewhere), ["email-1 clicked delay-1"]);
}

#[test]
fn texts_that_are_not_ours_are_left_alone_and_broken_ones_told() {
    assert_eq!(ClipboardGraph::from_text("Dear colleague"), None);
    for broken in [
        r#"{"wayfare":"steps","nodes":[]}"#,
        r#"{"wayfare":"steps","nodes":[{"id":"a","step":{"teleport":{}}}]}"#,
        r#"{"wayfare":"steps","nodes":[{"id":"a","step":{"goal":{"name":"G"}}}],"connectors":[{"from":"a","outlet":"next","to":"a"}]}"#,
        r#"{"wayfare":"steps","nodes":[{"id":"a","position":{"x":1e12,"y":0},"step":{"goal":{"name":"G"}}}]}"#,
    ] {
        assert!(matches!(ClipboardGraph::from_text(broken), Some(Err(_))), "{broken}");
    }
}

#[test]
fn a_renamed_branch_keeps_its_connector_and_a_removed_one_takes_it_along() {
    let branch = |name: &str| Branch {
        name: name.into(),
        criteria: wayfare_domain::graph::criteria::Criteria::everyone(),
    };
    let split = |names: &[&str]| NodeKind::ConditionSplit {
        branches: names.iter().map(|name| branch(name)).collect(),
    };
    let start = done(
        &state(),
        &[after("entry", "next", split(&["a", "b"])), after("split-1", "b", delay())],
    );
    let change = |names: &[&str]| EditCommand::Change {
        node: Box::new(Node::new("split-1", split(names))),
        field: "branches".into(),
    };
    assert_eq!(
        ways(&done(&start, &[change(&["a", "VIP"])])),
        ["entry next split-1", "split-1 VIP delay-1"]
    );
    assert_eq!(ways(&done(&start, &[change(&["a"])])), ["entry next split-1"]);
    assert!(start.apply(&change(&["a", "a"]), EditMode::Draft).is_err());
}

#[test]
fn of_a_published_version_only_texts_names_and_places_change() {
    let start = done(&state(), &[after("entry", "next", email())]);
    let change = |step: NodeKind, name: Option<&str>| EditCommand::Change {
        node: Box::new(Node { name: name.map(str::to_string), ..Node::new("email-1", step) }),
        field: "x".into(),
    };
    let text = NodeKind::Email { subject: "Other words".into(), body: "And more".into() };
    let allowed = [
        change(text, Some("First mail")),
        EditCommand::Align(LayoutDirection::Right),
        EditCommand::Move { to: vec![] },
    ];
    for edit in &allowed {
        assert!(start.apply(edit, EditMode::Content).is_ok(), "{edit:?}");
        assert!(start.apply(edit, EditMode::Read).is_err(), "{edit:?}");
    }
    let refused = [
        change(delay(), None),
        after("email-1", "sent", delay()),
        EditCommand::Delete { nodes: ids(&["email-1"]) },
    ];
    for edit in &refused {
        assert!(start.apply(edit, EditMode::Content).is_err(), "{edit:?}");
    }
}

#[test]
fn steps_added_at_each_outlet_of_a_split_lie_side_by_side() {
    let split = palette::item("random").expect("there").step;
    let state = done(
        &state(),
        &[
            after("entry", "next", split),
            after("random-1", "A", delay()),
            after("random-1", "B", delay()),
        ],
    );
    let frames = node_rects(&state.graph, LayoutDirection::Down);
    assert!(!frames[2].overlaps(&frames[3]) && frames[2].x < frames[3].x);
}

/// Whatever someone does at random.
fn edits()
-> impl Strategy<Value = (u8, prop::sample::Index, prop::sample::Index, prop::sample::Index)> {
    (
        0_u8..10,
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
    )
}

fn edit_of(
    state: &EditorState,
    (kind, a, b, c): (u8, prop::sample::Index, prop::sample::Index, prop::sample::Index),
) -> EditCommand {
    let nodes = &state.graph.nodes;
    let (from, to) = (a.get(nodes), b.get(nodes));
    let outlets = from.outlets();
    let outlet = if outlets.is_empty() { "next".to_string() } else { c.get(&outlets).clone() };
    let items = palette::items();
    let step = b.get(&items).step.clone();
    let from = from.id.clone();
    match kind {
        0..=2 => EditCommand::After { from, outlet, step },
        3 => EditCommand::Add {
            step,
            at: Position { x: 20.0 * b.index(50) as f64, y: 20.0 * c.index(50) as f64 },
        },
        4 => EditCommand::Connect { from, outlet, to: to.id.clone() },
        5 => EditCommand::Disconnect { from, outlet },
        6 => EditCommand::Delete { nodes: BTreeSet::from([from, to.id.clone()]) },
        7 => EditCommand::Duplicate { nodes: BTreeSet::from([from, to.id.clone()]) },
        8 => EditCommand::Align(if c.index(2) == 0 {
            LayoutDirection::Down
        } else {
            LayoutDirection::Right
        }),
        _ => EditCommand::Move {
            to: vec![(from, Position { x: f64::from(a.index(5000) as u32), y: -300.0 })],
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn whatever_is_done_the_graph_can_be_stored_and_all_of_it_can_be_taken_back(choices in prop::collection::vec(edits(), 1..30)) {
        let start = state();
        let mut history = EditHistory::new(start.clone(), EditMode::Draft);
        for choice in choices {
            let edit = edit_of(history.current(), choice);
            let _ = history.apply(&edit);
            prop_assert_eq!(history.current().graph.structural_errors(), [], "after {:?}", edit);
        }
        let end = history.current().clone();
        while history.undo() {}
        prop_assert_eq!(history.current(), &start);
        while history.redo() {}
        prop_assert_eq!(history.current(), &end);
    }
}
