//! Graphs that are refused, with the place and the reason; graphs that are not.

use proptest::prelude::*;

use crate::{
    graph::{
        Connector, Graph, Node, NodeKind, Position,
        criteria::EventMatch,
        node::{Delay, SplitShare},
    },
    time::DURATION_DAYS_MAX,
};

fn node(id: &str, step: NodeKind) -> Node {
    Node::new(id, step)
}

fn connector(from: &str, outlet: &str, to: &str) -> Connector {
    Connector { from: from.to_string(), outlet: outlet.to_string(), to: to.to_string() }
}

fn sms(id: &str) -> Node {
    node(id, NodeKind::Sms { body: "Hello".to_string() })
}

fn wait(id: &str) -> Node {
    node(id, NodeKind::Delay(Delay::For { minutes: 60 }))
}

fn graph(nodes: Vec<Node>, connectors: Vec<Connector>) -> Graph {
    let mut all = Graph::empty().nodes;
    all.extend(nodes);
    Graph { nodes: all, connectors }
}

fn keys(errors: Vec<crate::error::FieldError>) -> Vec<(String, String)> {
    errors.into_iter().map(|error| (error.path, error.key)).collect()
}

#[test]
fn a_small_complete_graph_has_no_problems() {
    let graph = graph(
        vec![wait("a"), sms("b")],
        vec![connector("entry", "next", "a"), connector("a", "next", "b")],
    );
    assert_eq!(graph.publish_errors(), []);
}

#[test]
fn each_defect_is_named_at_its_place() {
    let graph = graph(
        vec![
            sms("a"),
            sms("a"),
            node(
                "r",
                NodeKind::RandomSplit {
                    shares: vec![SplitShare { name: "x".to_string(), percent: 50 }],
                },
            ),
        ],
        vec![
            connector("a", "clicked", "a"),
            connector("ghost", "next", "a"),
            connector("a", "sent", "entry"),
        ],
    );
    assert_eq!(
        keys(graph.structural_errors()),
        [
            ("nodes[2].id", "duplicate"),
            ("connectors[0].outlet", "unknown_outlet"),
            ("connectors[1].from", "unknown_node"),
            ("connectors[2].to", "entry"),
            ("nodes[3].step.random_split.shares", "sum"),
        ]
        .map(|(path, key)| (path.to_string(), key.to_string()))
    );
}

#[test]
fn a_draft_is_kept_with_forms_that_are_half_filled_in_and_without_what_leads_nowhere() {
    let half = node(
        "r",
        NodeKind::RandomSplit { shares: vec![SplitShare { name: "x".to_string(), percent: 50 }] },
    );
    let mut graph = graph(vec![half], vec![connector("entry", "next", "r")]);
    assert_eq!((graph.storage_errors(), keys(graph.structural_errors()).len()), (Vec::new(), 1));
    graph.connectors.push(connector("r", "y", "r"));
    assert_eq!(
        keys(graph.storage_errors()),
        [("connectors[1].outlet".to_string(), "unknown_outlet".to_string())]
    );
}

#[test]
fn a_share_cannot_be_called_like_an_ending() {
    let split = |name: &str| NodeKind::RandomSplit {
        shares: vec![SplitShare { name: name.to_string(), percent: 100 }],
    };
    for name in ["!completed", "~sent"] {
        let defects = graph(vec![node("r", split(name))], vec![]).structural_errors();
        assert_eq!(
            keys(defects),
            [("nodes[1].step.random_split.shares".to_string(), "reserved".to_string())]
        );
    }
    assert_eq!(graph(vec![node("r", split("a!"))], vec![]).structural_errors(), []);
}

#[test]
fn a_graph_has_exactly_one_entry() {
    let none = Graph { nodes: vec![sms("a")], connectors: vec![] };
    assert_eq!(keys(none.structural_errors()), [("nodes".to_string(), "entry".to_string())]);
}

#[test]
fn a_new_graph_is_valid_but_not_publishable() {
    assert_eq!(Graph::empty().structural_errors(), []);
    assert_eq!(keys(Graph::empty().publish_errors()), [("nodes".to_string(), "empty".to_string())]);
}

#[test]
fn what_nobody_reaches_is_a_problem() {
    let graph = graph(vec![sms("a"), sms("lost")], vec![connector("entry", "next", "a")]);
    assert_eq!(keys(graph.publish_errors()), [("nodes[2]".to_string(), "unreachable".to_string())]);
}

