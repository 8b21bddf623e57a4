//! From ids to the small numbers that stand for them.

/// The code of an id that is not known.
pub const NONE: u32 = u32::MAX;
/// A table by distance from the least id is taken up to this many places an id.
const MAX_PLACES_PER_ID: u64 = 8;

/// Numbers of some ids.
#[derive(Debug, Clone)]
pub enum Codes {
    /// Ids close together, as a sequence of the database gives them.
    Near {
        /// the least id
        least: i64,
        /// distance from the least id -> code, or `NONE`
        codes: Vec<u32>,
    },
    /// Any ids: open addressing, a power of two of slots, at most half of them in use.
    Far {
        /// (id, code), or `NONE` for a free slot
        slots: Vec<(i64, u32)>,
    },
}

impl Codes {
    /// Give each of the ids, which ascend strictly, its code.
    #[must_use]
    pub fn of(ascending: &[i64], codes: impl Iterator<Item = u32>) -> Self {
        let span = match (ascending.first(), ascending.last()) {
            (Some(&least), Some(&greatest)) => greatest.wrapping_sub(least) as u64,
            _ => 0,
        };
        let numbered = ascending.iter().zip(codes);
        if span / MAX_PLACES_PER_ID <= ascending.len() as u64 {
            let least = ascending.first().copied().unwrap_or(0);
            let mut codes = vec![NONE; span as usize + 1];
            for (&id, code) in numbered {
                codes[id.wrapping_sub(least) as usize] = code;
            }
            return Self::Near { least, codes };
        }
        let mut slots = vec![(0, NONE); (ascending.len() * 2).next_power_of_two()];
        for (&id, code) in numbered {
            let at = slot(&slots, id);
            slots[at] = (id, code);
        }
        Self::Far { slots }
    }

    /// The code of an id; `NONE` if it is not known.
    #[inline(always)]
    #[must_use]
    pub fn find(&self, id: i64) -> u32 {
        match self {
            Self::Near { least, codes } => {
                let distance = id.wrapping_sub(*least) as u64;
                codes.get(distance as usize).copied().unwrap_or(NONE)
            }
            Self::Far { slots } => slots[slot(slots, id)].1,
        }
    }

    /// The memory held, in bytes.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        match self {
            Self::Near { codes, .. } => size_of_val(codes.as_slice()),
            Self::Far { slots } => size_of_val(slots.as_slice()),
        }
    }
}

/// The slot of an id, or the free one where it belongs.
#[inline(always)]
fn slot(slots: &[(i64, u32)], id: i64) -> usize {
    let mask = slots.len() - 1;
    // The upper bits of a product depend on all bits of the id.
    let mixed = (id as u64 ^ (id as u64 >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut at = (mixed >> 32) as usize & mask;
    while slots[at].1 != NONE && slots[at].0 != id {
        at = (at + 1) & mask;
    }
    at
}

/// Distinct values, ascending.
#[must_use]
pub fn distinct(values: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut values: Vec<i64> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_the_whole_range_are_found_and_strangers_are_not() {
        for ids in [
            vec![],
            vec![0],
            vec![-3, -2, 0, 5],
            vec![i64::MIN],
            vec![i64::MIN, i64::MIN + 1, -7, 0, i64::MAX],
            (-500..500).map(|step: i64| step << 40).collect(),
        ] {
            let codes = Codes::of(&ids, 0..);
            for (code, &id) in ids.iter().enumerate() {
                assert_eq!(codes.find(id), code as u32);
            }
            for stranger in [-4, -1, 6, 100, i64::MAX - 1] {
                assert_eq!(codes.find(stranger), NONE, "{stranger} in {ids:?}");
            }
        }
    }
}
