//! The candidates of one viewer that may be among the k best.

use super::index::Record;
use super::lanes::{ALL_LANES, LANES, Lanes, lanes};
use super::vector::Vector;

/// Entries that are held, in multiples of k, before the worst are dropped.
const ROOM: usize = 3;

/// Candidates, each number of theirs side by side; the k best of those pushed so far are among them.
///
/// When it is full, a threshold is found that at least k reach and not many more, and the others are dropped. That costs
/// less than sifting a heap at every hit, and works on sixteen at a time.
#[derive(Debug)]
pub struct Shortlist {
    k: usize,
    with_facts: bool,
    length: usize,
    /// Who does not reach this score is not among the k best.
    threshold: f32,
    scores: Vec<f32>,
    positions: Vec<u32>,
    cosines: Vec<f32>,
    chords: Vec<f32>,
}

/// Some of the best, with what their facts need of their scores.
#[derive(Debug, Clone, Copy)]
pub struct Picked {
    /// The candidates.
    pub positions: Lanes<u32>,
    /// Their scores.
    pub scores: Lanes,
    /// The cosines of the quiz vectors.
    pub cosines: Lanes,
    /// The squared chords in units; infinite where a place is unknown.
    pub chords: Lanes,
}

impl Shortlist {
    /// Room for k of at most `most` candidates; k is 1 or more. Without facts, cosines and chords are not kept.
    #[must_use]
    pub fn new(k: usize, most: usize, with_facts: bool) -> Self {
        let k = k.min(most).max(1);
        // A block may come when all but one lane are taken, and stores write whole registers.
        let room = ((k * ROOM).min(most).max(k + LANES) + LANES).next_multiple_of(LANES);
        let details = if with_facts { room } else { LANES };
        Self {
            k,
            with_facts,
            length: 0,
            threshold: 0.0,
            scores: vec![0.0; room],
            positions: vec![0; room],
            cosines: vec![0.0; details],
            chords: vec![0.0; details],
        }
    }

    /// Scores below this one need not be pushed.
    #[inline(always)]
    #[must_use]
    pub fn threshold(&self) -> f32 {
        self.threshold
    }

    /// Begin with another viewer.
    pub fn clear(&mut self) {
        (self.length, self.threshold) = (0, 0.0);
    }

    /// Take the chosen candidates of a block that begins at `first`, none below the threshold: scores, cosines, chords.
    #[inline(always)]
    pub fn push<V: Vector>(
        &mut self,
        records: &[Record],
        first: u32,
        chosen: u32,
        [scores, cosines, chords]: [V; 3],
    ) {
        let at = self.length;
        scores.pack(chosen, block(&mut self.scores, at));
        V::pack_places(first, chosen, block(&mut self.positions, at));
        if self.with_facts {
            cosines.pack(chosen, block(&mut self.cosines, at));
            chords.pack(chosen, block(&mut self.chords, at));
        }
        self.length = at + chosen.count_ones() as usize;
        if self.length + LANES > self.scores.len() {
            self.cut::<V>(records);
        }
    }

    /// Put the k best in order, best first: of each its slot. Of equal scores the smaller id comes first.
    #[inline(always)]
    pub fn rank<V: Vector>(&mut self, records: &[Record], slots: &mut Vec<u64>) {
        if self.length > self.most_left() {
            self.cut::<V>(records);
        }
        self.order::<V>(records, slots);
        slots.truncate(self.k);
        for key in slots {
            *key &= u64::from(u32::MAX);
        }
    }

    /// What is known of the candidates of sixteen slots.
    #[inline(always)]
    #[must_use]
    pub fn pick(&self, slots: &Lanes<usize>) -> Picked {
        let detail = |column: &[f32], slot: usize| column[if self.with_facts { slot } else { 0 }];
        Picked {
            positions: lanes(|l| self.positions[slots[l]]),
            scores: lanes(|l| self.scores[slots[l]]),
            cosines: lanes(|l| detail(&self.cosines, slots[l])),
            chords: lanes(|l| detail(&self.chords, slots[l])),
        }
    }

