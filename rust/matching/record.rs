//! What the index keeps of each person.

use super::population::Sparse;

/// What scoring reads of one candidate: one cache line.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Record {
    /// The place in fixed-point units; any where not placed.
    pub point: [i32; 3],
    /// Squared chords surely within and surely beyond the person's limit; infinite without one, or without a place.
    pub within: f32,
    /// See `within`.
    pub beyond: f32,
    /// Middle of the wanted ages.
    pub age_middle: f32,
    /// 1 / (half the wanted range + 1).
    pub age_slope: f32,
    /// 1 / the length of the quiz vector as stored; 0 without a vector.
    pub quiz_scale: f32,
    /// The same of the vector of rating attributes.
    pub fit_scale: f32,
    /// The part of the score that depends on the candidate alone.
    pub base: f32,
    /// Bit i: has the goal that stands at place i from rare to common.
    pub goals: u64,
    /// Bayesian mean of received ratings.
    pub quality: f32,
    /// Days since joined.
    pub days: f32,
    /// Place among the people of the index by id.
    pub id_rank: u32,
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

/// The years that somebody wants, as bytes; (255, 0) for a range that is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages {
    /// Own age.
    pub age: u8,
    /// Youngest wanted.
    pub from: u8,
    /// Oldest wanted.
    pub to: u8,
}

/// Rows of vectors, each scaled by a power of two so that its length is in [1, 2): cosines stay what they are.
#[derive(Debug, Default)]
pub struct Vectors {
    /// Numbers in a row: the dimensions, padded with zeros.
    pub width: usize,
    /// Rows, one after the other.
    pub values: Vec<f32>,
}

impl Vectors {
    #[inline(always)]
    /// The row of one person.
    #[must_use]
    pub fn of(&self, position: usize) -> &[f32] {
        &self.values[position * self.width..][..self.width]
    }

    /// Append a row, and tell 1 / its length as stored; 0 for a row of zeros.
    pub fn push(&mut self, row: &[f32]) -> f32 {
        let length = row
            .iter()
            .map(|&x| f64::from(x) * f64::from(x))
            .sum::<f64>()
            .sqrt();
        let scale = if length > 0.0 {
            (-length.log2().floor()).exp2()
        } else {
            0.0
        };
        self.values
            .extend(row.iter().map(|&x| (f64::from(x) * scale) as f32));
        self.values
            .resize(self.values.len() + self.width - row.len(), 0.0);
        if length > 0.0 {
            (1.0 / (length * scale)) as f32
        } else {
            0.0
        }
    }
}

/// The names of one person.
#[derive(Debug, Default, Clone, Copy)]
pub struct Name {
    /// The id that the application knows.
    pub id: i64,
    /// The row of the population.
    pub row: u32,
    /// The position in the index.
    pub position: u32,
}

/// Sparse columns that the index owns.
#[derive(Debug, Default)]
pub struct OwnedSparse<T> {
    /// As in `Sparse`.
    pub offsets: Vec<i64>,
    /// As in `Sparse`.
    pub values: Vec<T>,
}

impl<T> OwnedSparse<T> {
    /// The entries of one row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[T] {
        Sparse {
            offsets: &self.offsets,
            values: &self.values,
        }
        .row(row)
    }
}