/// A text message, a step, and back to the message.
fn circle(step: NodeKind) -> Graph {
    graph(
        vec![sms("a"), node("b", step)],
        vec![
            connector("entry", "next", "a"),
            connector("a", "sent", "b"),
            connector("b", "next", "a"),
        ],
    )
}

#[test]
fn a_circle_needs_a_wait() {
    let circle = |nodes, middle| {
        graph(
            nodes,
            vec![
                connector("entry", "next", "a"),
                connector("a", "sent", "b"),
                connector("b", middle, "a"),
            ],
        )
    };
    assert_eq!(
        keys(circle(vec![sms("a"), sms("b")], "sent").publish_errors()),
        [("connectors".to_string(), "cycle".to_string())]
    );
    assert_eq!(circle(vec![sms("a"), wait("b")], "next").publish_errors(), []);
}

#[test]
fn a_delay_until_a_date_does_not_count_as_the_wait_of_a_circle() {
    let step = Delay::UntilProperty { property: "born".to_string(), offset_days: 0 };
    let errors = circle(NodeKind::Delay(step)).publish_errors();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(
        errors[0].sentence,
        "People could loop through “a” without waiting. A delay until a date does not count, \
         because the date may be missing or past. Add a delay of at least one minute to the loop."
    );
}

#[test]
fn a_delay_until_a_time_of_day_counts_as_the_wait_of_a_circle() {
    let step = Delay::Until { time: "09:30".to_string(), weekdays: Vec::new() };
    assert_eq!(circle(NodeKind::Delay(step)).publish_errors(), []);
}

#[test]
fn a_delay_until_a_date_may_lie_on_a_circle_that_waits_elsewhere() {
    let step = Delay::UntilProperty { property: "born".to_string(), offset_days: 0 };
    let graph = graph(
        vec![sms("a"), node("b", NodeKind::Delay(step)), wait("c")],
        vec![
            connector("entry", "next", "a"),
            connector("a", "sent", "b"),
            connector("b", "next", "c"),
            connector("c", "next", "a"),
        ],
    );
    assert_eq!(graph.publish_errors(), []);
}

#[test]
fn a_delay_of_no_minutes_is_kept_in_a_draft_but_not_published() {
    let graph = circle(NodeKind::Delay(Delay::For { minutes: 0 }));
    assert_eq!(graph.storage_errors(), []);
    let path = "nodes[2].step.delay.for.minutes".to_string();
    assert_eq!(keys(graph.publish_errors()), [(path, "range".to_string())]);
}

#[test]
fn a_wait_of_more_than_ten_years_is_kept_in_a_draft_but_not_published() {
    let longest = DURATION_DAYS_MAX * 24 * 60;
    let wait = |timeout_minutes| NodeKind::WaitForEvent {
        event: EventMatch { name: "Paid".to_string(), filters: Vec::new() },
        same: Vec::new(),
        timeout_minutes,
    };
    let until = |offset_days| {
        NodeKind::Delay(Delay::UntilProperty { property: "birthday".to_string(), offset_days })
    };
    let days = DURATION_DAYS_MAX.cast_signed();
    for (longest, longer, field) in [
        (
            NodeKind::Delay(Delay::For { minutes: longest }),
            NodeKind::Delay(Delay::For { minutes: longest + 1 }),
            "delay.for.minutes",
        ),
        (wait(longest), wait(u32::MAX), "wait_for_event.timeout_minutes"),
        (until(days), until(days + 1), "delay.until_property.offset_days"),
        (until(-days), until(i32::MIN), "delay.until_property.offset_days"),
    ] {
        let range = (format!("nodes[2].step.{field}"), "range".to_string());
        assert!(!keys(circle(longest).publish_errors()).contains(&range), "{field}");
        let graph = circle(longer);
        assert!(!keys(graph.storage_errors()).contains(&range), "{field}");
        assert!(keys(graph.publish_errors()).contains(&range), "{field}");
    }
}

#[test]
fn how_a_message_is_sent_names_no_time_beyond_ten_years() {
    let mut message = sms("m");
    message.sending.too_late_minutes = Some(u32::MAX);
    message.sending.answer_minutes = Some(DURATION_DAYS_MAX * 24 * 60 + 1);
    let found = keys(graph(vec![message], vec![]).structural_errors());
    let range = |field: &str| (format!("nodes[1].sending.{field}"), "range".to_string());
    assert_eq!(found, [range("too_late_minutes"), range("answer_minutes")]);
}

