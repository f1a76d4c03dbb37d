//! The ways of connectors around boxes: upright and level lines only, through the space that boxes
//! leave free.
//!
//! First each connector looks for its way alone ([`path_search`], through [`free_space`]);
//! then all of them together get lanes ([`lanes`]), so that no two lie upon one another. The whole
//! is worked out anew after each change: it depends on nothing but the graph, and costs less than
//! finding out what could have stayed.
//!
//! Inside of this folder journeys run from top to bottom. One that runs to the right is turned
//! before, and back after.

mod free_space;
mod lanes;
mod path_search;

use std::{collections::HashMap, fmt::Write};

pub use lanes::LaneDemand;

use super::geometry::{
    LayoutDirection, Rect, drawn_outlets, frame, inlet_point, outlet_point, shown_outlets,
};
use wayfare_domain::graph::{Connector, Graph, Position};

/// Between lines and boxes, where there is room for it; and where there is little.
const CLEAR: f64 = 10.0;
const TIGHT: f64 = 3.0;
/// How round the corners are.
const ROUND: f64 = 8.0;
/// Between the middles of two buttons.
const BUTTONS_APART: f64 = 30.0;

/// A connector between two boxes: their numbers, and where on their rims it begins and ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConnectorEnds {
    pub from: usize,
    pub to: usize,
    pub start: Position,
    pub end: Position,
}

/// The way of a connector.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConnectorPath {
    pub points: Vec<Position>,
    /// Where its button stands.
    pub button: Position,
}

impl ConnectorPath {
    /// As the path of an SVG, with round corners and the tip of an arrow.
    pub fn path(&self, direction: LayoutDirection) -> String {
        let mut path = String::new();
        let Some(first) = self.points.first() else { return path };
        let _ = write!(path, "M{:.1} {:.1}", first.x, first.y);
        for three in self.points.windows(3) {
            let (before, corner, after) = (three[0], three[1], three[2]);
            let (come, go) = (distance(before, corner), distance(corner, after));
            let round = ROUND.min(come / 2.0).min(go / 2.0);
            let (a, b) = (towards(corner, before, round), towards(corner, after, round));
            let _ = write!(
                path,
                "L{:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}",
                a.x, a.y, corner.x, corner.y, b.x, b.y
            );
        }
        if let Some(last) = self.points.last() {
            let (x, y) = (last.x, last.y);
            let _ = match direction {
                LayoutDirection::Down => write!(path, "L{x:.1} {y:.1}m-5 -7l5 7l5 -7"),
                LayoutDirection::Right => write!(path, "L{x:.1} {y:.1}m-7 -5l7 5l-7 5"),
            };
        }
        path
    }

    pub fn shifted(&self, dx: f64, dy: f64) -> Self {
        let shift = |at: &Position| Position { x: at.x + dx, y: at.y + dy };
        Self { points: self.points.iter().map(shift).collect(), button: shift(&self.button) }
    }

    /// The smallest frame around it.
    pub fn frame(&self) -> Option<Rect> {
        Rect::around(self.points.iter().map(|at| Rect {
            x: at.x,
            y: at.y,
            width: 0.0,
            height: 0.0,
        }))
    }
}

/// The way without regard to other boxes: while a hand moves an end of it.
pub fn direct_path(start: Position, end: Position, direction: LayoutDirection) -> ConnectorPath {
    let points = plain_points(turned(start, direction), turned(end, direction));
    let longest =
        points.windows(2).max_by(|a, b| distance(a[0], a[1]).total_cmp(&distance(b[0], b[1])));
    let button = longest.map(|two| between(two[0], two[1], 0.5)).unwrap_or(start);
    back(ConnectorPath { points, button }, direction)
}

fn plain_points(start: Position, end: Position) -> Vec<Position> {
    let at = |x: f64, y: f64| Position { x, y };
    if end.y >= start.y {
        let middle = (start.y + end.y) / 2.0;
        return tidy(vec![start, at(start.x, middle), at(end.x, middle), end]);
    }
    let (below, above) = (start.y + 2.0 * CLEAR, end.y - 2.0 * CLEAR);
    let side = if (start.x - end.x).abs() > 260.0 {
        (start.x + end.x) / 2.0
    } else {
        start.x.max(end.x) + 140.0
    };
    tidy(vec![start, at(start.x, below), at(side, below), at(side, above), at(end.x, above), end])
}

