//! Where things lie on the canvas: boxes of nodes, outlets on their rims, and the lines of
//! connectors. Pure, so that what the mouse hits, what a picture shows and what the layout keeps
//! apart are the same.

use std::collections::{HashMap, HashSet};

use wayfare_domain::{
    graph::{Graph, Node, Position},
    profiles::profile::Channel,
};

pub const NODE_WIDTH: f64 = 220.0;
pub const NODE_HEIGHT: f64 = 80.0;
/// Least width of an outlet below a box, and height of one beside it.
const OUTLET_WIDTH: f64 = 64.0;
const OUTLET_HEIGHT: f64 = 24.0;
/// What a box has above its outlets.
pub const HEAD_HEIGHT: f64 = 54.0;
/// Positions are whole steps of it.
pub const GRID: f64 = 20.0;

/// Which way a journey is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LayoutDirection {
    #[default]
    Down,
    Right,
}

impl LayoutDirection {
    /// The way in which most connectors of a graph lead, by where its nodes lie.
    pub fn of(graph: &Graph) -> Self {
        let places: HashMap<&str, Position> =
            graph.nodes.iter().map(|node| (node.id.as_str(), node.position)).collect();
        let rightwards = graph
            .connectors
            .iter()
            .filter_map(|connector| {
                let (from, to) =
                    (places.get(connector.from.as_str())?, places.get(connector.to.as_str())?);
                Some((to.x - from.x) - NODE_WIDTH > (to.y - from.y).abs())
            })
            .fold((0, 0), |(yes, all), right| (yes + usize::from(right), all + 1));
        if rightwards.0 * 2 > rightwards.1 { LayoutDirection::Right } else { LayoutDirection::Down }
    }
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    /// Between two corners, whichever they are.
    pub fn between(a: Position, b: Position) -> Self {
        Self {
            x: a.x.min(b.x),
            y: a.y.min(b.y),
            width: (a.x - b.x).abs(),
            height: (a.y - b.y).abs(),
        }
    }

    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    pub fn middle(&self) -> Position {
        Position { x: self.x + self.width / 2.0, y: self.y + self.height / 2.0 }
    }

    pub fn overlaps(&self, other: &Rect) -> bool {
        self.x < other.right()
            && other.x < self.right()
            && self.y < other.bottom()
            && other.y < self.bottom()
    }

    pub fn contains(&self, point: Position) -> bool {
        (self.x..=self.right()).contains(&point.x) && (self.y..=self.bottom()).contains(&point.y)
    }

    pub fn inflate(&self, by: f64) -> Rect {
        Rect {
            x: self.x - by,
            y: self.y - by,
            width: self.width + 2.0 * by,
            height: self.height + 2.0 * by,
        }
    }

    /// The smallest frame around all of them.
    pub fn around(frames: impl IntoIterator<Item = Rect>) -> Option<Rect> {
        frames.into_iter().reduce(|all, frame| {
            let (x, y) = (all.x.min(frame.x), all.y.min(frame.y));
            Rect {
                x,
                y,
                width: all.right().max(frame.right()) - x,
                height: all.bottom().max(frame.bottom()) - y,
            }
        })
    }
}

/// The outlets of a node that have a place on its rim: those that lead somewhere, and those that
/// every author thinks of. An email has ten; no one wants to see them all.
pub fn shown_outlets(node: &Node, drawn: impl Fn(&str) -> bool) -> Vec<String> {
    let usual = |outlet: &str| match node.step.channel() {
        Some(Channel::InApp) => matches!(outlet, "viewed" | "clicked"),
        Some(
            Channel::Email
            | Channel::Sms
            | Channel::Push
            | Channel::Webhook
            | Channel::Whatsapp
            | Channel::WebPush,
        ) => outlet == "sent" || outlet == "timeout",
        None => true,
    };
    node.outlets().into_iter().filter(|outlet| usual(outlet) || drawn(outlet)).collect()
}