#[test]
fn the_node_that_is_named_lies_on_the_circle_and_not_behind_it() {
    let graph = graph(
        vec![sms("m"), sms("n"), sms("after")],
        vec![
            connector("entry", "next", "m"),
            connector("m", "sent", "n"),
            connector("n", "sent", "m"),
            connector("n", "failed", "after"),
        ],
    );
    assert_eq!(graph.cycle_without_wait(), Some("m"));
}

#[test]
fn absurd_positions_are_refused() {
    for x in [f64::NAN, f64::INFINITY, 1e300] {
        let mut graph = Graph::empty();
        graph.nodes[0].position.x = x;
        assert_eq!(
            keys(graph.structural_errors()),
            [("nodes[0].position".to_string(), "range".to_string())]
        );
    }
}

#[test]
fn unknown_fields_and_unknown_steps_are_refused() {
    for json in [
        r#"{"nodes": [{"id": "a", "step": {"telepathy": {}}}]}"#,
        r#"{"nodes": [{"id": "a", "colour": "red", "step": {"entry": {}}}]}"#,
        r#"{"nodes": [{"id": "a", "step": {"sms": {"body": "x", "sender": "y"}}}]}"#,
        r#"{"nodes": [], "edges": []}"#,
    ] {
        assert!(serde_json::from_str::<Graph>(json).is_err(), "{json}");
    }
}

fn any_graph() -> impl Strategy<Value = Graph> {
    let step = prop_oneof![
        Just(NodeKind::Entry {}),
        ".{0,12}".prop_map(|body| NodeKind::Sms { body }),
        any::<u32>().prop_map(|minutes| NodeKind::Delay(Delay::For { minutes })),
        ".{0,6}".prop_map(|time| NodeKind::Delay(Delay::Until { time, weekdays: vec![1, 9] })),
        ".{0,6}".prop_map(|name| NodeKind::Goal { name }),
    ];
    let nodes = prop::collection::vec(("[a-e]", step, -1e7..1e7_f64), 0..8);
    let connectors = prop::collection::vec(
        ("[a-f]", prop::sample::select(vec!["next", "sent", "yes"]), "[a-f]"),
        0..12,
    );
    (nodes, connectors).prop_map(|(nodes, connectors)| Graph {
        nodes: nodes
            .into_iter()
            .map(|(id, step, x)| Node { position: Position { x, y: 0.0 }, ..Node::new(id, step) })
            .collect(),
        connectors: connectors
            .into_iter()
            .map(|(from, outlet, to)| connector(&from, outlet, &to))
            .collect(),
    })
}

proptest! {
    #[test]
    fn any_graph_is_judged_without_breaking_and_comes_back_from_its_json(graph in any_graph()) {
        let _ = graph.publish_errors();
        let json = serde_json::to_string(&graph).expect("writable");
        prop_assert_eq!(serde_json::from_str::<Graph>(&json).expect("readable"), graph);
    }
}

/// A split with so many ways out, and a connector for each of them.
fn wide(ways: usize, outlet: impl Fn(usize) -> String) -> Graph {
    let shares =
        (0..ways).map(|index| SplitShare { name: format!("w{index}"), percent: 0 }).collect();
    let connectors = (0..ways).map(|index| connector("split", &outlet(index), "a")).collect();
    graph(vec![node("split", NodeKind::RandomSplit { shares }), wait("a")], connectors)
}

#[test]
fn the_ways_out_of_a_split_are_written_down_once_however_many_they_are() {
    // Written down for each connector they would be five hundred million names.
    assert_eq!(wide(24_000, |index| format!("w{index}")).storage_errors(), []);
}

#[test]
fn of_very_many_defects_the_first_are_told_and_each_stays_short() {
    let flaws = wide(24_000, |index| format!("x{index}")).storage_errors();
    assert!((100..200).contains(&flaws.len()), "{}", flaws.len());
    assert!(flaws.iter().all(|flaw| flaw.sentence.len() < 500), "{}", flaws[0].sentence);
    assert!(flaws[0].sentence.ends_with("w9, and 23990 more."), "{}", flaws[0].sentence);
}

#[test]
fn all_lists_of_a_graph_together_have_so_many_entries() {
    let shares = |count: usize| {
        let share = |number: usize| SplitShare { name: format!("s{number}"), percent: 1 };
        node("split", NodeKind::RandomSplit { shares: (0..count).map(share).collect() })
    };
    let most = crate::graph::ENTRIES_MAX - 2;
    assert_eq!(keys(graph(vec![shares(most)], vec![]).storage_errors()), []);
    let too_many = graph(vec![shares(most + 1)], vec![]).storage_errors();
    assert_eq!(keys(too_many), [("nodes".to_string(), "too_many".to_string())]);
}
