//! Interests ranked by rarity, and the table that counts what all viewers of a tile share with a candidate at once.

use super::error::{Error, Result};
use super::lanes::{GROUPS, LANES};
use super::population::Sparse;

/// All codes fit this table.
const CODES: usize = 1 << 16;
/// Ranks below this one are common: kept as bits and as bytes, the others as u16.
const COMMON: usize = 255;
/// Words of those bits.
const WORDS: usize = 4;
/// Stands at the end of a list of common ranks until its length is a multiple of `STEP`.
const NONE: u8 = 255;
const STEP: usize = 4;
/// A byte holds sums up to this one.
const BYTE: usize = 255;

/// The interests of the people of an index, by their rank from common (0) to rare.
#[derive(Debug, Default)]
pub struct Interests {
    common: Vec<[u64; WORDS]>,
    /// Where the steps and the rare ranks of each person begin.
    starts: Vec<[u32; 2]>,
    listed: Vec<[u8; STEP]>,
    rare: Vec<u16>,
}

impl Interests {
    /// Take over the interests of the given rows, ranked by their holders in the whole population; ties by code.
    pub fn build(all: &Sparse<'_, u16>, rows: &[u32]) -> Result<Self> {
        let rank = ranks(all.values);
        let mut built = Self::default();
        built.common.reserve_exact(rows.len());
        built.starts.reserve_exact(rows.len() + 1);
        built.starts.push([0, 0]);
        for &row in rows {
            built.push(
                all.row(row as usize)
                    .iter()
                    .map(|&code| rank[code as usize]),
            );
            let ends = (
                u32::try_from(built.listed.len()),
                u32::try_from(built.rare.len()),
            );
            let (Ok(listed), Ok(rare)) = ends else {
                let rule = "too many for one index";
                return Err(Error::argument(
                    "len(interest_codes)",
                    all.values.len(),
                    rule,
                ));
            };
            built.starts.push([listed, rare]);
        }
        built.listed.shrink_to_fit();
        built.rare.shrink_to_fit();
        Ok(built)
    }

    fn push(&mut self, ranks: impl Iterator<Item = u16>) {
        let mut common = [0; WORDS];
        let mut step = [NONE; STEP];
        let (mut listed, from) = (0, self.rare.len());
        for rank in ranks {
            if rank as usize >= COMMON {
                self.rare.push(rank);
                continue;
            }
            common[rank as usize / 64] |= 1 << (rank % 64);
            step[listed % STEP] = rank as u8;
            listed += 1;
            if listed % STEP == 0 {
                self.listed.push(step);
                step = [NONE; STEP];
            }
        }
        if listed % STEP != 0 {
            self.listed.push(step);
        }
        self.rare[from..].sort_unstable_by(|a, b| b.cmp(a));
        self.common.push(common);
    }

    /// The common ranks of one person, a bit each.
    #[inline(always)]
    #[must_use]
    pub fn common(&self, position: usize) -> &[u64; WORDS] {
        &self.common[position]
    }

    /// The common ranks of one person, as steps of a list.
    #[inline(always)]
    #[must_use]
    pub fn listed(&self, position: usize) -> &[[u8; STEP]] {
        &self.listed[self.starts[position][0] as usize..self.starts[position + 1][0] as usize]
    }

    /// The other ranks of one person, rarest first.
    #[inline(always)]
    #[must_use]
    pub fn rare(&self, position: usize) -> &[u16] {
        &self.rare[self.starts[position][1] as usize..self.starts[position + 1][1] as usize]
    }

    /// All ranks of one person, rarest first.
    pub fn of(&self, position: usize) -> impl Iterator<Item = u16> + '_ {
        let words = self.common(position).iter().enumerate().rev();
        let bits = words.flat_map(|(word, &bits)| {
            let mut rest = bits;
            std::iter::from_fn(move || {
                let highest = 63_u32.checked_sub(rest.leading_zeros())?;
                rest ^= 1 << highest;
                Some(64 * word as u16 + highest as u16)
            })
        });
        self.rare(position).iter().copied().chain(bits)
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        size_of_val(&*self.common)
            + size_of_val(&*self.starts)
            + size_of_val(&*self.listed)
            + size_of_val(&*self.rare)
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

/// A number for each rank; 0 where none was given.
#[derive(Debug)]
pub struct RankTable(Box<[u16]>);

impl RankTable {
    /// All 0.
    #[must_use]
    pub fn new() -> Self {
        Self(vec![0; CODES].into_boxed_slice())
    }

    /// The number of a rank.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, rank: u16) -> u16 {
        self.0[rank as usize]
    }

    /// Give a rank a number.
    pub fn set(&mut self, rank: u16, number: u16) {
        self.0[rank as usize] = number;
    }
}

/// What each viewer of a tile shares with a candidate: a byte a viewer. The sum of both is the count.
pub type Shared = [[u64; GROUPS]; 2];