/// The outlets that lead somewhere, by node.
pub fn drawn_outlets(graph: &Graph) -> HashMap<&str, HashSet<&str>> {
    let mut drawn: HashMap<&str, HashSet<&str>> = HashMap::new();
    for connector in &graph.connectors {
        drawn.entry(&connector.from).or_default().insert(&connector.outlet);
    }
    drawn
}

/// How large the box of a node with so many shown outlets is.
pub fn size(outlets: usize, direction: LayoutDirection) -> (f64, f64) {
    let count = outlets as f64;
    match direction {
        LayoutDirection::Down => (at_least(NODE_WIDTH, count * OUTLET_WIDTH), NODE_HEIGHT),
        LayoutDirection::Right => {
            (NODE_WIDTH, at_least(NODE_HEIGHT, HEAD_HEIGHT + count * OUTLET_HEIGHT))
        }
    }
}

/// Larger by whole steps of the grid on both sides, so that the middles of all boxes can lie on one
/// line.
fn at_least(usual: f64, wanted: f64) -> f64 {
    usual + ((wanted - usual).max(0.0) / (2.0 * GRID)).ceil() * 2.0 * GRID
}

pub fn frame(position: Position, outlets: usize, direction: LayoutDirection) -> Rect {
    let (width, height) = size(outlets, direction);
    Rect { x: position.x, y: position.y, width, height }
}

/// The boxes of a graph, in the order of its nodes.
pub fn node_rects(graph: &Graph, direction: LayoutDirection) -> Vec<Rect> {
    let drawn = drawn_outlets(graph);
    graph
        .nodes
        .iter()
        .map(|node| {
            let mine = drawn.get(node.id.as_str());
            let shown =
                shown_outlets(node, |outlet| mine.is_some_and(|mine| mine.contains(outlet))).len();
            frame(node.position, shown, direction)
        })
        .collect()
}

/// Where the connector of an outlet begins.
pub fn outlet_point(
    frame: Rect,
    index: usize,
    count: usize,
    direction: LayoutDirection,
) -> Position {
    let share = (index as f64 + 0.5) / count.max(1) as f64;
    match direction {
        LayoutDirection::Down => Position { x: frame.x + frame.width * share, y: frame.bottom() },
        LayoutDirection::Right => Position {
            x: frame.right(),
            y: frame.y + HEAD_HEIGHT + OUTLET_HEIGHT * (index as f64 + 0.5),
        },
    }
}

/// Where connectors end.
pub fn inlet_point(frame: Rect, direction: LayoutDirection) -> Position {
    match direction {
        LayoutDirection::Down => Position { x: frame.x + frame.width / 2.0, y: frame.y },
        // As far below the middle as the outlet of a box that has one: a row of boxes is joined by
        // straight lines.
        LayoutDirection::Right => {
            let below = HEAD_HEIGHT + OUTLET_HEIGHT / 2.0 - NODE_HEIGHT / 2.0;
            Position { x: frame.x, y: frame.y + frame.height / 2.0 + below }
        }
    }
}

pub fn snap(position: Position) -> Position {
    Position { x: (position.x / GRID).round() * GRID, y: (position.y / GRID).round() * GRID }
}

/// The next box in a direction, as the arrow keys move: near and straight ahead before far and
/// aslant.
pub fn neighbour(frames: &[Rect], from: usize, dx: f64, dy: f64) -> Option<usize> {
    let start = frames.get(from)?.middle();
    let cost = |frame: &Rect| {
        let middle = frame.middle();
        let (x, y) = (middle.x - start.x, middle.y - start.y);
        let (along, across) = (x * dx + y * dy, (x * dy - y * dx).abs());
        (along > 1.0 && across <= along * 4.0).then_some(along + 2.0 * across)
    };
    let costs = frames
        .iter()
        .enumerate()
        .filter(|(index, _)| *index != from)
        .filter_map(|(index, frame)| Some((index, cost(frame)?)));
    costs.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(index, _)| index)
}

