//! A tile: up to sixteen viewers of one gender who are near each other, so that they meet the same blocks in the cache.

use super::index::MatchIndex;
use super::interests::Common;
use super::lanes::{BLOCK, place};
use super::order::Node;
use super::places::{Extent, UNITS};
use super::score::{Constants, exp_minus};

/// Viewers in a tile.
pub const TILE: usize = 16;

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
    /// No candidate of the leaf that is being met has more weighted proximity.
    pub nearest: f32,
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
            nearest: 0.0,
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
    /// Class -> 1 if it seeks the viewers' gender.
    sought_by: Vec<u8>,
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
        for viewer in &viewers {
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
        let sought_by = index
            .classes
            .iter()
            .map(|&(_, seeking)| u8::from(seeks(seeking, gender)))
            .collect();
        Self {
            viewers,
            extent,
            reach,
            window,
            sought_by,
        }
    }

    /// The viewers, a bit each, who may have candidates in a leaf; each is told how near they may be.
    #[inline(always)]
    pub fn approach(&mut self, leaf: &Node, constants: &Constants) -> u32 {
        let mut near = 0;
        for (at, viewer) in self.viewers.iter_mut().enumerate() {
            let (reached, nearest) = match (viewer.point, &leaf.extent) {
                (Some(point), Some(extent)) => {
                    let gap = Extent::at(point).gap_square(extent);
                    // The arc is longer than the chord; a little more for the rounding of both.
                    let arc = (gap.sqrt() / UNITS) as f32 * constants.arc_scale;
                    let nearest = constants.proximity * exp_minus(arc) * 1.00001;
                    (
                        gap <= f64::from(viewer.beyond.min(leaf.reach)),
                        nearest + 1e-7,
                    )
                }
                _ => (true, constants.proximity_unknown),
            };
            viewer.nearest = nearest;
            near |= u32::from(reached) << at;
        }
        near
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
        index.class_of[from..to]
            .iter()
            .zip(from - start..)
            .fold(0, |mask, (&class, lane)| {
                mask | u32::from(self.sought_by[class as usize]) << lane
            })
    }
}

/// Open (0) seeks all; else the gender's bit must be set, and gender 0 has none.
fn seeks(seeking: u64, gender: u8) -> bool {
    seeking == 0 || (gender != 0 && seeking >> gender & 1 == 1)
}
