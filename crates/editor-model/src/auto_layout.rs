//! Puts the nodes of a graph into layers, without overlaps: the layout is that of the `dagre`
//! crate, here it is asked and its answer put onto the grid.
//!
//! The answer depends on nothing but the graph, so that aligning twice changes nothing. Steps that
//! no one reaches stand in a group of their own behind the rest.

use std::collections::{HashMap, HashSet};

use dagre::{EdgeLabel, LayoutOptions, NodeLabel, RankDir, Ranker};

use super::{
    geometry::{
        GRID, LayoutDirection, NODE_HEIGHT, NODE_WIDTH, drawn_outlets, node_rects, shown_outlets,
        size, snap,
    },
    routing::lane_demand,
};
use wayfare_domain::graph::{Graph, NodeKind, Position};

/// From this many nodes on, layers are chosen by a quicker rule.
const MANY: usize = 400;
/// With more connectors than this the layers are laid out without looking at crossings: no one
/// could follow the lines in any case, and the page must not stand still. (800 take half a second
/// to two, 2,000 ten.)
const TOO_MANY: usize = 800;
/// Most room that is added between two layers.
const GAP_MAX: f64 = 40.0 * GRID;

/// Moves every node to its place.
pub fn align(graph: &mut Graph, direction: LayoutDirection) {
    let order = reading_order(graph);
    let mut places = if graph.nodes.len() > TOO_MANY {
        layers(graph, &order, direction)
    } else {
        roomy(graph, laid_out(graph, &order, direction), direction)
    };
    if overlapping(graph, &places, direction) {
        places = layers(graph, &order, direction);
    }
    for (node, place) in graph.nodes.iter_mut().zip(places) {
        node.position = place;
    }
}

/// Nodes as they are come upon from the entry, outlets in their order: siblings are laid out in the
/// order in which they stand.
fn reading_order(graph: &Graph) -> Vec<usize> {
    let index: HashMap<&str, usize> =
        graph.nodes.iter().enumerate().map(|(index, node)| (node.id.as_str(), index)).collect();
    let ways = ways(graph, &index);
    let mut seen = HashSet::new();
    let mut order = Vec::with_capacity(graph.nodes.len());
    let is_entry = |at: &usize| graph.nodes[*at].step == NodeKind::Entry {};
    let reached: HashSet<usize> = ways.iter().flatten().copied().collect();
    let all = 0..graph.nodes.len();
    let roots = all
        .clone()
        .filter(is_entry)
        .chain(all.clone().filter(|at| !reached.contains(at)))
        .chain(all);
    for root in roots {
        let mut open = vec![root];
        while let Some(at) = open.pop() {
            if seen.insert(at) {
                order.push(at);
                open.extend(ways[at].iter().rev());
            }
        }
    }
    order
}

/// Where the outlets of each node lead, in their order.
fn ways(graph: &Graph, index: &HashMap<&str, usize>) -> Vec<Vec<usize>> {
    let mut ways: Vec<Vec<(usize, usize)>> = vec![Vec::new(); graph.nodes.len()];
    for connector in &graph.connectors {
        if let (Some(from), Some(to)) =
            (index.get(connector.from.as_str()), index.get(connector.to.as_str()))
        {
            let place =
                graph.nodes[*from].outlets().iter().position(|outlet| *outlet == connector.outlet);
            ways[*from].push((place.unwrap_or(usize::MAX), *to));
        }
    }
    ways.into_iter()
        .map(|mut mine| {
            mine.sort_by_key(|(place, _)| *place);
            mine.into_iter().map(|(_, to)| to).collect()
        })
        .collect()
}

fn sizes(graph: &Graph, direction: LayoutDirection) -> Vec<(f64, f64)> {
    let drawn = drawn_outlets(graph);
    graph
        .nodes
        .iter()
        .map(|node| {
            let mine = drawn.get(node.id.as_str());
            size(
                shown_outlets(node, |outlet| mine.is_some_and(|mine| mine.contains(outlet))).len(),
                direction,
            )
        })
        .collect()
}

