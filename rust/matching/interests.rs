//! Interests ranked by rarity: the common ones as bits, the others in lists.

use super::error::{Error, Result};
use super::population::Sparse;

/// All codes fit this table.
const CODES: usize = 1 << 16;
/// Words of the bits of common interests.
pub const WORDS: usize = 4;

/// The common interests of one person, a bit each: the rarest of them is the lowest bit of the first word.
pub type Common = [u64; WORDS];

/// The rare interests of the people of an index, by their rank from common (0) to rare.
#[derive(Debug, Default)]
pub struct Interests {
    starts: Vec<u32>,
    ranks: Vec<u16>,
}

impl Interests {
    /// Take over the interests of the given rows, ranked by their holders in the whole population; ties by code.
    ///
    /// Each one's common interests go to `common`, by the place among the rows.
    pub fn build(
        all: &Sparse<'_, u16>,
        rows: &[u32],
        mut common: impl FnMut(usize, Common),
    ) -> Result<Self> {
        let rank = ranks(all.values);
        let mut built = Self {
            starts: Vec::with_capacity(rows.len() + 1),
            ranks: Vec::new(),
        };
        built.starts.push(0);
        for (position, &row) in rows.iter().enumerate() {
            let mut bits = Common::default();
            let from = built.ranks.len();
            for &code in all.row(row as usize) {
                let rank = rank[code as usize];
                match (64 * WORDS - 1).checked_sub(rank as usize) {
                    Some(place) => bits[place / 64] |= 1 << (place % 64),
                    None => built.ranks.push(rank),
                }
            }
            built.ranks[from..].sort_unstable_by(|a, b| b.cmp(a));
            let Ok(end) = u32::try_from(built.ranks.len()) else {
                let rule = "must be below 4294967296";
                return Err(Error::argument(
                    "len(interest_codes)",
                    all.values.len(),
                    rule,
                ));
            };
            built.starts.push(end);
            common(position, bits);
        }
        built.ranks.shrink_to_fit();
        Ok(built)
    }

    /// The rare ranks of one person, rarest first.
    #[inline(always)]
    #[must_use]
    pub fn of(&self, position: usize) -> &[u16] {
        &self.ranks[self.starts[position] as usize..self.starts[position + 1] as usize]
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        size_of_val(&*self.starts) + size_of_val(&*self.ranks)
    }
}

/// Call with each rank that both have, rarest first, and its place in the first list.
pub fn each_shared(mine: &[u16], theirs: &[u16], mut call: impl FnMut(usize)) {
    let mut at = 0;
    for (place, &rank) in mine.iter().enumerate() {
        while theirs.get(at).is_some_and(|&other| other > rank) {
            at += 1;
        }
        if theirs.get(at) == Some(&rank) {
            call(place);
        }
    }
}

/// Code -> rank, 0 for the code with most holders; of two with as many, the larger code comes first.
fn ranks(codes: &[u16]) -> Vec<u16> {
    let mut holders = vec![0_u32; CODES];
    for &code in codes {
        holders[code as usize] += 1;
    }
    let mut ordered: Vec<u16> = (0..=u16::MAX).collect();
    ordered.sort_unstable_by(|&a, &b| (holders[b as usize], b).cmp(&(holders[a as usize], a)));
    let mut rank = vec![0; CODES];
    for (place, code) in ordered.into_iter().enumerate() {
        rank[code as usize] = place as u16;
    }
    rank
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rarest_interest_comes_first_and_ties_fall_to_the_smaller_code() {
        // 1 has three holders, 0 two, the others one each: the smaller of those are the rarer.
        let mut values: Vec<u16> = vec![1, 0, 1, 0, 1];
        values.extend(2..400);
        let all = Sparse {
            offsets: &[0, 5, 403],
            values: &values,
        };
        let mut common = Vec::new();
        let built = Interests::build(&all, &[1, 0], |_, bits| common.push(bits));
        let Ok(built) = built else {
            panic!("{built:?}")
        };
        assert_eq!(common[1], [0, 0, 0, 0b11 << 62]);
        assert_eq!(common[0], [!0, !0, !0, !0 >> 2]);
        assert_eq!(built.of(0).len(), 398 - 254);
        assert!(built.of(0).is_sorted_by(|a, b| a > b));
        assert_eq!((built.of(0)[0], built.of(1)), (399, &[][..]));
    }

    #[test]
    fn shared_ranks_are_found_by_their_places() {
        let mut places = Vec::new();
        each_shared(&[900, 700, 500, 300], &[800, 700, 600, 300], |at| {
            places.push(at);
        });
        assert_eq!(places, [1, 3]);
        each_shared(&[1], &[], |_| panic!("nothing is shared"));
    }
}
