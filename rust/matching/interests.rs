//! Interests ranked by rarity, and the table that counts what eight viewers share with a candidate at once.

use super::error::{Error, Result};
use super::lanes::{GROUPS, LANES};
use super::population::Sparse;

/// All codes fit this table.
const CODES: usize = 1 << 16;

/// The interests of the people of an index: codes replaced by their rank from common (0) to rare, rarest first.
#[derive(Debug, Default)]
pub struct Interests {
    starts: Vec<u32>,
    ranks: Vec<u16>,
}

impl Interests {
    /// Take over the interests of the given rows, ranked by their holders in the whole population; ties by code.
    pub fn build(all: &Sparse<'_, u16>, rows: impl Iterator<Item = u32> + Clone) -> Result<Self> {
        let rank = ranks(all.values);
        let mut starts = vec![0_u32];
        let total: usize = rows.clone().map(|row| all.row(row as usize).len()).sum();
        if u32::try_from(total).is_err() {
            return Err(Error::argument(
                "len(interest_codes)",
                total,
                "must be below 4294967296",
            ));
        }
        let mut own = Vec::with_capacity(total);
        for row in rows {
            let from = own.len();
            own.extend(
                all.row(row as usize)
                    .iter()
                    .map(|&code| rank[code as usize]),
            );
            own[from..].sort_unstable_by(|a, b| b.cmp(a));
            starts.push(own.len() as u32);
        }
        Ok(Self { starts, ranks: own })
    }

    /// The ranks of one person, rarest first.
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

/// The interests of the viewers of a tile, by rank: one byte a viewer, 1 where it has the interest.
#[derive(Debug)]
pub struct SharedTable {
    slot: Box<[u16; CODES]>,
    bytes: Vec<[u64; GROUPS]>,
    filled: Vec<u16>,
}

impl SharedTable {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        let slot = Box::new([0; CODES]);
        Self {
            slot,
            bytes: vec![[0; GROUPS]],
            filled: Vec::new(),
        }
    }

    /// Forget all viewers.
    pub fn clear(&mut self) {
        for rank in self.filled.drain(..) {
            self.slot[rank as usize] = 0;
        }
        self.bytes.truncate(1);
    }

    /// Enter the viewer of one lane.
    pub fn enter(&mut self, lane: usize, ranks: &[u16]) {
        for &rank in ranks {
            let slot = &mut self.slot[rank as usize];
            if *slot == 0 {
                *slot = self.bytes.len() as u16;
                self.bytes.push([0; GROUPS]);
                self.filled.push(rank);
            }
            self.bytes[*slot as usize][lane / LANES] |= 1 << (8 * (lane % LANES));
        }
    }

    /// Count what each viewer of a group shares with the holder of these ranks.
    #[inline(always)]
    #[must_use]
    pub fn shared(&self, group: usize, ranks: &[u16]) -> [f32; LANES] {
        let mut counts = [0.0; LANES];
        // A byte holds sums up to 255.
        for part in ranks.chunks(255) {
            let mut sum = 0_u64;
            for &rank in part {
                sum += self.bytes[self.slot[rank as usize] as usize][group];
            }
            let bytes = sum.to_le_bytes();
            for l in 0..LANES {
                counts[l] += f32::from(bytes[l]);
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_equal_set_intersections_beyond_a_byte() {
        let mut table = SharedTable::new();
        let own: Vec<u16> = (0..500).map(|i| i * 3).collect();
        table.enter(9, &own);
        table.enter(31, &[6, 7]);
        let theirs: Vec<u16> = (0..500).map(|i| i * 3 + 300).collect();
        assert_eq!(table.shared(1, &theirs)[1], 400.0);
        assert_eq!(table.shared(3, &[5, 6, 7])[7], 2.0);
        assert_eq!(table.shared(0, &theirs), [0.0; LANES]);
        table.clear();
        assert_eq!(table.shared(1, &theirs), [0.0; LANES]);
    }

    #[test]
    fn the_rarest_interest_comes_first_and_ties_fall_to_the_smaller_code() {
        let all = Sparse {
            offsets: &[0, 3, 5, 6],
            values: &[1_u16, 2, 7, 1, 9, 1],
        };
        let built = Interests::build(&all, [0, 1, 2].into_iter());
        let Ok(interests) = built else {
            panic!("{built:?}")
        };
        // 2, 7 and 9 have one holder each: 2 is the rarest, 1 with three holders the commonest.
        let (a, b) = (interests.of(0), interests.of(1));
        assert!(a[0] > a[1] && a[1] > b[0] && b[0] > b[1]);
        assert_eq!((a[2], b[1], interests.of(2)), (0, 0, &[0_u16][..]));
    }
}