fn laid_out(graph: &Graph, order: &[usize], direction: LayoutDirection) -> Vec<Position> {
    let sizes = sizes(graph, direction);
    let index: HashMap<&str, usize> =
        graph.nodes.iter().enumerate().map(|(index, node)| (node.id.as_str(), index)).collect();
    let ways = ways(graph, &index);
    let mut picture =
        dagre::graph::Graph::<NodeLabel, EdgeLabel>::with_options(dagre::graph::GraphOptions {
            directed: true,
            multigraph: false,
            compound: false,
        });
    // Names that sort as the nodes are read.
    let mut names = vec![String::new(); graph.nodes.len()];
    for (place, at) in order.iter().enumerate() {
        names[*at] = format!("n{place:05}");
        let (width, height) = sizes[*at];
        picture.set_node(
            names[*at].clone(),
            Some(NodeLabel { width, height, ..NodeLabel::default() }),
        );
    }
    for at in order {
        for to in ways[*at].iter().filter(|to| *to != at) {
            picture.set_edge(
                names[*at].as_str(),
                names[*to].as_str(),
                Some(EdgeLabel::default()),
                None,
            );
        }
    }
    let (rankdir, ranksep) = match direction {
        LayoutDirection::Down => (RankDir::TB, 4.0 * GRID),
        LayoutDirection::Right => (RankDir::LR, 6.0 * GRID),
    };
    let ranker =
        if graph.nodes.len() > MANY { Ranker::LongestPath } else { Ranker::NetworkSimplex };
    let options = LayoutOptions {
        rankdir,
        ranksep,
        nodesep: 3.0 * GRID,
        edgesep: GRID,
        ranker,
        tie_keep_first: true,
        ..LayoutOptions::default()
    };
    dagre::layout(&mut picture, Some(options));
    names
        .iter()
        .zip(&sizes)
        .map(|(name, (width, height))| {
            let label = picture.node(name);
            let middle =
                |value: Option<f64>| value.filter(|value| value.is_finite()).unwrap_or(0.0);
            let (x, y) =
                (middle(label.and_then(|label| label.x)), middle(label.and_then(|label| label.y)));
            snap(Position { x: x - width / 2.0, y: y - height / 2.0 })
        })
        .collect()
}

/// Layers by the longest way from a beginning, each a row in reading order.
fn layers(graph: &Graph, order: &[usize], direction: LayoutDirection) -> Vec<Position> {
    let sizes = sizes(graph, direction);
    let index: HashMap<&str, usize> =
        graph.nodes.iter().enumerate().map(|(index, node)| (node.id.as_str(), index)).collect();
    let ways = ways(graph, &index);
    let read: HashMap<usize, usize> =
        order.iter().enumerate().map(|(place, at)| (*at, place)).collect();
    let mut layer = vec![0_usize; graph.nodes.len()];
    // Ways that lead back in the reading order do not count: what remains has no circles.
    for at in order {
        for to in &ways[*at] {
            if read.get(to) > read.get(at) {
                layer[*to] = layer[*to].max(layer[*at] + 1);
            }
        }
    }
    let (gap_along, gap_across) = (4.0 * GRID, 3.0 * GRID);
    let mut across: HashMap<usize, f64> = HashMap::new();
    let mut places = vec![Position::default(); graph.nodes.len()];
    let depth = sizes
        .iter()
        .map(|(width, height)| if direction == LayoutDirection::Down { *height } else { *width })
        .fold(0.0, f64::max);
    for at in order {
        let along = layer[*at] as f64 * (depth + gap_along);
        let next = across.entry(layer[*at]).or_insert(0.0);
        let (width, height) = sizes[*at];
        places[*at] = match direction {
            LayoutDirection::Down => Position { x: *next, y: along },
            LayoutDirection::Right => Position { x: along, y: *next },
        };
        *next += gap_across + if direction == LayoutDirection::Down { width } else { height };
    }
    places.into_iter().map(snap).collect()
}

/// Moves layers apart between which more connectors run than there is room for.
fn roomy(graph: &Graph, mut places: Vec<Position>, direction: LayoutDirection) -> Vec<Position> {
    let crowds = lane_demand(&placed(graph, &places), direction);
    let start =
        |place: &Position| if direction == LayoutDirection::Down { place.y } else { place.x };
    let mut layers: Vec<f64> = places.iter().map(start).collect();
    layers.sort_by(f64::total_cmp);
    layers.dedup();
    let depth = if direction == LayoutDirection::Down { NODE_HEIGHT } else { NODE_WIDTH };
    let mut moved = 0.0;
    let mut moves: Vec<f64> = vec![0.0];
    for pair in layers.windows(2) {
        let (from, to) = (pair[0] + depth, pair[1]);
        let here = crowds.iter().filter(|crowd| crowd.top >= from && crowd.bottom <= to);
        let missing = here
            .map(|crowd| crowd.room - (crowd.bottom - crowd.top))
            .fold(0.0, f64::max)
            .min(GAP_MAX);
        moved += (missing / GRID).ceil() * GRID;
        moves.push(moved);
    }
    for place in &mut places {
        let layer = layers.partition_point(|layer| *layer < start(place));
        let by = moves.get(layer).copied().unwrap_or_default();
        match direction {
            LayoutDirection::Down => place.y += by,
            LayoutDirection::Right => place.x += by,
        }
    }
    places
}

fn placed(graph: &Graph, places: &[Position]) -> Graph {
    let mut moved = graph.clone();
    for (node, place) in moved.nodes.iter_mut().zip(places) {
        node.position = *place;
    }
    moved
}

fn overlapping(graph: &Graph, places: &[Position], direction: LayoutDirection) -> bool {
    let mut frames = node_rects(&placed(graph, places), direction);
    frames.sort_by(|a, b| a.y.total_cmp(&b.y));
    frames.iter().enumerate().any(|(index, frame)| {
        frames[index + 1..]
            .iter()
            .take_while(|other| other.y < frame.bottom())
            .any(|other| other.overlaps(frame))
    })
}

#[cfg(test)]
#[path = "auto_layout_tests.rs"]
mod tests;
