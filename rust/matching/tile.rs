//! A tile: up to sixteen viewers of one gender who are near each other, so that they meet the same blocks in the cache.

use super::index::MatchIndex;
use super::interests::Common;
use super::lanes::{BLOCK, Halves, LANES, place};
use super::order::Node;
use super::places::{Extent, UNITS};
use super::score::Constants;
use super::vector::Vector;

/// Viewers in a tile.
pub const TILE: usize = BLOCK;
/// A bit for each.
const ALL: u32 = (1 << TILE) - 1;
/// More units than two coordinates are rounded by as f32.
const ROUNDED: f32 = 256.0;

/// What scoring reads of a viewer.
#[derive(Debug, Default)]
pub struct Viewer {
    /// The position.
    pub position: usize,
    /// Fixed-point coordinates, where known.
    pub point: Option<[i32; 3]>,
    /// Squared chord surely beyond the viewer's limit.
    pub beyond: f32,
    /// Whole years, as they are compared.
    pub age: u8,
    /// Youngest and oldest wanted.
    pub wanted: (u8, u8),
    /// Middle of the wanted ages.
    pub age_middle: f32,
    /// 1 / (half the wanted range + 1).
    pub age_slope: f32,
    /// Whether the wanted range is closed.
    pub ages_known: bool,
    /// Common interests.
    pub interests: Common,
    /// Has rare interests.
    pub rare: bool,
    /// Number of interests.
    pub interest_count: f32,
    /// Goals, by their place from rare to common.
    pub goals: u64,
    /// Number of goals.
    pub goal_count: f32,
    /// The quiz vector, of length 1.
    pub quiz: Vec<f32>,
    /// The rating preference, of length 1.
    pub preference: Vec<f32>,
    seeking: u64,
}

impl Viewer {
    fn of(index: &MatchIndex, position: usize) -> Self {
        let (record, block) = (&index.records[position], &index.blocks[position / BLOCK]);
        let ((half, lane), at) = (place(position), position % BLOCK);
        let slope = block.age_slope[half][lane];
        Self {
            position,
            point: index.point(position),
            beyond: block.beyond[half][lane],
            age: block.age[at],
            wanted: (block.from[at], block.to[at]),
            age_middle: block.age_middle[half][lane],
            age_slope: slope,
            ages_known: slope >= 0.0,
            interests: index.common(position),
            rare: block.rare >> at & 1 == 1,
            interest_count: f32::from(record.interest_count),
            goals: record.goals,
            goal_count: f32::from(record.goal_count),
            quiz: index.quiz.unit(position),
            preference: index.preferences.unit(position),
            seeking: index.classes[index.class_of[position] as usize].1,
        }
    }
}

/// Viewers who share a gender and a neighbourhood.
#[derive(Debug)]
pub struct Tile {
    /// The viewers, at most 16.
    pub viewers: Vec<Viewer>,
    /// The box around them; None where one has no place.
    pub extent: Option<Extent>,
    /// Their largest reach.
    pub reach: f32,
    /// The youngest and the oldest age wanted by any.
    pub window: (u8, u8),
    /// No candidate of the leaf that was approached last has more weighted proximity.
    pub nearest: Halves,
    /// The viewers' coordinates, rounded, and their reach.
    point: [Halves; 3],
    beyond: Halves,
    /// The viewers' gender.
    gender: u8,
}

