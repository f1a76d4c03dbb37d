//! Finds room for new nodes.

use super::geometry::{
    GRID, LayoutDirection, Rect, frame, node_rects, outlet_point, shown_outlets, size, snap,
};
use wayfare_domain::graph::{Graph, Node, POSITION_MAX, Position};

/// Between a node and the one after it.
const GAP: f64 = 60.0;

/// A place after an outlet, beside whatever is there already.
pub fn position_after(
    graph: &Graph,
    from: &Node,
    outlet: &str,
    direction: LayoutDirection,
    outlets: usize,
) -> Position {
    let shown =
        shown_outlets(from, |name| name == outlet || graph.target_of(&from.id, name).is_some());
    let index = shown.iter().position(|name| name == outlet).unwrap_or(0);
    let source = frame(from.position, shown.len(), direction);
    let start = outlet_point(source, index, shown.len(), direction);
    let (width, _) = size(outlets, direction);
    let wanted = match direction {
        // A single way out goes on straight below.
        LayoutDirection::Down if shown.len() == 1 => {
            Position { x: source.middle().x - width / 2.0, y: source.bottom() + GAP }
        }
        LayoutDirection::Down => Position { x: start.x - width / 2.0, y: source.bottom() + GAP },
        LayoutDirection::Right => Position { x: source.right() + GAP * 1.5, y: start.y - 27.0 },
    };
    nearest_free(graph, wanted, direction, outlets)
}

/// The nearest place across the drawing's direction where a box covers no other.
pub fn nearest_free(
    graph: &Graph,
    wanted: Position,
    direction: LayoutDirection,
    outlets: usize,
) -> Position {
    let taken = node_rects(graph, direction);
    let wanted = clamped(snap(wanted));
    let (width, height) = size(outlets, direction);
    let fits = |at: Position| {
        let mine = Rect { x: at.x, y: at.y, width, height }.inflate(GRID - 1.0);
        !taken.iter().any(|other| other.overlaps(&mine))
    };
    let mut candidates = (0..400_i32).map(|step| {
        // 0, 1, −1, 2, −2…
        let distance =
            f64::from((step + 1) / 2) * if step % 2 == 1 { 1.0 } else { -1.0 } * 2.0 * GRID;
        match direction {
            LayoutDirection::Down => Position { x: wanted.x + distance, ..wanted },
            LayoutDirection::Right => Position { y: wanted.y + distance, ..wanted },
        }
    });
    clamped(candidates.find(|at| fits(*at)).unwrap_or(wanted))
}

/// Makes room between two connected nodes: moves what lies behind the first one further along,
/// where it must.
pub fn shift_downstream(
    graph: &mut Graph,
    at: Position,
    direction: LayoutDirection,
    outlets: usize,
    behind: f64,
) {
    let (width, height) = size(outlets, direction);
    let (length, start) = match direction {
        LayoutDirection::Down => (height, at.y),
        LayoutDirection::Right => (width, at.x),
    };
    let nearest = node_rects(graph, direction)
        .iter()
        .map(|frame| if direction == LayoutDirection::Down { frame.y } else { frame.x })
        .filter(|edge| *edge >= behind)
        .fold(f64::INFINITY, f64::min);
    let missing = ((start + length + GAP - nearest) / GRID).ceil() * GRID;
    if !missing.is_finite() || missing <= 0.0 {
        return;
    }
    for node in &mut graph.nodes {
        let place = &mut node.position;
        match direction {
            LayoutDirection::Down if place.y >= behind => place.y += missing,
            LayoutDirection::Right if place.x >= behind => place.x += missing,
            _ => {}
        }
        *place = clamped(*place);
    }
}

/// Inside of what can be stored.
pub fn clamped(position: Position) -> Position {
    let within =
        |value: f64| if value.is_finite() { value.clamp(-POSITION_MAX, POSITION_MAX) } else { 0.0 };
    Position { x: within(position.x), y: within(position.y) }
}
