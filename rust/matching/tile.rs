//! A tile: up to 32 viewers side by side, one a lane, ready to be met by one candidate after the other.

use std::ops::RangeInclusive;

use super::index::MatchIndex;
use super::interests::{Shared, SharedTable, each_bit};
use super::lanes::{GROUPS, LANES, Lanes, Mask, TILE, lanes, mask, smaller};
use super::pairs::remembered;
use super::places::Extent;
use super::record::{Ages, Record, flag};

/// What is wanted by nobody.
const NOBODY: Ages = Ages {
    age: 0,
    from: 255,
    to: 0,
};

/// Eight viewers of a tile.
#[derive(Debug, Default)]
pub struct Group {
    /// Fixed-point coordinates.
    pub point: [Lanes<i32>; 3],
    /// True where the place is known.
    pub placed: Lanes<bool>,
    /// Squared chord surely beyond the viewer's limit.
    beyond: Lanes,
    /// Squared chord surely within the viewer's limit.
    within: Lanes,
    /// Whole years.
    pub age: Lanes,
    /// Middle of the wanted ages, and 1 / (half the range + 1).
    pub age_middle: Lanes,
    /// See `age_middle`.
    pub age_slope: Lanes,
    /// True where the wanted range is closed.
    pub ages_known: Lanes<bool>,
    /// Number of interests.
    pub interest_count: Lanes,
    /// Number of goals.
    pub goal_count: Lanes,
    /// Dimension -> quiz vector, of length weight / 2.
    pub quiz: Vec<Lanes>,
    /// Dimension -> rating preference, of length weight / 2.
    pub preference: Vec<Lanes>,
}

/// Up to 32 viewers, of whatever class, that are near each other.
#[derive(Debug)]
pub struct Tile {
    /// Lane -> position of the viewer, ascending.
    pub viewers: Vec<u32>,
    /// The lanes by eight.
    pub groups: [Group; GROUPS],
    /// The box around the viewers; None where one has no place.
    pub extent: Option<Extent>,
    /// The largest reach of the viewers.
    pub reach: f32,
    /// Whether no viewer has a distance limit.
    pub unlimited: bool,
    /// The youngest and the oldest age wanted by any viewer.
    pub window: (u8, u8),
    /// Interests by lane.
    interests: SharedTable,
    /// Goal, from rare to common -> a byte for each lane, 1 where the viewer has it.
    goals: [[u64; GROUPS]; 64],
    /// Row % 64 -> lanes whose viewer may have excluded or hidden that row.
    remembered: [[Mask; GROUPS]; 64],
    /// From the first viewer to the last, by position.
    span: RangeInclusive<u32>,
    ages: [[u8; TILE]; 3],
    /// Class of candidates -> lanes that suit it, as of the tile number beside it.
    suits: Vec<(u64, [u8; TILE])>,
    number: u64,
}

impl Tile {
    /// A tile without viewers.
    #[must_use]
    pub fn new(index: &MatchIndex) -> Self {
        Self {
            viewers: Vec::new(),
            groups: Default::default(),
            extent: None,
            reach: 0.0,
            unlimited: true,
            window: (255, 0),
            interests: SharedTable::new(),
            goals: [[0; GROUPS]; 64],
            remembered: [[0; GROUPS]; 64],
            span: 0..=0,
            ages: [[0; TILE]; 3],
            suits: vec![(0, [0; TILE]); index.classes.len()],
            number: 0,
        }
    }

    /// Take other viewers, at most 32, by position.
    pub fn seat(&mut self, index: &MatchIndex, viewers: impl Iterator<Item = u32>) {
        self.viewers.clear();
        self.viewers.extend(viewers);
        self.number += 1;
        let first = self.viewers.iter().min().copied().unwrap_or(0);
        self.span = first..=self.viewers.iter().max().copied().unwrap_or(0);
        self.extent = Some(Extent::EMPTY);
        self.reach = 0.0;
        self.unlimited = true;
        self.window = (255, 0);
        self.interests.clear();
        self.goals = [[0; GROUPS]; 64];
        self.remembered = [[0; GROUPS]; 64];
        for group in &mut self.groups {
            group.quiz.resize(index.quiz.width, [0.0; LANES]);
            group
                .preference
                .resize(index.attributes.width, [0.0; LANES]);
        }
        for lane in 0..TILE {
            match self.viewers.get(lane).map(|&v| v as usize) {
                Some(viewer) => self.seat_viewer(index, lane, viewer),
                None => self.seat_ages(lane, NOBODY),
            }
        }
    }

    fn seat_viewer(&mut self, index: &MatchIndex, lane: usize, viewer: usize) {
        let record = &index.records[viewer];
        self.seat_ages(lane, index.ages[viewer]);
        self.seat_place(record);
        self.interests.enter(lane, &index.interests, viewer);
        let shift = 8 * (lane % LANES);
        each_bit(record.goals, |goal| {
            self.goals[goal][lane / LANES] |= 1 << shift;
        });
        for row in remembered(index, viewer) {
            self.remembered[row as usize % 64][lane / LANES] |= 0xFF << shift;
        }
        let weights = &index.settings.weights;
        let (group, l) = (&mut self.groups[lane / LANES], lane % LANES);
        group
            .point
            .iter_mut()
            .zip(record.point)
            .for_each(|(axis, c)| axis[l] = c);
        group.placed[l] = record.flags & flag::PLACED != 0;
        group.beyond[l] = record.beyond;
        group.within[l] = record.within;
        group.age[l] = f32::from(index.ages[viewer].age);
        group.age_middle[l] = record.age_middle;
        group.age_slope[l] = record.age_slope;
        group.ages_known[l] = record.flags & flag::AGES != 0;
        group.interest_count[l] = f32::from(record.interest_count);
        group.goal_count[l] = f32::from(record.goal_count);
        seat_vector(
            &mut group.quiz,
            l,
            index.quiz.of(viewer),
            weights.quiz / 2.0,
        );
        seat_vector(
            &mut group.preference,
            l,
            index.preferences.of(viewer),
            weights.rating_fit / 2.0,
        );
    }

