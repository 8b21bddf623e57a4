//! From ids to ranks.

use super::table::{IdTable, NONE, mix};

/// A table by position is taken up to this many places an id.
const MAX_PLACES_PER_ID: u64 = 8;

/// The rank of each of some ids.
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
    /// Rank ids by their places in a list; None if one of them stands there twice.
    #[must_use]
    pub fn of(ids: &[i64]) -> Option<Self> {
        let Some((least, span)) = near(ids) else {
            let mut table = IdTable::default();
            let is_new = |(place, &id): (usize, &i64)| table.intern(id, mix(id)) == place as u32;
            return ids
                .iter()
                .enumerate()
                .all(is_new)
                .then_some(Self::Far(table));
        };
        let mut places = vec![NONE; span + 1];
        for (rank, &id) in ids.iter().enumerate() {
            let place = &mut places[id.wrapping_sub(least) as usize];
            if *place != NONE {
                return None;
            }
            *place = rank as u32;
        }
        Some(Self::Near { least, places })
    }

    /// Rank ids, which may stand there more than once, by size; and tell them ascending, each once.
    #[must_use]
    pub fn by_size(ids: &[i64]) -> (Self, Vec<i64>) {
        let Some((least, span)) = near(ids) else {
            let mut ascending = ids.to_vec();
            ascending.sort_unstable();
            ascending.dedup();
            let mut table = IdTable::default();
            for &id in &ascending {
                table.intern(id, mix(id));
            }
            return (Self::Far(table), ascending);
        };
        let mut places = vec![NONE; span + 1];
        for &id in ids {
            places[id.wrapping_sub(least) as usize] = 0;
        }
        let mut ascending = vec![0; ids.len().min(span + 1) + 1];
        let mut count = 0;
        for (distance, place) in places.iter_mut().enumerate() {
            // Written over by the next if it is none; so no branch hangs on it.
            ascending[count] = least.wrapping_add(distance as i64);
            let is_id = *place != NONE;
            *place = if is_id { count as u32 } else { NONE };
            count += usize::from(is_id);
        }
        ascending.truncate(count);
        (Self::Near { least, places }, ascending)
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

/// The least id and how far the greatest is from it, where they stand close together.
fn near(ids: &[i64]) -> Option<(i64, usize)> {
    let (mut least, mut greatest) = (*ids.first()?, i64::MIN);
    for &id in ids {
        (least, greatest) = (least.min(id), greatest.max(id));
    }
    let span = greatest.wrapping_sub(least) as u64;
    (span / MAX_PLACES_PER_ID <= ids.len() as u64).then_some((least, span as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_and_far_ids_are_found_and_strangers_are_not() {
        for ids in [
            vec![-3, -2, 0, 5],
            vec![5, 0, -3],
            vec![i64::MIN, i64::MIN + 1, -7, 0, i64::MAX],
            vec![i64::MIN],
            vec![i64::MAX],
        ] {
            let ranks = Ranks::of(&ids).unwrap_or(Ranks::Far(IdTable::default()));
            for (rank, &id) in ids.iter().enumerate() {
                assert_eq!(ranks.find(id), rank as u32);
            }
            for stranger in [-4, -1, 6, 100] {
                assert_eq!(ranks.find(stranger), NONE);
            }
            let twice: Vec<i64> = ids.iter().chain(&ids).copied().collect();
            assert!(Ranks::of(&twice).is_none());
            let (ranks, ascending) = Ranks::by_size(&twice);
            assert!(ascending.is_sorted() && ascending.len() == ids.len());
            for (rank, &id) in ascending.iter().enumerate() {
                assert_eq!(ranks.find(id), rank as u32);
            }
        }
        assert_eq!(Ranks::of(&[]).map(|ranks| ranks.find(0)), Some(NONE));
        assert_eq!(Ranks::by_size(&[]).1, [0_i64; 0]);
    }
}
