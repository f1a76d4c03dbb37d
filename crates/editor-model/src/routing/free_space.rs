//! The space that boxes leave free, as rectangles that touch above and below: what lies between two
//! heights, and between two boxes or beyond the last.

use crate::geometry::Rect;
use wayfare_domain::graph::Position;

/// Farther than anything lies.
pub const UNBOUNDED: f64 = 1e8;

/// A free rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

#[derive(Debug, Default)]
pub struct FreeSpace {
    pub cells: Vec<Cell>,
    /// Which cells touch each cell from above or below.
    pub links: Vec<Vec<usize>>,
    /// Where each slab begins, and its cells from left to right.
    slabs: Vec<(f64, Vec<usize>)>,
}

impl FreeSpace {
    /// Around boxes, with so much distance to them.
    pub fn new(boxes: &[Rect], clear: f64) -> Self {
        let grown: Vec<Rect> = boxes.iter().map(|frame| frame.inflate(clear)).collect();
        let mut edges: Vec<f64> =
            grown.iter().flat_map(|frame| [frame.y, frame.bottom()]).collect();
        edges.extend([-UNBOUNDED, UNBOUNDED]);
        edges.sort_by(f64::total_cmp);
        edges.dedup();
        let mut starting: Vec<&Rect> = grown.iter().collect();
        starting.sort_by(|a, b| b.y.total_cmp(&a.y));
        let mut open: Vec<&Rect> = Vec::new();
        let mut field = Self::default();
        let mut above: Vec<usize> = Vec::new();
        for pair in edges.windows(2) {
            let (top, bottom) = (pair[0], pair[1]);
            open.retain(|frame| frame.bottom() > top);
            while starting.last().is_some_and(|frame| frame.y <= top) {
                open.extend(starting.pop());
            }
            open.sort_by(|a, b| a.x.total_cmp(&b.x));
            let here = field.slab(&open, (top, bottom), &above);
            field.slabs.push((top, here.clone()));
            above = here;
        }
        field
    }

    /// The free cells of one slab. One that is as wide as the one above it is the same.
    fn slab(&mut self, open: &[&Rect], (top, bottom): (f64, f64), above: &[usize]) -> Vec<usize> {
        let mut here = Vec::new();
        let mut left = -UNBOUNDED;
        let ends =
            open.iter().map(|frame| (frame.x, frame.right())).chain([(UNBOUNDED, UNBOUNDED)]);
        // Both rows are sorted: those that end left of here are done with.
        let mut first = 0;
        for (right, next) in ends {
            if right > left {
                while above.get(first).is_some_and(|cell| self.cells[*cell].right <= left) {
                    first += 1;
                }
                here.push(self.cell(Cell { left, right, top, bottom }, &above[first..]));
            }
            left = left.max(next);
        }
        here
    }

    fn cell(&mut self, cell: Cell, above: &[usize]) -> usize {
        if let Some(same) = above.first().filter(|index| {
            let other = &self.cells[**index];
            other.left == cell.left && other.right == cell.right
        }) {
            self.cells[*same].bottom = cell.bottom;
            return *same;
        }
        let index = self.cells.len();
        let touching: Vec<usize> = above
            .iter()
            .copied()
            .take_while(|other| self.cells[*other].left < cell.right)
            .collect();
        for other in &touching {
            self.links[*other].push(index);
        }
        self.cells.push(cell);
        self.links.push(touching);
        index
    }

    /// The cell in which a point lies.
    pub fn at(&self, point: Position) -> Option<usize> {
        let slab = self.slabs.partition_point(|(top, _)| *top <= point.y).checked_sub(1)?;
        let (_, cells) = self.slabs.get(slab)?;
        let next = cells.partition_point(|cell| self.cells[*cell].right < point.x);
        cells.get(next).copied().filter(|cell| self.cells[*cell].left <= point.x)
    }
}
