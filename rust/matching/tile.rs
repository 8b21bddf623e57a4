//! A tile: some viewers of one gender who are near each other, so that they meet the same blocks in the cache.

use std::borrow::Cow;

use super::exceptions::Exception;
use super::index::{MatchIndex, flag};
use super::interests::Common;
use super::lanes::{ALL_LANES, LANES, Lanes, place};
use super::order::Node;
use super::places::Extent;
use super::vector::Vector;

/// Viewers in a tile.
pub const TILE: usize = GROUPS * LANES;
/// Viewers who approach a leaf at once are a group.
const GROUPS: usize = 2;
/// More units than two coordinates are rounded by as f32.
const ROUNDED: f32 = 256.0;

/// What scoring reads of a viewer.
#[derive(Debug)]
pub struct Viewer<'a> {
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
    /// Has a rating preference.
    pub prefers: bool,
    /// The rating preference, of length 1.
    pub preference: Vec<f32>,
    /// The candidates to except.
    pub exceptions: Cow<'a, [Exception]>,
    seeking: u64,
}

impl<'a> Viewer<'a> {
    fn of(index: &'a MatchIndex, position: usize) -> Self {
        let (at, lane) = place(position);
        let (record, block) = (&index.records[position], &index.blocks[at]);
        let slope = block.age_slope[lane];
        Self {
            position,
            point: index.point(position),
            beyond: block.beyond[lane],
            age: block.age[lane],
            wanted: (block.from[lane], block.to[lane]),
            age_middle: block.age_middle[lane],
            age_slope: slope,
            ages_known: slope >= 0.0,
            interests: index.common(position),
            rare: block.rare >> lane & 1 == 1,
            interest_count: f32::from(record.interest_count),
            goals: record.goals,
            goal_count: f32::from(record.goal_count),
            quiz: index.quiz.unit(position),
            prefers: record.flags & flag::PREFERENCE != 0,
            preference: index.preferences.unit(position),
            exceptions: index.homes.resolve(index.exceptions.of(position)),
            seeking: index.classes[index.class_of[position] as usize].1,
        }
    }
}

/// Viewers who share a gender and a neighbourhood.
#[derive(Debug)]
pub struct Tile<'a> {
    /// The viewers, at most `TILE`.
    pub viewers: Vec<Viewer<'a>>,
    /// The box around them; None where one has no place.
    pub extent: Option<Extent>,
    /// Their largest reach.
    pub reach: f32,
    /// The youngest and the oldest age wanted by any.
    pub window: (u8, u8),
    /// The viewers' coordinates, rounded, and their reach, by group.
    point: [[Lanes; 3]; GROUPS],
    beyond: [Lanes; GROUPS],
    /// The youngest and the oldest age that each wants, by group.
    from: [Lanes<u8>; GROUPS],
    to: [Lanes<u8>; GROUPS],
    /// The viewers' gender.
    gender: u8,
    /// The first exception of each viewer that was not passed by, and its block.
    next: [(usize, u32); TILE],
}

impl<'a> Tile<'a> {
    /// Seat viewers of one gender, by position; at least one.
    #[must_use]
    pub fn seat(index: &'a MatchIndex, positions: impl Iterator<Item = u32>) -> Self {
        let viewers: Vec<Viewer<'a>> = positions
            .map(|position| Viewer::of(index, position as usize))
            .collect();
        let gender = viewers.first().map_or(0, |viewer| {
            index.classes[index.class_of[viewer.position] as usize].0
        });
        let mut tile = Self {
            viewers: Vec::new(),
            extent: Some(Extent::EMPTY),
            reach: 0.0,
            window: (255, 0),
            point: [[[0.0; LANES]; 3]; GROUPS],
            beyond: [[0.0; LANES]; GROUPS],
            from: [[255; LANES]; GROUPS],
            to: [[0; LANES]; GROUPS],
            gender,
            next: [(0, 0); TILE],
        };
        for (at, viewer) in viewers.iter().enumerate() {
            let (group, lane) = place(at);
            tile.beyond[group][lane] = viewer.beyond;
            for (axis, c) in viewer.point.into_iter().flatten().enumerate() {
                tile.point[group][axis][lane] = c as f32;
            }
            tile.reach = tile.reach.max(viewer.beyond);
            let (from, to) = viewer.wanted;
            (tile.from[group][lane], tile.to[group][lane]) = (from, to);
            tile.window = (from.min(tile.window.0), to.max(tile.window.1));
            tile.extent = tile.extent.zip(viewer.point).map(|(mut extent, point)| {
                extent.include(point);
                extent
            });
        }
        tile.viewers = viewers;
        tile
    }