/// The interests of the viewers of a tile, by rank: one byte a viewer, 1 where it has the interest.
#[derive(Debug)]
pub struct SharedTable {
    /// The last row, that of `NONE`, stays empty.
    common: [[u64; GROUPS]; COMMON + 1],
    /// Rank -> place in `rare`; `rare[0]` stays empty.
    slot: RankTable,
    rare: Vec<[u64; GROUPS]>,
    filled: Vec<u16>,
}

impl SharedTable {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        let common = [[0; GROUPS]; COMMON + 1];
        Self {
            common,
            slot: RankTable::new(),
            rare: vec![[0; GROUPS]],
            filled: Vec::new(),
        }
    }

    /// Forget all viewers.
    pub fn clear(&mut self) {
        self.common = [[0; GROUPS]; COMMON + 1];
        for rank in self.filled.drain(..) {
            self.slot.set(rank, 0);
        }
        self.rare.truncate(1);
    }

    /// Enter the viewer of one lane.
    pub fn enter(&mut self, lane: usize, interests: &Interests, viewer: usize) {
        let bit = 1 << (8 * (lane % LANES));
        for (word, &bits) in interests.common(viewer).iter().enumerate() {
            each_bit(bits, |at| self.common[64 * word + at][lane / LANES] |= bit);
        }
        for &rank in interests.rare(viewer) {
            if self.slot.get(rank) == 0 {
                self.slot.set(rank, self.rare.len() as u16);
                self.rare.push([0; GROUPS]);
                self.filled.push(rank);
            }
            self.rare[self.slot.get(rank) as usize][lane / LANES] |= bit;
        }
    }

    /// Count what each viewer shares with a candidate.
    #[inline(always)]
    #[must_use]
    pub fn shared(&self, interests: &Interests, candidate: usize, count: u16) -> Shared {
        let mut sum = [0_u64; GROUPS];
        if count as usize > BYTE {
            return self.shared_by_many(interests, candidate);
        }
        for step in interests.listed(candidate) {
            for &rank in step {
                add(&mut sum, &self.common[rank as usize]);
            }
        }
        for &rank in interests.rare(candidate) {
            add(&mut sum, &self.rare[self.slot.get(rank) as usize]);
        }
        [sum, [0; GROUPS]]
    }

    #[cold]
    fn shared_by_many(&self, interests: &Interests, candidate: usize) -> Shared {
        let mut sums = [[0_u64; GROUPS]; 2];
        for (at, rank) in interests.of(candidate).enumerate() {
            let row = self.common[..COMMON].get(rank as usize);
            add(
                &mut sums[at / BYTE],
                row.unwrap_or(&self.rare[self.slot.get(rank) as usize]),
            );
        }
        sums
    }
}

#[inline(always)]
fn add(sum: &mut [u64; GROUPS], row: &[u64; GROUPS]) {
    for group in 0..GROUPS {
        sum[group] += row[group];
    }
}

/// Call with the place of each bit, ascending.
#[inline(always)]
pub fn each_bit(mut bits: u64, mut call: impl FnMut(usize)) {
    while bits != 0 {
        call(bits.trailing_zeros() as usize);
        bits &= bits - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(rows: &[Vec<u16>]) -> Interests {
        let mut offsets = vec![0];
        let mut values = Vec::new();
        for row in rows {
            values.extend(row);
            offsets.push(values.len() as i64);
        }
        let all = Sparse {
            offsets: &offsets,
            values: &values,
        };
        match Interests::build(&all, &(0..rows.len() as u32).collect::<Vec<_>>()) {
            Ok(interests) => interests,
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn counts_equal_set_intersections_beyond_a_byte() {
        let rows: Vec<Vec<u16>> = vec![
            (0..500).map(|i| i * 3).collect(),
            vec![6, 7],
            (100..600).map(|i| i * 3).collect(),
            vec![5, 6, 7],
        ];
        let interests = build(&rows);
        let mut table = SharedTable::new();
        table.enter(9, &interests, 0);
        table.enter(31, &interests, 1);
        for (candidate, row) in rows.iter().enumerate() {
            let shared = table.shared(&interests, candidate, row.len() as u16);
            for (lane, viewer) in [(9, 0), (31, 1)] {
                let byte = |part: usize| u16::from(shared[part][lane / 8].to_le_bytes()[lane % 8]);
                let exact = row
                    .iter()
                    .filter(|code| rows[viewer].contains(code))
                    .count();
                assert_eq!((byte(0) + byte(1)) as usize, exact);
            }
        }
        table.clear();
        assert_eq!(table.shared(&interests, 2, 500), [[0; GROUPS]; 2]);
    }

    #[test]
    fn the_rarest_interest_comes_first_and_ties_fall_to_the_smaller_code() {
        let interests = build(&[vec![1, 2, 7], vec![1, 9], vec![1]]);
        // 2, 7 and 9 have one holder each: 2 is the rarest, 1 with three holders the commonest.
        let of = |position| interests.of(position).collect::<Vec<_>>();
        assert!(of(0)[0] > of(0)[1] && of(0)[1] > of(1)[0] && of(1)[0] > of(1)[1]);
        assert_eq!((of(0)[2], of(1)[1], of(2)), (0, 0, vec![0]));
    }
}