    /// How many a cut may leave; more only where scores are equal.
    fn most_left(&self) -> usize {
        self.k + self.k / 4
    }

    /// All entries in order: above the slot, the score with its bits turned, so that the best is the smallest.
    #[inline(always)]
    fn order<V: Vector>(&self, records: &[Record], keys: &mut Vec<u64>) {
        keys.clear();
        let scores = self.scores[..self.length].iter().zip(0_u32..);
        keys.extend(
            scores.map(|(score, slot)| u64::from(!score.to_bits()) << 32 | u64::from(slot)),
        );
        V::sort(keys);
        let tied = |a: &u64, b: &u64| a >> 32 == b >> 32;
        if keys
            .windows(2)
            .fold(false, |any, pair| any | tied(&pair[0], &pair[1]))
        {
            self.order_ties(records, keys);
        }
    }

    #[cold]
    #[inline(never)]
    fn order_ties(&self, records: &[Record], keys: &mut [u64]) {
        let position = |key: &u64| self.positions[*key as u32 as usize] as usize;
        for same in keys.chunk_by_mut(|a, b| *a >> 32 == *b >> 32) {
            same.sort_unstable_by_key(|key| records[position(key)].id);
        }
    }

    /// Raise the threshold, and drop who does not reach it.
    #[inline(always)]
    fn cut<V: Vector>(&mut self, records: &[Record]) {
        self.threshold = self.higher_threshold::<V>();
        self.keep_above_threshold::<V>();
        if self.length > self.most_left() {
            self.cut_ties(records);
        }
    }

    /// A score that at least k entries reach, and no more than a cut may leave unless they are equal.
    #[inline(always)]
    fn higher_threshold<V: Vector>(&self) -> f32 {
        let most_left = self.most_left();
        let (mut low, mut reached) = (self.threshold, self.length);
        let mut high = self.scores[..self.length]
            .iter()
            .copied()
            .fold(low, f32::max)
            .next_up();
        while reached > most_left {
            let middle = f32::midpoint(low, high);
            if middle <= low || middle >= high {
                break;
            }
            let count = self.count_above::<V>(middle);
            if count >= self.k {
                (low, reached) = (middle, count);
            } else {
                high = middle;
            }
        }
        low
    }

    #[inline(always)]
    fn count_above<V: Vector>(&self, threshold: f32) -> usize {
        let threshold = V::all(threshold);
        let (whole, _) = self.scores.as_chunks::<LANES>();
        let full = self.length / LANES;
        let above = |scores: &Lanes| threshold.at_most(V::of(scores));
        let mut count = 0;
        for scores in &whole[..full] {
            count += above(scores).count_ones();
        }
        let rest = ALL_LANES >> (LANES - self.length % LANES);
        if rest != 0 {
            count += (rest & above(&whole[full])).count_ones();
        }
        count as usize
    }

    #[inline(always)]
    fn keep_above_threshold<V: Vector>(&mut self) {
        let threshold = V::all(self.threshold);
        let mut kept = 0;
        for from in (0..self.length).step_by(LANES) {
            let there = ALL_LANES >> LANES.saturating_sub(self.length - from);
            let chosen = there & threshold.at_most(V::of(block(&mut self.scores, from)));
            // The numbers are read before any later ones are written over.
            V::of(block(&mut self.scores, from)).pack(chosen, block(&mut self.scores, kept));
            if self.with_facts {
                for column in [&mut self.cosines, &mut self.chords] {
                    V::of(block(column, from)).pack(chosen, block(column, kept));
                }
            }
            let positions = *block(&mut self.positions, from);
            V::of(&positions.map(f32::from_bits))
                .pack_bits(chosen, block(&mut self.positions, kept));
            kept += chosen.count_ones() as usize;
        }
        self.length = kept;
    }

