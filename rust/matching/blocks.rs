//! Candidates in blocks of sixteen neighbours in the order, each number of theirs side by side: what the hot loop reads.

use super::interests::WORDS;
use super::lanes::{BLOCK, Halves, Lanes};
use super::vector::Vector;

/// Genders that have a mask of who seeks them; of others, the classes tell.
pub const GENDERS: usize = 4;

/// Sixteen candidates.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// Fixed-point coordinates, by axis; any where not placed.
    pub point: [Halves<i32>; 3],
    /// Squared chord surely beyond the candidate's limit; infinite without one, or without a place.
    pub beyond: Halves,
    /// Whole years.
    pub age: [u8; BLOCK],
    /// Youngest wanted.
    pub from: [u8; BLOCK],
    /// Oldest wanted; below the youngest where nobody is.
    pub to: [u8; BLOCK],
    /// Middle of the wanted ages.
    pub age_middle: Halves,
    /// 1 / (half the wanted range + 1); below 0 where the range is open.
    pub age_slope: Halves,
    /// The common interests, word by word.
    pub interests: [[Lanes<u64>; WORDS]; 2],
    /// Number of interests, rare ones included.
    pub interest_count: Halves,
    /// Bit i: has the goal that stands at place i from rare to common.
    pub goals: Halves<u64>,
    /// Number of goals.
    pub goal_count: Halves,
    /// 1 / the length of the quiz vector as stored; 0 without a vector.
    pub quiz_scale: Halves,
    /// The same of the vector of rating attributes.
    pub fit_scale: Halves,
    /// The part of the score that depends on the candidate alone.
    pub base: Halves,
    /// Place among the people of the index by id.
    pub id_rank: Halves<u32>,
    /// Bit l: has rare interests.
    pub rare: u32,
    /// Gender, the first few -> bit l: seeks it.
    pub seeks: [u16; GENDERS],
}

impl Block {
    /// The squared chords from a point to the candidates of a half, in units.
    #[inline(always)]
    #[must_use]
    pub fn chords<V: Vector>(&self, half: usize, from: [i32; 3]) -> V {
        let mut square = V::all(0.0);
        for axis in 0..3 {
            let offsets = V::offsets(&self.point[axis][half], from[axis]);
            square = square.plus(offsets.times(offsets));
        }
        square
    }
}
