//! Lanes for the pieces of all ways: upright pieces step aside for each other, level pieces of one
//! cell stand one below the other, in an order in which few of them cross.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::path_search::{OrthogonalPath, Turn};

/// Between two lanes, where there is room.
const LANE_WIDTH: f64 = 12.0;
/// Pieces that are nearer than this look like one.
const NEAR: f64 = 8.0;
/// With more level pieces than this in one cell, no one could see which of them cross.
const CROWD: usize = 300;
/// A wide cell is not filled from its middle: level pieces keep so near to the boxes.
const DEEP: f64 = 140.0;

/// Moves the upright pieces apart and answers the heights of the level ones, by course.
pub fn assign(courses: &mut [Option<OrthogonalPath>]) -> Vec<Vec<f64>> {
    part_uprights(courses);
    let mut heights: Vec<Vec<f64>> = courses
        .iter()
        .map(|course| {
            course.as_ref().map(|course| vec![0.0; course.turns.len()]).unwrap_or_default()
        })
        .collect();
    for levels in by_cell(courses).values() {
        let lanes = lanes(levels);
        for (level, height) in levels.iter().zip(heights_of(levels, &lanes)) {
            heights[level.course][level.turn] = height;
        }
    }
    heights
}

/// A free space, and the room that its lanes ask for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LaneDemand {
    pub top: f64,
    pub bottom: f64,
    pub room: f64,
}

pub fn crowds(courses: &[Option<OrthogonalPath>]) -> Vec<LaneDemand> {
    by_cell(courses)
        .values()
        .filter_map(|levels| {
            let (cell, lanes) = (levels.first()?.of.cell, lanes(levels).into_iter().max()? + 1);
            Some(LaneDemand {
                top: cell.top,
                bottom: cell.bottom,
                room: (lanes + 1) as f64 * LANE_WIDTH,
            })
        })
        .collect()
}

/// The upright pieces that stand already, by where they stand.
#[derive(Default)]
struct PlacedSegments(HashMap<i64, Vec<(f64, f64, f64)>>);

impl PlacedSegments {
    fn put(&mut self, x: f64, top: f64, bottom: f64) {
        self.0.entry((x / LANE_WIDTH).floor() as i64).or_default().push((x, top, bottom));
    }

    fn is_free(&self, x: f64, top: f64, bottom: f64, apart: f64) -> bool {
        let column = (x / LANE_WIDTH).floor() as i64;
        let near = (column - 1..=column + 1).filter_map(|column| self.0.get(&column)).flatten();
        !near
            .into_iter()
            .any(|(other, from, to)| (other - x).abs() < apart && *from < bottom && top < *to)
    }
}

fn part_uprights(courses: &mut [Option<OrthogonalPath>]) {
    let mut placed = PlacedSegments::default();
    let mut free: Vec<(f64, usize, usize)> = Vec::new();
    for (index, course) in courses.iter().enumerate() {
        for (place, upright) in course.iter().flat_map(|course| &course.uprights).enumerate() {
            if upright.is_fixed() {
                placed.put(upright.x, upright.top, upright.bottom);
            } else {
                free.push((upright.bottom - upright.top, index, place));
            }
        }
    }
    // Short ones stay near, long ones go around them.
    free.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    for (_, index, place) in free {
        let Some(upright) =
            courses[index].as_mut().and_then(|course| course.uprights.get_mut(place))
        else {
            continue;
        };
        let (from, to, wanted) = (upright.left, upright.right, upright.x);
        let fits = |x: f64, apart: f64| {
            (from..=to).contains(&x) && placed.is_free(x, upright.top, upright.bottom, apart)
        };
        let found = [LANE_WIDTH, LANE_WIDTH / 2.0, LANE_WIDTH / 4.0, 1.0, 0.25]
            .into_iter()
            .find_map(|step| {
                let places = (0..64_i32).map(|number| {
                    wanted
                        + f64::from((number + 1) / 2)
                            * step
                            * if number % 2 == 1 { 1.0 } else { -1.0 }
                });
                places.into_iter().find(|x| fits(*x, step * 0.99))
            });
        upright.x = found.unwrap_or(wanted);
        placed.put(upright.x, upright.top, upright.bottom);
    }
}

/// A level piece.
#[derive(Debug, Clone, Copy)]
struct HorizontalSegment {
    course: usize,
    turn: usize,
    of: Turn,
    /// Where the way comes from, and where it goes on.
    come: f64,
    go: f64,
}

impl HorizontalSegment {
    fn left(&self) -> f64 {
        self.come.min(self.go)
    }

    fn right(&self) -> f64 {
        self.come.max(self.go)
    }

    fn covers(&self, x: f64) -> bool {
        (self.left() - NEAR..=self.right() + NEAR).contains(&x)
    }

    fn meets(&self, other: &HorizontalSegment) -> bool {
        self.left() - NEAR < other.right() && other.left() - NEAR < self.right()
    }

