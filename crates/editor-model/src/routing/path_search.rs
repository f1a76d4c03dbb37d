//! The way of one connector through the cells of a field: which it passes, where it turns.

use std::{
    cmp::Ordering,
    collections::{BinaryHeap, HashMap},
};

use super::free_space::{Cell, FreeSpace};
use wayfare_domain::graph::Position;

/// What a turn costs, in units of length.
const TURN: f64 = 40.0;
/// In a gap less wide than this, a piece stands in the middle; in a wider one it keeps so far from
/// the sides.
const NARROW: f64 = 80.0;
const MARGIN: f64 = 10.0;
/// After so many cells all ways of a journey together are no longer searched for: what is left is
/// drawn as if there were no boxes. A journey of a few hundred steps needs some thousands.
pub const SEARCH_BUDGET: usize = 300_000;

/// An upright piece: where it may stand, and where it does.
#[derive(Debug, Clone, PartialEq)]
pub struct VerticalSegment {
    pub x: f64,
    pub left: f64,
    pub right: f64,
    /// From the cell of the turn before it to that of the turn after it.
    pub top: f64,
    pub bottom: f64,
}

impl VerticalSegment {
    /// Stands where an outlet or an inlet is.
    pub fn is_fixed(&self) -> bool {
        self.left == self.right
    }
}

