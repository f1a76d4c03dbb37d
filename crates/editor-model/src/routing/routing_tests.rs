use proptest::prelude::*;

use super::*;
use crate::{
    auto_layout::align,
    templates::TEMPLATES,
    test_graphs::{directions, graphs},
};
use wayfare_domain::graph::{Node, NodeKind, node::Delay};

/// The pieces of ways that go through a box which is not the one they come from or lead to.
fn through_boxes(graph: &Graph, direction: LayoutDirection) -> Vec<String> {
    let (frames, connectors) = connector_ends(graph, direction);
    let mut found = Vec::new();
    for (route, ends) in route_all(graph, direction).iter().zip(connectors) {
        let Some(ends) = ends else { continue };
        assert_eq!(
            (route.points.first(), route.points.last()),
            (Some(&ends.start), Some(&ends.end))
        );
        let last = route.points.len() - 2;
        for (place, two) in route.points.windows(2).enumerate() {
            assert!(two[0].x == two[1].x || two[0].y == two[1].y, "upright or level: {two:?}");
            let piece = Rect::between(two[0], two[1]);
            for (index, frame) in frames.iter().enumerate() {
                // Its ends touch their boxes, and go into none.
                let own = (index == ends.from && place == 0) || (index == ends.to && place == last);
                let inside = frame.inflate(-0.01);
                let touches = piece.x <= inside.right()
                    && inside.x <= piece.right()
                    && piece.y <= inside.bottom()
                    && inside.y <= piece.bottom();
                if touches && !own {
                    found.push(format!(
                        "{} → {}: {two:?} in {} {frame:?}",
                        graph.nodes[ends.from].id, graph.nodes[ends.to].id, graph.nodes[index].id
                    ));
                }
            }
        }
    }
    found
}

/// Pieces of ways to different boxes that lie upon one another.
fn upon_each_other(graph: &Graph, direction: LayoutDirection) -> Vec<String> {
    let (_, connectors) = connector_ends(graph, direction);
    let mut pieces = Vec::new();
    for (number, (route, ends)) in route_all(graph, direction).iter().zip(connectors).enumerate() {
        let Some(ends) = ends else { continue };
        pieces.extend(route.points.windows(2).map(|two| (number, ends, two[0], two[1])));
    }
    let mut found = Vec::new();
    for (index, (number, ends, a, b)) in pieces.iter().enumerate() {
        for (other_number, other, c, d) in &pieces[index + 1..] {
            let (same_way, same_target) = (number == other_number, ends.to == other.to);
            let level = a.y == b.y && c.y == d.y && (a.y - c.y).abs() < 0.2;
            let upright = a.x == b.x && c.x == d.x && (a.x - c.x).abs() < 0.2;
            let shared = |a: f64, b: f64, c: f64, d: f64| {
                a.max(b).min(c.max(d)) - a.min(b).max(c.min(d)) > 1.0
            };
            let upon =
                (level && shared(a.x, b.x, c.x, d.x)) || (upright && shared(a.y, b.y, c.y, d.y));
            // The last piece into a box is that of all who come.
            if upon && !same_way && !(same_target && (*b == ends.end || *d == other.end)) {
                found.push(format!("{a:?} {b:?} and {c:?} {d:?}"));
            }
        }
    }
    found
}

#[test]
fn in_every_template_lines_go_around_boxes_and_lie_apart() {
    for template in TEMPLATES {
        let mut graph = template.document().expect("a document").graph;
        assert_eq!(
            through_boxes(&graph, LayoutDirection::of(&graph)),
            Vec::<String>::new(),
            "{} as it comes",
            template.key
        );
        for direction in [LayoutDirection::Down, LayoutDirection::Right] {
            align(&mut graph, direction);
            assert_eq!(
                through_boxes(&graph, direction),
                Vec::<String>::new(),
                "{} {direction:?}",
                template.key
            );
            assert_eq!(
                upon_each_other(&graph, direction),
                Vec::<String>::new(),
                "{} {direction:?}",
                template.key
            );
        }
    }
}