    /// Its upright ends: where, and whether it is above.
    fn ends(&self) -> [(f64, bool); 2] {
        [(self.come, self.of.from_above), (self.go, self.of.to_above)]
    }

    /// How many crossings it saves to stand above another.
    fn above(&self, other: &HorizontalSegment) -> i32 {
        let saved = |a: &HorizontalSegment, b: &HorizontalSegment| {
            a.ends()
                .iter()
                .filter(|(x, _)| b.covers(*x))
                .map(|(_, above)| if *above { 1 } else { -1 })
                .sum::<i32>()
        };
        saved(self, other) - saved(other, self)
    }
}

/// The level pieces by the cell in which they are.
fn by_cell(courses: &[Option<OrthogonalPath>]) -> BTreeMap<(u64, u64), Vec<HorizontalSegment>> {
    let mut cells: BTreeMap<(u64, u64), Vec<HorizontalSegment>> = BTreeMap::new();
    for (index, course) in courses.iter().enumerate() {
        let Some(course) = course else { continue };
        for (turn, (of, two)) in course.turns.iter().zip(course.uprights.windows(2)).enumerate() {
            let level =
                HorizontalSegment { course: index, turn, of: *of, come: two[0].x, go: two[1].x };
            cells.entry((of.cell.top.to_bits(), of.cell.left.to_bits())).or_default().push(level);
        }
    }
    cells
}

/// The lane of each level piece, counted from above.
fn lanes(levels: &[HorizontalSegment]) -> Vec<usize> {
    if levels.len() > CROWD {
        return packed(levels);
    }
    let meeting: Vec<Vec<(usize, i32)>> = levels
        .iter()
        .enumerate()
        .map(|(index, level)| {
            let others = levels.iter().enumerate().filter(|(other, _)| *other != index);
            others
                .filter(|(_, other)| level.meets(other))
                .map(|(other, piece)| (other, level.above(piece)))
                .collect()
        })
        .collect();
    let mut waits: Vec<usize> = meeting
        .iter()
        .map(|others| others.iter().filter(|(_, above)| *above < 0).count())
        .collect();
    let mut lane: Vec<Option<usize>> = vec![None; levels.len()];
    for _ in 0..levels.len() {
        // The one that waits for the fewest; where they wait for each other in a circle, one must
        // give way.
        let next = (0..levels.len())
            .filter(|index| lane[*index].is_none())
            .min_by_key(|index| waits[*index]);
        let Some(next) = next else { break };
        let after = meeting[next]
            .iter()
            .filter(|(_, above)| *above < 0)
            .filter_map(|(other, _)| lane[*other])
            .max();
        let taken: Vec<usize> =
            meeting[next].iter().filter_map(|(other, _)| lane[*other]).collect();
        let begin = after.map(|after| after + 1).unwrap_or(0);
        lane[next] = (begin..).find(|lane| !taken.contains(lane));
        for (other, above) in &meeting[next] {
            if *above > 0 {
                waits[*other] = waits[*other].saturating_sub(1);
            }
        }
    }
    lane.into_iter().map(Option::unwrap_or_default).collect()
}

/// As few lanes as can be, in no order that means anything.
fn packed(levels: &[HorizontalSegment]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..levels.len()).collect();
    order.sort_by(|a, b| levels[*a].left().total_cmp(&levels[*b].left()).then(a.cmp(b)));
    // Lanes that are free again, the first of them first, and those that are taken, by where they
    // end.
    let mut free: BTreeSet<usize> = BTreeSet::new();
    let mut taken: BTreeSet<(i64, usize)> = BTreeSet::new();
    let mut lanes = vec![0; levels.len()];
    for index in order {
        while let Some((_, lane)) =
            taken.first().copied().filter(|(end, _)| (*end as f64) < levels[index].left() - NEAR)
        {
            taken.pop_first();
            free.insert(lane);
        }
        let lane = free.pop_first().unwrap_or(taken.len());
        taken.insert((levels[index].right().ceil() as i64, lane));
        lanes[index] = lane;
    }
    lanes
}

/// Where the lanes lie in their cell.
fn heights_of(levels: &[HorizontalSegment], lanes: &[usize]) -> Vec<f64> {
    let Some(cell) = levels.first().map(|level| level.of.cell) else { return Vec::new() };
    let count = lanes.iter().max().map(|most| most + 1).unwrap_or(1) as f64;
    let height = cell.bottom - cell.top;
    let step = LANE_WIDTH.min(height / (count + 1.0));
    let needed = step * (count - 1.0);
    // In the middle; where that is far from the boxes, near those that the pieces come from.
    let from_above = levels.iter().filter(|level| level.of.from_above || level.of.to_above).count()
        * 2
        >= levels.len();
    let first = if height <= DEEP.max(needed + DEEP) {
        (cell.top + cell.bottom - needed) / 2.0
    } else if from_above {
        cell.top + DEEP / 6.0
    } else {
        cell.bottom - DEEP / 6.0 - needed
    };
    lanes.iter().map(|lane| first + step * *lane as f64).collect()
}
