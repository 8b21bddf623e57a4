//! From ids to ranks among all ids.

use super::table::{IdTable, NONE, mix};

/// A table by position is taken up to this many places an id.
const MAX_PLACES_PER_ID: u64 = 8;

/// Where an id stands among distinct ascending ids.
#[derive(Debug, Clone)]
pub enum Ranks {
    /// Ids close together, as a sequence of the database gives them: rank by distance from the least.
    Near {
        /// the least id
        least: i64,
        /// distance -> rank, or `NONE`
        places: Vec<u32>,
    },
    /// Any ids.
    Far(IdTable),
}

impl Ranks {
    /// Ranks among ids that ascend strictly.
    #[must_use]
    pub fn of(ascending: &[i64]) -> Self {
        let (Some(&least), Some(&greatest)) = (ascending.first(), ascending.last()) else {
            return Self::Far(IdTable::default());
        };
        let span = greatest.wrapping_sub(least) as u64;
        if span / MAX_PLACES_PER_ID <= ascending.len() as u64 {
            let mut places = vec![NONE; span as usize + 1];
            for (rank, &id) in ascending.iter().enumerate() {
                places[id.wrapping_sub(least) as usize] = rank as u32;
            }
            return Self::Near { least, places };
        }
        let mut table = IdTable::default();
        for &id in ascending {
            table.intern(id, mix(id));
        }
        Self::Far(table)
    }

    /// The rank of an id; `NONE` if it is not among them.
    #[inline]
    #[must_use]
    pub fn find(&self, id: i64) -> u32 {
        match self {
            Self::Near { least, places } => {
                let place = id.wrapping_sub(*least) as u64;
                places.get(place as usize).copied().unwrap_or(NONE)
            }
            Self::Far(table) => table.find(id, mix(id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_and_far_ids_are_found_and_strangers_are_not() {
        for ids in [
            vec![-3, -2, 0, 5],
            vec![i64::MIN, i64::MIN + 1, -7, 0, i64::MAX],
            vec![i64::MIN],
            vec![i64::MAX],
        ] {
            let ranks = Ranks::of(&ids);
            for (rank, &id) in ids.iter().enumerate() {
                assert_eq!(ranks.find(id), rank as u32);
            }
            for stranger in [-4, -1, 6, 100] {
                assert_eq!(ranks.find(stranger), NONE);
            }
        }
        assert_eq!(Ranks::of(&[]).find(0), NONE);
    }
}
