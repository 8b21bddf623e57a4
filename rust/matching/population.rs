//! The columns of a population as borrowed slices.

/// Most dimensions of the quiz vector.
pub const MAX_TRAITS: usize = 64;
/// Most attributes of a rating.
pub const MAX_RATING_ATTRIBUTES: usize = 16;
/// Most interests of one person.
pub const MAX_INTERESTS: usize = 500;
/// The value of `min_age` and `max_age` that stands for no limit.
pub const OPEN: i16 = -1;
/// Below this age, or at 0 = unknown, nobody is matched.
pub const ADULT_AGE: u8 = 18;

/// Sparse columns: the entries of row i stand at `offsets[i]..offsets[i + 1]`.
#[derive(Debug, Clone, Copy)]
pub struct Sparse<'a, T> {
    /// One more than there are rows, ascending from 0.
    pub offsets: &'a [i64],
    /// The entries of all rows.
    pub values: &'a [T],
}

impl<'a, T> Sparse<'a, T> {
    /// The entries of one row.
    #[must_use]
    pub fn row(&self, row: usize) -> &'a [T] {
        &self.values[self.range(row)]
    }

    /// Where the entries of one row stand.
    #[must_use]
    pub fn range(&self, row: usize) -> std::ops::Range<usize> {
        self.offsets[row] as usize..self.offsets[row + 1] as usize
    }
}

/// Everybody who may see or be shown; the fields are those of `Population` in Python.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)] // python/feedscore/population.py explains each
pub struct Population<'a> {
    pub ids: &'a [i64],
    pub active: &'a [u8],
    pub age: &'a [u8],
    pub gender: &'a [u8],
    pub seeking: &'a [u64],
    pub min_age: &'a [i16],
    pub max_age: &'a [i16],
    pub placed: &'a [u8],
    pub latitude: &'a [f64],
    pub longitude: &'a [f64],
    pub max_distance_km: &'a [f32],
    pub traits: &'a [f32],
    pub trait_count: usize,
    pub interests: Sparse<'a, u16>,
    pub interest_people: Option<&'a [i64]>,
    pub goals: &'a [u64],
    pub goal_count: &'a [u8],
    pub goal_people: Option<&'a [i64]>,
    pub rating_quality: &'a [f32],
    pub rated: &'a [u8],
    pub rating_preference: &'a [f32],
    pub rating_attributes: &'a [f32],
    pub attribute_count: usize,
    pub days_since_joined: &'a [f32],
    pub excluded: Sparse<'a, u32>,
    pub hidden: Sparse<'a, u32>,
    pub hidden_days: &'a [f32],
}

impl Population<'_> {
    /// The number of people.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}