    /// Keep exactly the k best.
    #[cold]
    #[inline(never)]
    fn cut_ties(&mut self, records: &[Record]) {
        let mut keys = Vec::new();
        self.order::<super::vector::Plain>(records, &mut keys);
        keys.truncate(self.k);
        self.length = keys.len();
        reorder(&mut self.scores, &keys);
        reorder(&mut self.positions, &keys);
        if self.with_facts {
            reorder(&mut self.cosines, &keys);
            reorder(&mut self.chords, &keys);
        }
    }
}

/// Put what stands in the slots of some keys to the front, in their order.
fn reorder<T: Copy>(column: &mut [T], keys: &[u64]) {
    let slot = |key: &u64| *key as u32 as usize;
    let kept: Vec<T> = keys.iter().map(|key| column[slot(key)]).collect();
    column[..kept.len()].copy_from_slice(&kept);
}

/// Sixteen places of a column.
#[inline(always)]
fn block<T>(column: &mut [T], from: usize) -> &mut Lanes<T> {
    match column[from..].first_chunk_mut() {
        Some(block) => block,
        None => panic!("no room for a block"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::simd::{Path, Work};
    use crate::matching::vector::Plain;

    /// Pushes scores block by block, and tells the positions of the k best.
    struct Ranking<'a> {
        k: usize,
        with_facts: bool,
        records: &'a [Record],
        scores: &'a [f32],
        ranked: Vec<u32>,
    }

    impl Work for Ranking<'_> {
        #[inline(always)]
        fn run<V: Vector>(&mut self) {
            let mut list = Shortlist::new(self.k, self.scores.len(), self.with_facts);
            for (at, scores) in self.scores.chunks(LANES).enumerate() {
                let lane = lanes(|l| scores.get(l).copied().unwrap_or(0.0));
                let there = ALL_LANES >> (LANES - scores.len());
                let hits = there & V::all(list.threshold()).at_most(V::of(&lane));
                let cosines = V::of(&lane.map(|score| -score));
                let first = (at * LANES) as u32;
                list.push(
                    self.records,
                    first,
                    hits,
                    [V::of(&lane), cosines, V::all(1.0)],
                );
            }
            let mut slots = Vec::new();
            list.rank::<V>(self.records, &mut slots);
            self.ranked.clear();
            for &slot in &slots {
                let picked = list.pick(&[slot as usize; LANES]);
                if self.with_facts {
                    assert_eq!(picked.cosines[0], -picked.scores[0]);
                }
                assert_eq!(picked.scores[0], self.scores[picked.positions[0] as usize]);
                self.ranked.push(picked.positions[0]);
            }
        }
    }

    #[test]
    fn equals_a_sort_whatever_the_order_of_arrival_and_the_ties() {
        for (k, n) in [(1, 10), (3, 0), (3, 3), (3, 2000), (200, 199), (200, 5000)] {
            for values in [1, 2, 40, 1 << 20] {
                let noise = |i: usize| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 17;
                let scores: Vec<f32> = (0..n).map(|i| (noise(i) % values) as f32 / 9.0).collect();
                let records: Vec<Record> = (0..n)
                    .map(|i| Record {
                        id: noise(i + 7) as i64,
                        ..Record::default()
                    })
                    .collect();
                let mut expected: Vec<u32> = (0..n as u32).collect();
                expected.sort_unstable_by(|&a, &b| {
                    let (a, b) = (a as usize, b as usize);
                    let by_score = scores[b].total_cmp(&scores[a]);
                    by_score.then(records[a].id.cmp(&records[b].id))
                });
                expected.truncate(k);
                let mut work = Ranking {
                    k,
                    with_facts: values != 40,
                    records: &records,
                    scores: &scores,
                    ranked: Vec::new(),
                };
                work.run::<Plain>();
                assert_eq!(work.ranked, expected, "k {k} n {n} values {values}");
                for path in Path::available() {
                    path.run(&mut work);
                    assert_eq!(
                        work.ranked, expected,
                        "{path:?} k {k} n {n} values {values}"
                    );
                }
            }
        }
    }
}