    fn seat_ages(&mut self, lane: usize, ages: Ages) {
        self.ages[0][lane] = ages.age;
        self.ages[1][lane] = ages.from;
        self.ages[2][lane] = ages.to;
        self.window = (self.window.0.min(ages.from), self.window.1.max(ages.to));
    }

    fn seat_place(&mut self, record: &Record) {
        self.reach = self.reach.max(record.beyond);
        self.unlimited &= record.within == f32::INFINITY;
        self.extent = self
            .extent
            .filter(|_| record.flags & flag::PLACED != 0)
            .map(|mut extent| {
                extent.include(record.point);
                extent
            });
    }

    /// The viewers who seek the candidate's class and are sought by it; None if no one.
    #[inline(always)]
    pub fn suits(&mut self, index: &MatchIndex, class: u32) -> Option<[u8; TILE]> {
        let (number, lanes) = &mut self.suits[class as usize];
        if *number != self.number {
            *number = self.number;
            let theirs = index.classes[class as usize];
            for (lane, byte) in lanes.iter_mut().enumerate() {
                let suits = self.viewers.get(lane).is_some_and(|&viewer| {
                    let mine = index.classes[index.class_of[viewer as usize] as usize];
                    seeks(mine.1, theirs.0) && seeks(theirs.1, mine.0)
                });
                *byte = if suits { 0xFF } else { 0 };
            }
        }
        lanes.iter().any(|&byte| byte != 0).then_some(*lanes)
    }

    /// The viewers whose ages, and wishes for ages, agree with the candidate's; of those in `among`.
    #[inline(always)]
    #[must_use]
    pub fn suits_ages(&self, among: &[u8; TILE], theirs: Ages) -> [Mask; GROUPS] {
        let [age, from, to] = &self.ages;
        let mut bytes = [0_u8; TILE];
        for l in 0..TILE {
            let mine = (theirs.age >= from[l]) & (theirs.age <= to[l]);
            let yours = (age[l] >= theirs.from) & (age[l] <= theirs.to);
            bytes[l] = if mine & yours { among[l] } else { 0 };
        }
        let mut masks = [0; GROUPS];
        for (mask, bytes) in masks.iter_mut().zip(bytes.as_chunks::<LANES>().0) {
            *mask = Mask::from_le_bytes(*bytes);
        }
        masks
    }
}

impl Tile {
    /// Count what each viewer shares with a candidate.
    #[inline(always)]
    #[must_use]
    pub fn shared(
        &self,
        index: &MatchIndex,
        candidate: usize,
        record: &Record,
    ) -> (Shared, [u64; GROUPS]) {
        let mut goals = [0; GROUPS];
        each_bit(record.goals, |goal| {
            for group in 0..GROUPS {
                goals[group] += self.goals[goal][group];
            }
        });
        (
            self.interests
                .shared(&index.interests, candidate, record.interest_count),
            goals,
        )
    }

    /// The viewers of a group who may have excluded or hidden a candidate, or are the candidate.
    #[inline(always)]
    #[must_use]
    pub fn doubts(&self, index: &MatchIndex, group: usize, candidate: usize) -> Mask {
        let number = candidate as u32;
        if self.span.contains(&number) && self.viewers.binary_search(&number).is_ok() {
            return Mask::MAX;
        }
        self.remembered[index.rows[candidate] as usize % 64][group]
    }
}

impl Group {
    /// The squared chords to a candidate, in units; -1 where a place is unknown.
    #[inline(always)]
    #[must_use]
    pub fn chords(&self, record: &Record) -> Lanes {
        if record.flags & flag::PLACED == 0 {
            return [-1.0; LANES];
        }
        let [x, y, z] = &self.point;
        lanes(|l| {
            let dx = (record.point[0].wrapping_sub(x[l])) as f32;
            let dy = (record.point[1].wrapping_sub(y[l])) as f32;
            let dz = (record.point[2].wrapping_sub(z[l])) as f32;
            let square = dx * dx + dy * dy + dz * dz;
            if self.placed[l] { square } else { -1.0 }
        })
    }

    /// The viewers of a mask whom the chord does not surely put out of reach, either way; and those of them who are
    /// not surely within reach either.
    #[inline(always)]
    #[must_use]
    pub fn within_reach(&self, among: Mask, record: &Record, chords: &Lanes) -> (Mask, Mask) {
        let within = among & mask(|l| chords[l] <= smaller(self.within[l], record.within));
        if within == among {
            return (among, 0);
        }
        let near = among & mask(|l| chords[l] <= smaller(self.beyond[l], record.beyond));
        (near, near & !within)
    }
}

/// Open (0) seeks all; else the gender's bit must be set, and gender 0 has none.
fn seeks(seeking: u64, gender: u8) -> bool {
    seeking == 0 || (gender != 0 && seeking >> gender & 1 == 1)
}

fn seat_vector(rows: &mut [Lanes], lane: usize, vector: &[f32], length: f64) {
    let square: f64 = vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    let scale = if square > 0.0 {
        length / square.sqrt()
    } else {
        0.0
    };
    for (row, &x) in rows.iter_mut().zip(vector) {
        row[lane] = (f64::from(x) * scale) as f32;
    }
}
