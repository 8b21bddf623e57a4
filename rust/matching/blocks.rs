//! Candidates in blocks of sixteen neighbours in the order, each number of theirs side by side: what the hot loop reads.

use super::interests::WORDS;
use super::lanes::Lanes;
use super::vector::Vector;

/// Genders that have a mask of who seeks them; of others, the classes tell.
pub const GENDERS: usize = 4;

/// Sixteen candidates. Each array of four bytes a lane fills a line of the cache.
#[derive(Debug, Clone, Default)]
#[repr(C, align(64))]
pub struct Block {
    /// Fixed-point coordinates, by axis; any where not placed.
    pub point: [Lanes<i32>; 3],
    /// Squared chord surely beyond the candidate's limit; infinite without one, or without a place.
    pub beyond: Lanes,
    /// The common interests, word by word.
    pub interests: [Lanes<u64>; WORDS],
    /// Number of interests, rare ones included.
    pub interest_count: Lanes,
    /// Bit i: has the goal that stands at place i from rare to common.
    pub goals: Lanes<u64>,
    /// Number of goals.
    pub goal_count: Lanes,
    /// Middle of the wanted ages.
    pub age_middle: Lanes,
    /// 1 / (half the wanted range + 1); below 0 where the range is open.
    pub age_slope: Lanes,
    /// 1 / the length of the quiz vector as stored; 0 without a vector.
    pub quiz_scale: Lanes,
    /// The same of the vector of rating attributes.
    pub fit_scale: Lanes,
    /// The part of the score that depends on the candidate alone.
    pub base: Lanes,
    /// Whole years.
    pub age: Lanes<u8>,
    /// Youngest wanted.
    pub from: Lanes<u8>,
    /// Oldest wanted; below the youngest where nobody is.
    pub to: Lanes<u8>,
    /// Gender, the first few -> bit l: seeks it.
    pub seeks: [u16; GENDERS],
    /// Bit l: has rare interests.
    pub rare: u16,
}

impl Block {
    /// The squared chords from a point to the candidates, in units.
    #[inline(always)]
    #[must_use]
    pub fn chords<V: Vector>(&self, from: [i32; 3]) -> V {
        let mut square = V::all(0.0);
        for axis in 0..3 {
            let offsets = V::offsets(&self.point[axis], from[axis]);
            square = square.plus(offsets.times(offsets));
        }
        square
    }
}