/// A way: upright pieces, and between each two of them the cell in which a level piece joins them.
#[derive(Debug, Clone, PartialEq)]
pub struct OrthogonalPath {
    pub start: Position,
    pub end: Position,
    pub uprights: Vec<VerticalSegment>,
    pub turns: Vec<Turn>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turn {
    pub cell: Cell,
    /// Does the way come from above, and go on to above?
    pub from_above: bool,
    pub to_above: bool,
}

impl OrthogonalPath {
    /// The corners, with the height of each level piece.
    pub fn corners(&self, levels: &[f64]) -> Vec<Position> {
        let mut corners = vec![self.start];
        for (two, level) in self.uprights.windows(2).zip(levels) {
            corners
                .extend([Position { x: two[0].x, y: *level }, Position { x: two[1].x, y: *level }]);
        }
        corners.push(self.end);
        corners
    }
}

/// A cell that was reached: at what cost, between which sides, from where.
#[derive(Debug, Clone, Copy)]
struct VisitedCell {
    cost: f64,
    left: f64,
    right: f64,
    before: Option<usize>,
    done: bool,
}

#[derive(PartialEq)]
struct Open {
    promise: f64,
    cell: usize,
}

impl Eq for Open {}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Open {
    // The heap gives the greatest: the smallest promise.
    fn cmp(&self, other: &Self) -> Ordering {
        other.promise.total_cmp(&self.promise).then(other.cell.cmp(&self.cell))
    }
}

/// The way from below one box to above another. `patience` is how many more cells may be looked at.
pub fn find_path(
    field: &FreeSpace,
    start: Position,
    end: Position,
    clear: f64,
    patience: &mut usize,
) -> Option<OrthogonalPath> {
    let first = field.at(Position { x: start.x, y: start.y + clear + 0.5 })?;
    let last = field.at(Position { x: end.x, y: end.y - clear - 0.5 })?;
    let passed = search(field, first, last, start.x, end, patience)?;
    Some(course(field, &passed, start, end))
}

fn search(
    field: &FreeSpace,
    first: usize,
    last: usize,
    x: f64,
    end: Position,
    patience: &mut usize,
) -> Option<Vec<usize>> {
    let goal = field.cells[last];
    let promise = |cell: &Cell, left: f64, right: f64| {
        let aside = apart(left, right, end.x, end.x);
        aside
            + if aside > 0.0 { TURN } else { 0.0 }
            + apart(cell.top, cell.bottom, goal.top, goal.bottom)
    };
    let mut reached: HashMap<usize, VisitedCell> = HashMap::new();
    let mut open = BinaryHeap::new();
    reached.insert(first, VisitedCell { cost: 0.0, left: x, right: x, before: None, done: false });
    open.push(Open { promise: 0.0, cell: first });
    while let Some(Open { cell, .. }) = open.pop() {
        let Some(now) = reached.get_mut(&cell) else { continue };
        if std::mem::replace(&mut now.done, true) {
            continue;
        }
        let now = *now;
        if cell == last {
            return Some(way_back(&reached, last));
        }
        *patience = patience.checked_sub(1)?;
        for next in &field.links[cell] {
            let to = &field.cells[*next];
            let (left, right) =
                (to.left.max(field.cells[cell].left), to.right.min(field.cells[cell].right));
            let aside = apart(now.left, now.right, left, right);
            let (left, right) = if aside > 0.0 {
                (left, right)
            } else {
                (left.max(now.left), right.min(now.right))
            };
            let turn = if aside > 0.0 { aside + TURN } else { 0.0 };
            // The last cell is not passed from end to end.
            let length = if *next == last { 0.0 } else { (to.bottom - to.top).min(10_000.0) };
            let cost = now.cost + turn + length;
            if reached.get(next).is_none_or(|known| !known.done && cost < known.cost) {
                reached.insert(
                    *next,
                    VisitedCell { cost, left, right, before: Some(cell), done: false },
                );
                open.push(Open { promise: cost + promise(to, left, right), cell: *next });
            }
        }
    }
    None
}

fn way_back(reached: &HashMap<usize, VisitedCell>, last: usize) -> Vec<usize> {
    let mut passed = vec![last];
    while let Some(before) =
        passed.last().and_then(|cell| reached.get(cell)).and_then(|cell| cell.before)
    {
        passed.push(before);
    }
    passed.reverse();
    passed
}

/// How far two stretches lie apart.
fn apart(a: f64, b: f64, c: f64, d: f64) -> f64 {
    (c - b).max(a - d).max(0.0)
}

/// Turns as late as can be, so as seldom as can be.
fn course(field: &FreeSpace, passed: &[usize], start: Position, end: Position) -> OrthogonalPath {
    let cells: Vec<Cell> = passed.iter().map(|cell| field.cells[*cell]).collect();
    let mut uprights: Vec<VerticalSegment> = Vec::new();
    let mut turns: Vec<Turn> = Vec::new();
    let (mut left, mut right) = (start.x, start.x);
    let mut came_from_above = true;
    let mut begin = cells.first().copied();
    let mut close = |left: f64, right: f64, begin: Option<Cell>, here: Cell| {
        let begin = begin.unwrap_or(here);
        uprights.push(VerticalSegment {
            x: left,
            left,
            right,
            top: begin.top.min(here.top),
            bottom: begin.bottom.max(here.bottom),
        });
    };
    for pair in cells.windows(2) {
        let (here, next) = (pair[0], pair[1]);
        let (portal_left, portal_right) = (here.left.max(next.left), here.right.min(next.right));
        let upwards = next.top < here.top;
        if portal_left <= right && portal_right >= left {
            (left, right) = (left.max(portal_left), right.min(portal_right));
        } else {
            close(left, right, begin, here);
            turns.push(Turn { cell: here, from_above: came_from_above, to_above: upwards });
            (left, right, begin) = (portal_left, portal_right, Some(here));
        }
        came_from_above = !upwards;
    }
    if let Some(here) = cells.last().copied() {
        if !(came_from_above && (left..=right).contains(&end.x)) {
            close(left, right, begin, here);
            turns.push(Turn { cell: here, from_above: came_from_above, to_above: false });
            begin = Some(here);
        }
        close(end.x, end.x, begin, here);
    }
    settle(&mut uprights);
    OrthogonalPath { start, end, uprights, turns }
}

/// Where the pieces in between stand best: in the middle of a narrow gap, near the way before them
/// in a wide one.
fn settle(uprights: &mut [VerticalSegment]) {
    let mut before = uprights.first().map(|first| first.x).unwrap_or_default();
    for upright in uprights.iter_mut() {
        if !upright.is_fixed() {
            upright.x = if upright.right - upright.left < NARROW {
                (upright.left + upright.right) / 2.0
            } else {
                before.clamp(upright.left + MARGIN, upright.right - MARGIN)
            };
        }
        before = upright.x;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Between any two sides; many of them near the middle of the canvas, where half a width is
        /// rounded.
        #[test]
        fn an_upright_piece_stands_within_its_gap(before in -1e6..1e6_f64, (a, b) in prop_oneof![(-100.0..100.0_f64, -100.0..100.0_f64), (-1e6..1e6_f64, -1e6..1e6_f64)]) {
            let piece = |left: f64, right: f64| VerticalSegment { x: left, left, right, top: 0.0, bottom: 1.0 };
            let mut uprights = [piece(before, before), piece(a.min(b), a.max(b))];
            settle(&mut uprights);
            let [_, settled] = uprights;
            prop_assert!((settled.left..=settled.right).contains(&settled.x), "{settled:?}");
        }
    }
}