    /// Let the viewers meet everybody, themselves and those they never see included.
    pub fn forget_exceptions(&mut self) {
        for viewer in &mut self.viewers {
            viewer.exceptions = Cow::Borrowed(&[]);
        }
    }

    /// The viewers, a bit each, who may have candidates in a leaf.
    #[inline(always)]
    pub fn approach<V: Vector>(&self, leaf: &Node) -> u64 {
        let all = u64::MAX >> (64 - self.viewers.len());
        let (Some(_), Some(extent)) = (&self.extent, &leaf.extent) else {
            return all;
        };
        let mut near = 0;
        for group in 0..GROUPS {
            let mut square = V::all(0.0);
            for axis in 0..3 {
                let own = V::of(&self.point[group][axis]);
                let below = V::all(extent.low[axis] as f32).minus(own);
                let above = own.minus(V::all(extent.high[axis] as f32));
                let gap = below.larger(above).minus(V::all(ROUNDED));
                let gap = gap.larger(V::all(0.0));
                square = square.plus(gap.times(gap));
            }
            let reach = V::of(&self.beyond[group]).smaller(V::all(leaf.reach));
            near |= u64::from(square.at_most(reach)) << (group * LANES);
        }
        near & all
    }

    /// The viewers, a bit each, who want some age between these.
    #[inline(always)]
    #[must_use]
    pub fn who_want<V: Vector>(&self, youngest: u8, oldest: u8) -> u64 {
        (0..GROUPS).fold(0, |who, group| {
            // The youngest age wanted is at most the oldest there is, the oldest wanted at least the youngest.
            let columns = [&self.from[group], &[0; LANES], &self.to[group]];
            who | u64::from(V::ages_agree(columns, youngest, (0, oldest))) << (group * LANES)
        })
    }

    /// The viewers, a bit each, who seek a gender.
    #[inline(always)]
    #[must_use]
    pub fn seekers(&self, gender: u8) -> u64 {
        let bit =
            |(at, viewer): (usize, &Viewer<'_>)| u64::from(seeks(viewer.seeking, gender)) << at;
        self.viewers.iter().enumerate().map(bit).sum()
    }

    /// The candidates of a block, a bit each, from one position to before another, who seek the viewers' gender.
    #[inline(always)]
    #[must_use]
    pub fn sought(&self, index: &MatchIndex, block: usize, (from, to): (usize, usize)) -> u32 {
        let start = block * LANES;
        let (from, to) = (from.max(start), to.min(start + LANES));
        let range = (ALL_LANES << (from - start)) & (ALL_LANES >> (start + LANES - to));
        match index.blocks[block].seeks.get(usize::from(self.gender)) {
            Some(&mask) => u32::from(mask) & range,
            None => (from..to).fold(0, |mask, position| {
                let class = index.classes[index.class_of[position] as usize];
                mask | u32::from(seeks(class.1, self.gender)) << (position - start)
            }),
        }
    }

    /// The candidates of a block whom a viewer never sees, and those whose score is lowered, a bit each. A viewer has to
    /// ask for ascending blocks.
    #[inline(always)]
    pub fn excepted(&mut self, lane: usize, block: u32) -> (u32, u32) {
        if block < self.next[lane].1 {
            return (0, 0);
        }
        self.remember(lane, block)
    }

    #[cold]
    #[inline(never)]
    fn remember(&mut self, lane: usize, block: u32) -> (u32, u32) {
        let block_of = |exception: &Exception| exception.position / LANES as u32;
        let (next, next_block) = &mut self.next[lane];
        let rest = &self.viewers[lane].exceptions[*next..];
        let passed = rest.partition_point(|exception| block_of(exception) < block);
        let (mut never, mut lowered) = (0, 0);
        for exception in &rest[passed..] {
            if block_of(exception) != block {
                break;
            }
            let bit = 1 << (exception.position as usize % LANES);
            if exception.left < 0.0 {
                never |= bit;
            } else {
                lowered |= bit;
            }
        }
        *next += passed;
        *next_block = rest.get(passed).map_or(u32::MAX, block_of);
        (never, lowered & !never)
    }
}

/// Open (0) seeks all; else the gender's bit must be set, and gender 0 has none.
pub fn seeks(seeking: u64, gender: u8) -> bool {
    seeking == 0 || (gender != 0 && seeking >> gender & 1 == 1)
}
