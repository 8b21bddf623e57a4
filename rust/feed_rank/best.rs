//! The best candidates of a user so far.

use super::MAX_CANDIDATES;
use super::blocks::{BLOCK, Block};
use super::entry::Entry;
use crate::matching::lanes::{ALL_LANES, LANES, Lanes};
use crate::matching::vector::Vector;

/// All candidates there can be, and whole registers after the last.
const ROOM: usize = MAX_CANDIDATES.next_multiple_of(LANES) + LANES;
/// Candidates pushed before the threshold is looked at again.
const SLACK: usize = 32;

/// The best of the candidates pushed so far: at least `most`, and none is left out that is better than one of them.
///
/// When more were pushed, a threshold is found that at least `most` reach and not many more: counting who reaches one
/// takes a few vectors, which costs less than to select.
#[derive(Debug)]
pub struct Best {
    /// No score is below.
    lowest: f32,
    most: usize,
    length: usize,
    /// What is below is not among the best.
    threshold: f32,
    /// how many there were when the threshold was looked at
    looked: usize,
    scores: [f32; ROOM],
    places: [u32; ROOM],
    keys: Vec<u64>,
    /// Whether something was left out.
    cut: bool,
}

impl Best {
    /// Prepare for scores from `lowest` on.
    pub fn new(lowest: f32) -> Self {
        Self {
            lowest,
            most: 0,
            length: 0,
            threshold: lowest,
            looked: 0,
            scores: [0.0; ROOM],
            places: [0; ROOM],
            keys: Vec::new(),
            cut: false,
        }
    }

    /// Begin anew.
    pub fn clear(&mut self, most: usize) {
        (self.most, self.length, self.threshold) = (most, 0, self.lowest);
        (self.looked, self.cut) = (0, false);
    }

    /// Whether no candidate of this score or a lower one can be among the best any more.
    #[inline(always)]
    pub fn is_below(&self, score: f32) -> bool {
        score < self.threshold
    }

    /// Leave candidates out that cannot be among the best.
    #[inline(always)]
    pub fn leave_out(&mut self) {
        self.cut = true;
    }

    /// Whether nothing was left out: the entries are all candidates.
    pub fn is_complete(&self) -> bool {
        !self.cut
    }

    /// Take some posts of a block of places, given the scores of all.
    #[inline(always)]
    pub fn add<V: Vector>(&mut self, block: usize, posts: &Block, scores: &[f32; BLOCK]) {
        let vectors = scores.as_chunks::<LANES>().0.chunks_exact(64 / LANES);
        for (w, (&word, vectors)) in posts.0.iter().zip(vectors).enumerate() {
            if word == 0 {
                continue;
            }
            for (q, scores) in vectors.iter().enumerate() {
                let chosen = (word >> (q * LANES)) as u32 & ALL_LANES;
                let first = (block * BLOCK + w * 64 + q * LANES) as u32;
                let scores = V::of(scores);
                let hits = self.hits(chosen, scores);
                if let Some((to, places)) = self.room() {
                    scores.pack(hits, to);
                    V::pack_places(first, hits, places);
                }
                self.length += hits.count_ones() as usize;
            }
            self.raise::<V>();
        }
    }

    /// Take the chosen of sixteen posts.
    #[inline(always)]
    pub fn add_picked<V: Vector>(&mut self, chosen: u32, scores: &Lanes, posts: &Lanes<u32>) {
        let scores = V::of(scores);
        let hits = self.hits(chosen, scores);
        if let Some((to, places)) = self.room() {
            scores.pack(hits, to);
            V::of(&posts.map(f32::from_bits)).pack_bits(hits, places);
        }
        self.length += hits.count_ones() as usize;
        self.raise::<V>();
    }

    /// The lanes among some that may be among the best.
    #[inline(always)]
    fn hits<V: Vector>(&mut self, chosen: u32, scores: V) -> u32 {
        let hits = chosen & V::all(self.threshold).at_most(scores);
        self.cut |= hits != chosen;
        hits
    }

    #[inline(always)]
    fn room(&mut self) -> Option<(&mut Lanes, &mut Lanes<u32>)> {
        let scores = self.scores[self.length..].first_chunk_mut()?;
        Some((scores, self.places[self.length..].first_chunk_mut()?))
    }

    /// Raise the threshold, if enough was pushed since it rose.
    #[inline(always)]
    fn raise<V: Vector>(&mut self) {
        if self.length >= self.most.max(self.looked).saturating_add(SLACK) {
            self.raise_now::<V>();
        }
    }

    #[inline(always)]
    fn raise_now<V: Vector>(&mut self) {
        self.threshold = self.higher_threshold::<V>();
        self.looked = self.length;
    }

    /// A score that at least `most` reach, and, unless they are equal, not many more.
    #[inline(always)]
    fn higher_threshold<V: Vector>(&mut self) -> f32 {
        let most_left = self.most.saturating_add(self.most / 8);
        if let Some((rest, _)) = self.room() {
            *rest = [f32::NEG_INFINITY; LANES];
        }
        let whole = self.length.div_ceil(LANES);
        let scores = &self.scores.as_chunks::<LANES>().0[..whole];
        let mut highest = V::all(self.threshold);
        for some in scores {
            highest = highest.larger(V::of(some));
        }
        let highest = highest.lanes().into_iter().fold(self.threshold, f32::max);
        let (mut low, mut high) = (self.threshold, highest.next_up());
        let mut reached = self.length;
        while reached > most_left {
            let middle = f32::midpoint(low, high);
            if middle <= low || middle >= high {
                break;
            }
            let mut count = 0;
            for some in scores {
                count += V::all(middle).at_most(V::of(some)).count_ones() as usize;
            }
            if count >= self.most {
                (low, reached) = (middle, count);
            } else {
                high = middle;
            }
        }
        low
    }