/// The boxes of a graph and the ends of its connectors, in their order; `None` for one whose ends
/// are not there.
pub fn connector_ends(
    graph: &Graph,
    direction: LayoutDirection,
) -> (Vec<Rect>, Vec<Option<ConnectorEnds>>) {
    let drawn = drawn_outlets(graph);
    let index: HashMap<&str, usize> =
        graph.nodes.iter().enumerate().map(|(index, node)| (node.id.as_str(), index)).collect();
    let shown: Vec<Vec<String>> = graph
        .nodes
        .iter()
        .map(|node| {
            let mine = drawn.get(node.id.as_str());
            shown_outlets(node, |outlet| mine.is_some_and(|mine| mine.contains(outlet)))
        })
        .collect();
    let frames: Vec<Rect> = graph
        .nodes
        .iter()
        .zip(&shown)
        .map(|(node, shown)| frame(node.position, shown.len(), direction))
        .collect();
    let ends = |connector: &Connector| {
        let (from, to) = (*index.get(connector.from.as_str())?, *index.get(connector.to.as_str())?);
        let place = shown[from].iter().position(|outlet| *outlet == connector.outlet).unwrap_or(0);
        let start = outlet_point(frames[from], place, shown[from].len(), direction);
        Some(ConnectorEnds { from, to, start, end: inlet_point(frames[to], direction) })
    };
    let connectors = graph.connectors.iter().map(ends).collect();
    (frames, connectors)
}

/// The ways of all connectors of a graph, in their order.
pub fn route_all(graph: &Graph, direction: LayoutDirection) -> Vec<ConnectorPath> {
    let (frames, connectors) = connector_ends(graph, direction);
    route(&frames, &connectors, direction)
}

/// The ways of connectors around boxes. One that has no ends has no way.
pub fn route(
    frames: &[Rect],
    ends: &[Option<ConnectorEnds>],
    direction: LayoutDirection,
) -> Vec<ConnectorPath> {
    let boxes: Vec<Rect> = frames.iter().map(|frame| turned_frame(*frame, direction)).collect();
    let connectors: Vec<ConnectorEnds> = ends.iter().flatten().copied().collect();
    let points: Vec<Vec<Position>> =
        plan(&boxes, &connectors, direction).into_iter().map(tidy).collect();
    let buttons = buttons(&points, &connectors, &boxes);
    let mut found = points
        .into_iter()
        .zip(buttons)
        .map(|(points, button)| back(ConnectorPath { points, button }, direction));
    ends.iter().map(|ends| ends.and_then(|_| found.next()).unwrap_or_default()).collect()
}

/// The room that level lines ask for in the free space in which they run, along the direction of
/// the drawing: for anyone who moves layers apart.
pub fn lane_demand(graph: &Graph, direction: LayoutDirection) -> Vec<LaneDemand> {
    let (frames, ends) = connector_ends(graph, direction);
    let boxes: Vec<Rect> = frames.iter().map(|frame| turned_frame(*frame, direction)).collect();
    let known: Vec<ConnectorEnds> = ends.into_iter().flatten().collect();
    lanes::crowds(&courses(&boxes, &known, direction))
}

fn courses(
    boxes: &[Rect],
    connectors: &[ConnectorEnds],
    direction: LayoutDirection,
) -> Vec<Option<path_search::OrthogonalPath>> {
    let wide = free_space::FreeSpace::new(boxes, CLEAR);
    let mut tight = None;
    let mut patience = path_search::SEARCH_BUDGET;
    connectors
        .iter()
        .map(|ends| {
            let (start, end) = (turned(ends.start, direction), turned(ends.end, direction));
            path_search::find_path(&wide, start, end, CLEAR, &mut patience).or_else(|| {
                let tight = tight.get_or_insert_with(|| free_space::FreeSpace::new(boxes, TIGHT));
                path_search::find_path(tight, start, end, TIGHT, &mut patience)
            })
        })
        .collect()
}

/// The corners of each way.
fn plan(
    boxes: &[Rect],
    connectors: &[ConnectorEnds],
    direction: LayoutDirection,
) -> Vec<Vec<Position>> {
    let mut courses = courses(boxes, connectors, direction);
    let levels = lanes::assign(&mut courses);
    courses
        .iter()
        .zip(levels)
        .zip(connectors)
        .map(|((course, levels), ends)| match course {
            Some(course) => course.corners(&levels),
            None => plain_points(turned(ends.start, direction), turned(ends.end, direction)),
        })
        .collect()
}

