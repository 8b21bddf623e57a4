//! Interests ranked by rarity: the common ones as bits, the others in lists.

use super::error::{Error, Result};

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
    /// Nobody's yet, with room for so many people.
    #[must_use]
    pub fn new(people: usize) -> Self {
        let mut starts = Vec::with_capacity(people + 1);
        starts.push(0);
        Self {
            starts,
            ranks: Vec::new(),
        }
    }

    /// Take over the interests of the next person, and tell the common ones among them.
    ///
    /// One part is too small to have more than fit `starts`: a person has at most 500.
    pub fn push(&mut self, codes: &[u16], ranks: &Ranks) -> Common {
        let mut common = Common::default();
        let from = self.ranks.len();
        for &code in codes {
            let rank = ranks.ranks[code as usize];
            match (64 * WORDS - 1).checked_sub(rank as usize) {
                Some(place) => common[place / 64] |= 1 << (place % 64),
                None => self.ranks.push(rank),
            }
        }
        self.ranks[from..].sort_unstable_by(|a, b| b.cmp(a));
        self.starts.push(self.ranks.len() as u32);
        common
    }

    /// Keep those of the first people only, or have some more without any.
    pub fn resize(&mut self, people: usize) {
        self.starts.resize(people + 1, self.ranks.len() as u32);
        self.ranks.truncate(self.starts[people] as usize);
    }

    /// Take over those of the people who come after.
    pub fn append(&mut self, next: &Self) -> Result<()> {
        let before = self.ranks.len();
        self.ranks.extend_from_slice(&next.ranks);
        if u32::try_from(self.ranks.len()).is_err() {
            let rule = "must be below 4294967296 without the 256 most common interests";
            return Err(Error::argument(
                "len(interest_codes)",
                self.ranks.len(),
                rule,
            ));
        }
        let starts = next.starts[1..].iter().map(|start| start + before as u32);
        self.starts.extend(starts);
        Ok(())
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
#[derive(Debug)]
pub struct Ranks {
    ranks: Vec<u16>,
    known: Vec<bool>,
}

impl Ranks {
    /// Rank the codes by how often each occurs; those that do not stay at 0.
    #[must_use]
    pub fn of(codes: &[u16]) -> Self {
        let mut holders = vec![0_i64; CODES];
        for &code in codes {
            holders[code as usize] += 1;
        }
        let held = (0..=u16::MAX).filter(|&code| holders[code as usize] > 0);
        Self::rank(held.collect(), &holders)
    }

    /// Rank the codes that have a number of holders, by it.
    #[must_use]
    pub fn by_holders(holders: &[i64]) -> Self {
        let held = (0..=u16::MAX).take(holders.len());
        Self::rank(held.collect(), holders)
    }

    /// Whether the code was ranked.
    #[must_use]
    pub fn knows(&self, code: u16) -> bool {
        self.known[code as usize]
    }

    fn rank(mut held: Vec<u16>, holders: &[i64]) -> Self {
        held.sort_unstable_by(|&a, &b| (holders[b as usize], b).cmp(&(holders[a as usize], a)));
        let mut ranks = vec![0; CODES];
        let mut known = vec![false; CODES];
        for (place, code) in held.into_iter().enumerate() {
            (ranks[code as usize], known[code as usize]) = (place as u16, true);
        }
        Self { ranks, known }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rarest_interest_comes_first_and_ties_fall_to_the_smaller_code() {
        // 1 has three holders, 0 two, the others one each: the smaller of those are the rarer.
        let mut values: Vec<u16> = vec![1, 0, 1, 0, 1];
        values.extend(2..400);
        let ranks = Ranks::of(&values);
        let (mut built, mut first) = (Interests::new(2), Interests::new(1));
        let common = [
            built.push(&values[5..], &ranks),
            first.push(&values[..5], &ranks),
        ];
        assert_eq!(built.append(&first), Ok(()));
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