/// How the canvas is looked at: `screen = canvas × zoom + pan`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewport {
    pub x: f64,
    pub y: f64,
    pub zoom: f64,
}

impl Default for Viewport {
    fn default() -> Self {
        Self { x: 40.0, y: 40.0, zoom: 1.0 }
    }
}

pub const ZOOM_MIN: f64 = 0.1;
pub const ZOOM_MAX: f64 = 2.0;
/// What the buttons for zooming take of a window's height, less than the margin.
const TOOLS_HEIGHT: f64 = 24.0;
/// Smaller than this, no one reads what stands in a box.
const ZOOM_READABLE: f64 = 0.6;

impl Viewport {
    pub fn to_canvas(self, x: f64, y: f64) -> Position {
        Position { x: (x - self.x) / self.zoom, y: (y - self.y) / self.zoom }
    }

    /// Closer or farther, with what lies under a point of the screen staying there.
    pub fn zoomed(self, factor: f64, x: f64, y: f64) -> Self {
        let zoom = (self.zoom * factor).clamp(ZOOM_MIN, ZOOM_MAX);
        let real = zoom / self.zoom;
        Self { x: x - (x - self.x) * real, y: y - (y - self.y) * real, zoom }
    }

    pub fn panned(self, dx: f64, dy: f64) -> Self {
        Self { x: self.x + dx, y: self.y + dy, ..self }
    }

    /// All of a frame in a window, not larger than life, above the tools that lie at the lower
    /// edge.
    pub fn fit(frame: Rect, width: f64, height: f64) -> Self {
        let (margin, height) = (40.0, height - TOOLS_HEIGHT);
        let zoom = ((width - 2.0 * margin) / frame.width.max(1.0))
            .min((height - 2.0 * margin) / frame.height.max(1.0));
        let zoom = zoom.clamp(ZOOM_MIN, 1.0);
        let middle = frame.middle();
        Self { x: width / 2.0 - middle.x * zoom, y: height / 2.0 - middle.y * zoom, zoom }
    }

    /// All of a frame, where it can be read so small; else life-sized enough to be read, with one
    /// box where reading begins.
    pub fn opening(
        all: Rect,
        first: Rect,
        direction: LayoutDirection,
        width: f64,
        height: f64,
    ) -> Self {
        let fitting = Self::fit(all, width, height);
        if fitting.zoom >= ZOOM_READABLE {
            return fitting;
        }
        let (zoom, margin) = (ZOOM_READABLE, 40.0);
        // Across the direction: the box in the middle, but no more emptiness beside the drawing
        // than there must be.
        let across = |middle: f64, start: f64, end: f64, room: f64| {
            let (at_start, at_end) = (margin - start * zoom, room - margin - end * zoom);
            if at_end < at_start {
                (room / 2.0 - middle * zoom).clamp(at_end, at_start)
            } else {
                (at_start + at_end) / 2.0
            }
        };
        let middle = first.middle();
        let (x, y) = match direction {
            LayoutDirection::Down => {
                (across(middle.x, all.x, all.right(), width), margin - first.y * zoom)
            }
            LayoutDirection::Right => {
                (margin - first.x * zoom, across(middle.y, all.y, all.bottom(), height))
            }
        };
        Self { x, y, zoom: ZOOM_READABLE }
    }

    /// The part of the canvas that a window of this size shows.
    pub fn window(self, width: f64, height: f64) -> Rect {
        Rect {
            x: -self.x / self.zoom,
            y: -self.y / self.zoom,
            width: width / self.zoom,
            height: height / self.zoom,
        }
    }