#[test]
fn buttons_of_a_template_stand_apart_and_on_their_lines() {
    for template in TEMPLATES {
        let mut graph = template.document().expect("a document").graph;
        for direction in [LayoutDirection::Down, LayoutDirection::Right] {
            align(&mut graph, direction);
            let (frames, _) = connector_ends(&graph, direction);
            let routes = route_all(&graph, direction);
            for (index, route) in routes.iter().enumerate() {
                let on_line = route
                    .points
                    .windows(2)
                    .any(|two| Rect::between(two[0], two[1]).inflate(0.1).contains(route.button));
                assert!(on_line, "{}: {route:?}", template.key);
                assert!(
                    !frames.iter().any(|frame| frame.inflate(12.0).contains(route.button)),
                    "{}: {route:?}",
                    template.key
                );
                for other in &routes[index + 1..] {
                    assert!(
                        distance(route.button, other.button) >= 24.0,
                        "{}: {route:?} {other:?}",
                        template.key
                    );
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn in_an_aligned_graph_no_line_goes_through_a_box(mut graph in graphs(60), direction in directions()) {
        align(&mut graph, direction);
        prop_assert_eq!(through_boxes(&graph, direction), Vec::<String>::new());
    }

    #[test]
    fn level_lines_of_an_aligned_graph_lie_apart(mut graph in graphs(25), direction in directions()) {
        align(&mut graph, direction);
        let (_, connectors) = connector_ends(&graph, direction);
        let mut levels: Vec<(usize, f64, f64, f64)> = Vec::new();
        for (number, (route, ends)) in route_all(&graph, direction).iter().zip(connectors).enumerate() {
            let points: Vec<Position> = route.points.iter().map(|at| turned(*at, direction)).collect();
            prop_assert!(ends.is_some());
            levels.extend(points.windows(2).filter(|two| two[0].y == two[1].y).map(|two| (number, two[0].y, two[0].x.min(two[1].x), two[0].x.max(two[1].x))));
        }
        for (index, a) in levels.iter().enumerate() {
            for b in &levels[index + 1..] {
                prop_assert!(a.0 == b.0 || (a.1 - b.1).abs() > 0.05 || a.3 < b.2 || b.3 < a.2, "{a:?} {b:?}");
            }
        }
    }

    /// Boxes that a hand put anywhere: whatever cannot be minded, there is a way, and it begins and
    /// ends where it should.
    #[test]
    fn wherever_boxes_lie_every_connector_has_a_way(
        mut graph in graphs(30), direction in directions(), places in prop::collection::vec((-1e6..1e6_f64, -1e6..1e6_f64), 31), near in any::<bool>(),
    ) {
        for (node, (x, y)) in graph.nodes.iter_mut().zip(places) {
            let scale = if near { 1e-3 } else { 1.0 };
            node.position = Position { x: x * scale, y: y * scale };
        }
        let (_, connectors) = connector_ends(&graph, direction);
        for (route, ends) in route_all(&graph, direction).iter().zip(connectors) {
            let ends = ends.expect("both ends are there");
            prop_assert_eq!((route.points.first(), route.points.last()), (Some(&ends.start), Some(&ends.end)));
            prop_assert!(route.points.iter().all(|at| at.x.is_finite() && at.y.is_finite()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    #[test]
    fn nor_in_one_of_three_hundred_nodes(mut graph in graphs(300).prop_filter("large", |graph| graph.nodes.len() > 200), direction in directions()) {
        align(&mut graph, direction);
        prop_assert_eq!(through_boxes(&graph, direction), Vec::<String>::new());
    }
}

#[test]
fn a_box_in_the_way_is_gone_around() {
    let delay = |id: &str, x: f64, y: f64| Node {
        position: Position { x, y },
        ..Node::new(id, NodeKind::Delay(Delay::For { minutes: 5 }))
    };
    let mut graph = Graph::empty();
    graph.nodes.extend([delay("middle", 0.0, 200.0), delay("last", 0.0, 400.0)]);
    graph.connectors.push(Connector {
        from: "entry".into(),
        outlet: "next".into(),
        to: "last".into(),
    });
    graph.connectors.push(Connector {
        from: "last".into(),
        outlet: "next".into(),
        to: "middle".into(),
    });
    assert_eq!(through_boxes(&graph, LayoutDirection::Down), Vec::<String>::new());
    assert_eq!(upon_each_other(&graph, LayoutDirection::Down), Vec::<String>::new());
    // Nothing in the way: straight down.
    graph.nodes[1].position.x = 600.0;
    assert_eq!(route_all(&graph, LayoutDirection::Down)[0].points.len(), 2);
}
