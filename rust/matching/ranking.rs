//! The k best of a shortlist: it is cut to little more than those when it is full, and ranked in the end.

use super::index::Record;
use super::lanes::{ALL_LANES, LANES, Lanes};
use super::shortlist::{Shortlist, block, block_mut};
use super::vector::{Plain, Vector};

impl Shortlist {
    /// Put the k best in order, best first, each as a key with `score_of` and `slot_of`. Of equal scores the smaller id
    /// comes first.
    #[inline(always)]
    pub fn rank<V: Vector>(&mut self, records: &[Record], ranked: &mut Vec<u64>) {
        if self.length > self.most_left() {
            self.cut::<V>(records);
        }
        self.order::<V>(records, ranked);
        ranked.truncate(self.k);
    }

    /// How many a cut may leave; more only where scores are equal.
    fn most_left(&self) -> usize {
        self.k + self.k / 4
    }

    /// The keys of all entries in order.
    #[inline(always)]
    fn order<V: Vector>(&self, records: &[Record], keys: &mut Vec<u64>) {
        keys.clear();
        let scores = self.scores[..self.length].iter().zip(0_u32..);
        keys.extend(scores.map(|(&score, slot)| key(score, slot)));
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

    /// Raise the threshold, and drop who does not reach it; all scores have to be final.
    #[inline(always)]
    pub fn cut<V: Vector>(&mut self, records: &[Record]) {
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
        let mut low = self.threshold;
        let mut reached = self.count_above::<V>(low);
        let mut high = self.highest::<V>().max(low).next_up();
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

    /// No less than any score: those beyond the last entry may count.
    #[inline(always)]
    fn highest<V: Vector>(&self) -> f32 {
        let (whole, _) = self.scores.as_chunks::<LANES>();
        let mut highest = V::all(0.0);
        for scores in &whole[..self.length.div_ceil(LANES)] {
            highest = highest.larger(V::of(scores));
        }
        highest.lanes().into_iter().fold(0.0, f32::max)
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
            // The numbers are read before any later ones are written over.
            let scores = V::of(block(&self.scores, from));
            let chosen = self.there(from) & threshold.at_most(scores);
            scores.pack(chosen, block_mut(&mut self.scores, kept));
            if self.with_facts {
                for column in [&mut self.cosines, &mut self.chords] {
                    V::of(block(column, from)).pack(chosen, block_mut(column, kept));
                }
            }
            let positions = *block(&self.positions, from);
            V::of(&positions.map(f32::from_bits))
                .pack_bits(chosen, block_mut(&mut self.positions, kept));
            kept += chosen.count_ones() as usize;
        }
        (self.length, self.settled) = (kept, kept);
    }

    /// Keep exactly the k best.
    #[cold]
    #[inline(never)]
    fn cut_ties(&mut self, records: &[Record]) {
        let mut keys = Vec::new();
        self.order::<Plain>(records, &mut keys);
        keys.truncate(self.k);
        (self.length, self.settled) = (keys.len(), keys.len());
        reorder(&mut self.scores, &keys);
        reorder(&mut self.positions, &keys);
        if self.with_facts {
            reorder(&mut self.cosines, &keys);
            reorder(&mut self.chords, &keys);
        }
    }
}

/// A key of an entry: the better the score, the smaller it is.
#[inline(always)]
fn key(score: f32, slot: u32) -> u64 {
    u64::from(!score.to_bits()) << 32 | u64::from(slot)
}

/// The score of the entry that has a key.
#[inline(always)]
#[must_use]
pub fn score_of(key: u64) -> f32 {
    f32::from_bits(!((key >> 32) as u32))
}

/// The slot of the entry that has a key.
#[inline(always)]
#[must_use]
pub fn slot_of(key: u64) -> usize {
    key as u32 as usize
}

/// Put what stands in the slots of some keys to the front, in their order.
fn reorder<T: Copy>(column: &mut [T], keys: &[u64]) {
    let slot = |key: &u64| *key as u32 as usize;
    let kept: Vec<T> = keys.iter().map(|key| column[slot(key)]).collect();
    column[..kept.len()].copy_from_slice(&kept);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::lanes::lanes;
    use crate::matching::simd::{Path, Work};

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
                let is_full = list.push(first, hits, [V::of(&lane), cosines, V::all(1.0)]);
                list.mark_settled();
                if is_full {
                    list.cut::<V>(self.records);
                }
            }
            let mut ranked = Vec::new();
            list.rank::<V>(self.records, &mut ranked);
            self.ranked.clear();
            for &key in &ranked {
                let picked = list.pick(&[slot_of(key); LANES]);
                assert_eq!(picked.scores[0], score_of(key));
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