/// A place for the button of each way: on a piece that is its own, apart from other buttons.
fn buttons(
    routes: &[Vec<Position>],
    connectors: &[ConnectorEnds],
    boxes: &[Rect],
) -> Vec<Position> {
    let mut arriving: HashMap<usize, usize> = HashMap::new();
    for ends in connectors {
        *arriving.entry(ends.to).or_default() += 1;
    }
    let cell = |at: Position| {
        ((at.x / BUTTONS_APART).floor() as i64, (at.y / BUTTONS_APART).floor() as i64)
    };
    let mut placed: HashMap<(i64, i64), Vec<Position>> = HashMap::new();
    let hidden = OverlapIndex::behind(boxes);
    routes
        .iter()
        .zip(connectors)
        .map(|(points, ends)| {
            let shared = arriving.get(&ends.to).is_some_and(|count| *count > 1);
            let candidates = button_candidates(points, shared);
            let free = |at: &Position| {
                let (column, row) = cell(*at);
                let near = (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (column + dx, row + dy)));
                let taken = near
                    .filter_map(|key| placed.get(&key))
                    .flatten()
                    .any(|other| distance(*at, *other) < BUTTONS_APART);
                !taken && !hidden.has(*at)
            };
            let place = candidates
                .iter()
                .find(|at| free(at))
                .or(candidates.first())
                .copied()
                .unwrap_or_default();
            placed.entry(cell(place)).or_default().push(place);
            place
        })
        .collect()
}

/// Where a button might stand, the best first.
fn button_candidates(points: &[Position], shared: bool) -> Vec<Position> {
    let mut pieces: Vec<(Position, Position, f64)> =
        points.windows(2).map(|two| (two[0], two[1], distance(two[0], two[1]))).collect();
    // The last piece is that of all connectors that come to the box.
    if shared
        && pieces.len() > 1
        && let Some(last) = pieces.last_mut()
    {
        last.2 = 0.0;
    }
    pieces.sort_by(|a, b| b.2.total_cmp(&a.2));
    let shares = [0.5, 0.3, 0.7, 0.15, 0.85];
    shares
        .into_iter()
        .flat_map(|share| pieces.iter().map(move |(from, to, _)| between(*from, *to, share)))
        .collect()
}

/// Finds out quickly whether a button would lie upon a box.
struct OverlapIndex<'a> {
    boxes: HashMap<(i64, i64), Vec<&'a Rect>>,
}

impl<'a> OverlapIndex<'a> {
    const TILE: f64 = 400.0;
    /// Half a button, and a little.
    const REACH: f64 = 13.0;

    fn behind(boxes: &'a [Rect]) -> Self {
        let mut tiles: HashMap<(i64, i64), Vec<&Rect>> = HashMap::new();
        for frame in boxes {
            let grown = frame.inflate(Self::REACH);
            let tile = |at: f64| (at / Self::TILE).floor() as i64;
            // No box is wider than many outlets make it; a broken one must not fill the memory.
            for column in tile(grown.x)..=tile(grown.right()).min(tile(grown.x) + 64) {
                for row in tile(grown.y)..=tile(grown.bottom()).min(tile(grown.y) + 64) {
                    tiles.entry((column, row)).or_default().push(frame);
                }
            }
        }
        Self { boxes: tiles }
    }

    fn has(&self, at: Position) -> bool {
        let key = ((at.x / Self::TILE).floor() as i64, (at.y / Self::TILE).floor() as i64);
        self.boxes
            .get(&key)
            .is_some_and(|boxes| boxes.iter().any(|frame| frame.inflate(Self::REACH).contains(at)))
    }
}

/// Without corners that are none.
fn tidy(points: Vec<Position>) -> Vec<Position> {
    let mut kept: Vec<Position> = Vec::with_capacity(points.len());
    for point in points {
        if kept.last().is_some_and(|last| distance(*last, point) < 0.01) {
            continue;
        }
        if let [.., a, b] = kept[..] {
            let level = (a.y - b.y).abs() < 0.01 && (b.y - point.y).abs() < 0.01;
            let upright = (a.x - b.x).abs() < 0.01 && (b.x - point.x).abs() < 0.01;
            if level || upright {
                kept.pop();
            }
        }
        kept.push(point);
    }
    kept
}

fn distance(a: Position, b: Position) -> f64 {
    (a.x - b.x).abs() + (a.y - b.y).abs()
}

fn between(a: Position, b: Position, share: f64) -> Position {
    Position { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share }
}

fn towards(from: Position, to: Position, length: f64) -> Position {
    between(from, to, length / distance(from, to).max(0.01))
}

fn turned(at: Position, direction: LayoutDirection) -> Position {
    match direction {
        LayoutDirection::Down => at,
        LayoutDirection::Right => Position { x: at.y, y: at.x },
    }
}

fn turned_frame(frame: Rect, direction: LayoutDirection) -> Rect {
    match direction {
        LayoutDirection::Down => frame,
        LayoutDirection::Right => {
            Rect { x: frame.y, y: frame.x, width: frame.height, height: frame.width }
        }
    }
}

fn back(route: ConnectorPath, direction: LayoutDirection) -> ConnectorPath {
    ConnectorPath {
        points: route.points.iter().map(|at| turned(*at, direction)).collect(),
        button: turned(route.button, direction),
    }
}

#[cfg(test)]
#[path = "routing_tests.rs"]
mod tests;