    /// Moved just so far that a frame can be seen.
    pub fn scroll_into_view(self, frame: Rect, width: f64, height: f64) -> Self {
        let margin = 24.0;
        let shift = |start: f64, length: f64, room: f64| {
            if start < margin {
                margin - start
            } else if start + length > room - margin {
                (room - margin - start - length).max(margin - start)
            } else {
                0.0
            }
        };
        let (x, y) = (frame.x * self.zoom + self.x, frame.y * self.zoom + self.y);
        self.panned(
            shift(x, frame.width * self.zoom, width),
            shift(y, frame.height * self.zoom, height),
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use wayfare_domain::graph::NodeKind;

    use super::*;

    proptest! {
        #[test]
        fn what_is_under_the_mouse_stays_there_while_zooming(
            x in -500.0..500.0_f64, y in -500.0..500.0_f64, factor in 0.2..4.0_f64, px in 0.0..1000.0_f64, py in 0.0..800.0_f64,
        ) {
            let view = Viewport { x, y, zoom: 1.0 };
            let (before, after) = (view.to_canvas(px, py), view.zoomed(factor, px, py).to_canvas(px, py));
            prop_assert!((before.x - after.x).abs() < 1e-6 && (before.y - after.y).abs() < 1e-6);
        }

        #[test]
        fn a_fitted_frame_lies_inside_of_the_window(x in -1e5..1e5_f64, y in -1e5..1e5_f64, width in 100.0..4000.0_f64, height in 100.0..4000.0_f64) {
            let frame = Rect { x, y, width, height };
            let window = Viewport::fit(frame, 1000.0, 700.0).window(1000.0, 700.0);
            prop_assert!(window.x <= frame.x && frame.right() <= window.right() && window.y <= frame.y && frame.bottom() <= window.bottom());
        }
    }

    #[test]
    fn a_journey_opens_whole_where_it_can_be_read_and_else_at_its_beginning() {
        let first = Rect { x: 900.0, y: 0.0, width: 220.0, height: 80.0 };
        let small = Rect { x: 0.0, y: 0.0, width: 1000.0, height: 600.0 };
        assert_eq!(
            Viewport::opening(small, first, LayoutDirection::Down, 1000.0, 700.0),
            Viewport::fit(small, 1000.0, 700.0)
        );
        let large = Rect { x: 0.0, y: 0.0, width: 9000.0, height: 6000.0 };
        for direction in [LayoutDirection::Down, LayoutDirection::Right] {
            let view = Viewport::opening(large, first, direction, 1000.0, 700.0);
            let window = view.window(1000.0, 700.0);
            assert!(
                view.zoom >= 0.5
                    && window.contains(Position { x: first.x, y: first.y })
                    && window.contains(first.middle())
            );
        }
    }

    #[test]
    fn an_email_shows_what_is_drawn_and_no_more() {
        let node =
            Node::new("mail", NodeKind::Email { subject: String::new(), body: String::new() });
        assert_eq!(shown_outlets(&node, |_| false), ["sent"]);
        assert_eq!(shown_outlets(&node, |outlet| outlet == "clicked"), ["sent", "clicked"]);
    }

    #[test]
    fn arrow_keys_go_to_what_lies_straight_ahead() {
        let at = |x: f64, y: f64| Rect { x, y, width: 220.0, height: 80.0 };
        let frames = [at(0.0, 0.0), at(20.0, 140.0), at(-400.0, 100.0), at(300.0, 20.0)];
        assert_eq!(neighbour(&frames, 0, 0.0, 1.0), Some(1));
        assert_eq!(neighbour(&frames, 0, 1.0, 0.0), Some(3));
        assert_eq!(neighbour(&frames, 0, -1.0, 0.0), Some(2));
        assert_eq!(neighbour(&frames, 0, 0.0, -1.0), None);
    }

    #[test]
    fn a_frame_out_of_sight_is_brought_into_it() {
        let view = Viewport { x: 0.0, y: 0.0, zoom: 1.0 };
        let frame = Rect { x: 2000.0, y: -300.0, width: 220.0, height: 80.0 };
        let window = view.scroll_into_view(frame, 1000.0, 700.0).window(1000.0, 700.0);
        assert!(window.contains(frame.middle()));
        assert_eq!(
            view.scroll_into_view(Rect { x: 100.0, y: 100.0, ..frame }, 1000.0, 700.0),
            view
        );
    }
}