impl Tile {
    /// Seat viewers of one gender, by position; at least one.
    #[must_use]
    pub fn seat(index: &MatchIndex, positions: impl Iterator<Item = u32>) -> Self {
        let viewers: Vec<Viewer> = positions
            .map(|position| Viewer::of(index, position as usize))
            .collect();
        let mut extent = Some(Extent::EMPTY);
        let (mut reach, mut window) = (0.0_f32, (255, 0));
        let (mut points, mut beyond) = ([Halves::default(); 3], Halves::default());
        for (at, viewer) in viewers.iter().enumerate() {
            let (half, lane) = place(at);
            beyond[half][lane] = viewer.beyond;
            for (axis, c) in viewer.point.into_iter().flatten().enumerate() {
                points[axis][half][lane] = c as f32;
            }
            reach = reach.max(viewer.beyond);
            window = (viewer.wanted.0.min(window.0), viewer.wanted.1.max(window.1));
            extent = extent.zip(viewer.point).map(|(mut extent, point)| {
                extent.include(point);
                extent
            });
        }
        let gender = viewers.first().map_or(0, |viewer| {
            index.classes[index.class_of[viewer.position] as usize].0
        });
        Self {
            viewers,
            extent,
            reach,
            window,
            nearest: Halves::default(),
            point: points,
            beyond,
            gender,
        }
    }

    /// The viewers, a bit each, who may have candidates in a leaf; also finds how near those may be.
    #[inline(always)]
    pub fn approach<V: Vector>(&mut self, leaf: &Node, constants: &Constants) -> u32 {
        let (Some(_), Some(extent)) = (&self.extent, &leaf.extent) else {
            self.nearest = [[constants.proximity_unknown; LANES]; 2];
            return ALL;
        };
        let mut near = 0;
        for half in 0..2 {
            let mut square = V::all(0.0);
            for axis in 0..3 {
                let own = V::of(&self.point[axis][half]);
                let below = V::all(extent.low[axis] as f32).minus(own);
                let above = own.minus(V::all(extent.high[axis] as f32));
                let gap = below.larger(above).minus(V::all(ROUNDED));
                let gap = gap.larger(V::all(0.0));
                square = square.plus(gap.times(gap));
            }
            let reach = V::of(&self.beyond[half]).smaller(V::all(leaf.reach));
            near |= square.at_most(reach) << (half * LANES);
            // exp(-x) <= 1 / (1 + y + y^2 / 2)^4 where y = x / 4, and the arc is longer than the chord; a little more
            // for rounding.
            let arc = square
                .root()
                .times(V::all(constants.arc_scale / (4.0 * UNITS as f32)));
            let series = arc.times(V::all(1.0).plus(V::all(0.5).times(arc)));
            let root = V::all(1.0).over(V::all(1.0).plus(series));
            let fourth = root.times(root).times(root.times(root));
            let nearest = V::all(constants.proximity * 1.00001).times(fourth);
            self.nearest[half] = nearest.lanes();
        }
        near & ALL >> (TILE - self.viewers.len())
    }

    /// The viewers, a bit each, who seek a gender.
    #[inline(always)]
    #[must_use]
    pub fn seekers(&self, gender: u8) -> u32 {
        let bit = |(at, viewer): (usize, &Viewer)| u32::from(seeks(viewer.seeking, gender)) << at;
        self.viewers.iter().enumerate().map(bit).sum()
    }

    /// The candidates of a block, a bit each, from one position to before another, who seek the viewers' gender.
    #[inline(always)]
    #[must_use]
    pub fn sought(&self, index: &MatchIndex, block: usize, (from, to): (usize, usize)) -> u32 {
        let start = block * BLOCK;
        let (from, to) = (from.max(start), to.min(start + BLOCK));
        let range = (ALL << (from - start)) & (ALL >> (start + BLOCK - to));
        match index.blocks[block].seeks.get(usize::from(self.gender)) {
            Some(&mask) => u32::from(mask) & range,
            None => (from..to).fold(0, |mask, position| {
                let class = index.classes[index.class_of[position] as usize];
                mask | u32::from(seeks(class.1, self.gender)) << (position - start)
            }),
        }
    }
}

/// Open (0) seeks all; else the gender's bit must be set, and gender 0 has none.
pub fn seeks(seeking: u64, gender: u8) -> bool {
    seeking == 0 || (gender != 0 && seeking >> gender & 1 == 1)
}