    /// Put the best in order, of equal scores the smaller rank of the id first.
    #[inline(always)]
    pub fn sort<V: Vector>(&mut self, id_ranks: &[u32]) {
        if self.length > self.most {
            self.raise_now::<V>();
            self.drop_others::<V>();
        }
        self.keys.clear();
        let (scores, places) = (&self.scores[..self.length], &self.places[..self.length]);
        let entries = scores.iter().zip(places);
        self.keys
            .extend(entries.map(|(&score, &place)| Entry::new(score, place).key()));
        V::sort(&mut self.keys);
        let tied = |pair: &[u64]| pair[0] >> 32 == pair[1] >> 32;
        if self
            .keys
            .windows(2)
            .fold(false, |any, pair| any | tied(pair))
        {
            order_ties(&mut self.keys, id_ranks);
        }
    }

    /// Keep what reaches the threshold.
    #[inline(always)]
    fn drop_others<V: Vector>(&mut self) {
        let mut kept = 0;
        for from in (0..self.length).step_by(LANES) {
            let there = ALL_LANES >> LANES.saturating_sub(self.length - from);
            let (Some(scores), Some(places)) = (
                self.scores[from..].first_chunk::<LANES>().copied(),
                self.places[from..].first_chunk::<LANES>().copied(),
            ) else {
                break;
            };
            let chosen = self.hits(there, V::of(&scores));
            if let (Some(to), Some(to_places)) = (
                self.scores[kept..].first_chunk_mut(),
                self.places[kept..].first_chunk_mut(),
            ) {
                V::of(&scores).pack(chosen, to);
                V::of(&places.map(f32::from_bits)).pack_bits(chosen, to_places);
            }
            kept += chosen.count_ones() as usize;
        }
        self.length = kept;
    }

    /// The best, as they were sorted.
    #[inline(always)]
    pub fn sorted(&self) -> impl Fn(usize) -> Entry {
        |at| Entry::of(self.keys[at])
    }

    /// How many these are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }
}

#[cold]
#[inline(never)]
fn order_ties(keys: &mut [u64], id_ranks: &[u32]) {
    for same in keys.chunk_by_mut(|a, b| a >> 32 == b >> 32) {
        same.sort_unstable_by_key(|&key| id_ranks[Entry::of(key).place()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::simd::{Path, Work};

    /// Pushes posts as a block and one by one, and keeps what was sorted.
    struct Sorting<'a> {
        most: usize,
        in_block: &'a [f32],
        picked: &'a [f32],
        id_ranks: &'a [u32],
        sorted: Vec<Entry>,
        is_complete: bool,
    }

    impl Work for Sorting<'_> {
        #[inline(always)]
        fn run<V: Vector>(&mut self) {
            let mut best = Best::new(-1.0);
            best.clear(self.most);
            let mut scores = [0.0; BLOCK];
            scores[..self.in_block.len()].copy_from_slice(self.in_block);
            best.add::<V>(0, &Block::first(self.in_block.len()), &scores);
            for (&score, place) in self.picked.iter().zip(self.in_block.len() as u32..) {
                best.add_picked::<V>(1, &[score; LANES], &[place; LANES]);
            }
            best.sort::<V>(self.id_ranks);
            self.sorted = (0..best.len()).map(best.sorted()).collect();
            self.is_complete = best.is_complete();
        }
    }

    #[test]
    fn equals_a_sort_on_every_path() {
        let noise = |i: u32| i.wrapping_mul(0x9E37_79B9) >> 4;
        for path in Path::available() {
            for values in [2, 100, 1 << 28] {
                for (most, n) in [
                    (1, 10),
                    (3, 0),
                    (3, 3),
                    (76, 75),
                    (76, 77),
                    (100, 500),
                    (usize::MAX, 500),
                ] {
                    let share = |i: u32| (noise(i) % values) as f32 / (values - 1) as f32;
                    let scores: Vec<f32> = (0..n).map(|i| share(i) * 2.0 - 1.0).collect();
                    let id_ranks: Vec<u32> = (0..n).rev().collect();
                    let (in_block, picked) = scores.split_at(scores.len() / 2);
                    let mut sorting = Sorting {
                        most,
                        in_block,
                        picked,
                        id_ranks: &id_ranks,
                        sorted: Vec::new(),
                        is_complete: false,
                    };
                    path.run(&mut sorting);
                    let mut expected: Vec<u32> = (0..n).collect();
                    expected.sort_by(|&a, &b| {
                        let by_score = scores[b as usize].total_cmp(&scores[a as usize]);
                        by_score.then(id_ranks[a as usize].cmp(&id_ranks[b as usize]))
                    });
                    let kept = sorting.sorted.len();
                    assert!(kept >= most.min(scores.len()));
                    assert_eq!(sorting.is_complete, kept == scores.len());
                    for (entry, place) in sorting.sorted.iter().zip(expected) {
                        assert_eq!(
                            entry.place(),
                            place as usize,
                            "{most} of {n} on {}",
                            path.name()
                        );
                        assert_eq!(
                            entry.score().to_bits(),
                            (scores[place as usize] + 0.0).to_bits()
                        );
                    }
                }
            }
        }
    }
}
