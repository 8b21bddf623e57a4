//! The index: everybody who can be matched, in spatial order, in the form that scoring reads.

use super::amend::Built;
use super::blocks::Block;
use super::exceptions::Exceptions;
use super::homes::Homes;
use super::interests::{Common, Interests, Ranks};
use super::lanes::place;
use super::order::Tree;
use super::places::distance_km;
use super::settings::Settings;
use super::vectors::Vectors;

/// What the facts and the exact checks read of one person: half a cache line.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C, align(32))]
pub struct Record {
    /// The id that the application knows.
    pub id: i64,
    /// Bit i: has the goal that stands at place i from rare to common.
    pub goals: u64,
    /// Bayesian mean of received ratings.
    pub quality: f32,
    /// Days since joined.
    pub days: f32,
    /// Number of interests.
    pub interest_count: u16,
    /// Number of goals.
    pub goal_count: u8,
    /// Bits of `flag`.
    pub flags: u8,
}

/// What is known of a person: bits of `Record::flags`.
pub mod flag {
    /// Has a place.
    pub const PLACED: u8 = 1;
    /// Has a quiz vector.
    pub const QUIZ: u8 = 2;
    /// Wants a range of ages that is closed on both sides.
    pub const AGES: u8 = 4;
    /// Was rated.
    pub const RATED: u8 = 8;
    /// Has rating attributes.
    pub const ATTRIBUTES: u8 = 16;
    /// Has a rating preference.
    pub const PREFERENCE: u8 = 32;
    /// As a viewer, misses nothing that a factor needs.
    pub const COMPLETE_VIEWER: u8 = 64;
    /// The same as a candidate.
    pub const COMPLETE_CANDIDATE: u8 = 128;

    /// The bits `COMPLETE_...` that follow from the others, and from whether there are interests and goals.
    #[must_use]
    pub fn completeness(flags: u8, interests_and_goals: bool) -> u8 {
        const BOTH: u8 = PLACED | QUIZ | AGES;
        let all = |needed: u8| interests_and_goals && flags & needed == needed;
        let viewer = if all(BOTH | PREFERENCE) {
            COMPLETE_VIEWER
        } else {
            0
        };
        viewer
            | if all(BOTH | RATED | ATTRIBUTES) {
                COMPLETE_CANDIDATE
            } else {
                0
            }
    }
}

/// A population prepared for match scoring. "Position" is a place in the spatial order of those who can be matched.
#[derive(Debug)]
pub struct MatchIndex {
    /// What the scores are made of.
    pub settings: Settings,
    /// Row of the population -> position; `NOBODY` for those who cannot be matched.
    pub positions: Vec<u32>,
    /// The boxes to walk.
    pub tree: Tree,
    /// Class -> (gender, what is sought).
    pub classes: Vec<(u8, u64)>,
    /// Position -> class.
    pub class_of: Vec<u32>,
    /// Position -> whole years.
    pub ages: Vec<u8>,
    /// Position -> row of the population.
    pub rows: Vec<u32>,
    /// Position -> what the facts and the exact checks read.
    pub records: Vec<Record>,
    /// Position / 16 -> what the hot loop reads.
    pub blocks: Vec<Block>,
    /// Quiz vectors.
    pub quiz: Vectors,
    /// Rating attributes.
    pub attributes: Vectors,
    /// Rating preferences.
    pub preferences: Vectors,
    /// Position -> degrees, for exact distances.
    pub degrees: Vec<[f64; 2]>,
    /// Position -> the person's distance limit.
    pub limits_km: Vec<f32>,
    /// Position -> rare interests.
    pub interests: Interests,
    /// Place from rare to common -> goal; ties by goal.
    pub goals: [u8; 64],
    /// Position -> pairs that are never shown, or whose score is lowered, by home.
    pub exceptions: Exceptions,
    /// Homes of everybody.
    pub homes: Homes,
    /// How rare each interest is.
    pub ranks: Ranks,
    /// The index as it was built.
    pub built: Built,
    /// The rows that were amended since, ascending.
    pub amended: Vec<u32>,
}

/// Stands in `MatchIndex::positions` for a person who cannot be matched.
pub const NOBODY: u32 = u32::MAX;

impl MatchIndex {
    /// The number of positions: people who can be matched, and slots that those who moved have left.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether nobody can be matched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The place of one person, where known.
    #[must_use]
    pub fn point(&self, position: usize) -> Option<[i32; 3]> {
        let (block, lane) = place(position);
        let known = self.records[position].flags & flag::PLACED != 0;
        known.then(|| self.blocks[block].point.map(|axis| axis[lane]))
    }

    /// Whether neither limit is exceeded, as the reference decides it, of two people with a place.
    #[must_use]
    pub fn within_limits(&self, viewer: usize, candidate: usize) -> bool {
        let km = distance_km(self.degrees[viewer], self.degrees[candidate]);
        km <= f64::from(self.limits_km[viewer]) && km <= f64::from(self.limits_km[candidate])
    }

    /// The common interests of one person.
    #[inline(always)]
    #[must_use]
    pub fn common(&self, position: usize) -> Common {
        let (block, lane) = place(position);
        self.blocks[block].interests.map(|words| words[lane])
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        size_of_val(&*self.positions)
            + size_of_val(&*self.tree.nodes)
            + size_of_val(&*self.tree.segments)
            + size_of_val(&*self.classes)
            + size_of_val(&*self.class_of)
            + size_of_val(&*self.ages)
            + size_of_val(&*self.rows)
            + size_of_val(&*self.records)
            + size_of_val(&*self.blocks)
            + self.quiz.nbytes()
            + self.attributes.nbytes()
            + self.preferences.nbytes()
            + size_of_val(&*self.degrees)
            + size_of_val(&*self.limits_km)
            + self.interests.nbytes()
            + self.exceptions.nbytes()
            + self.homes.nbytes()
    }
}
