//! The candidates of one viewer that may be among the k best.

use std::iter::StepBy;
use std::ops::Range;

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
    pub(super) k: usize,
    pub(super) with_facts: bool,
    pub(super) length: usize,
    /// The scores before this entry are final; the others lack what nearness adds.
    pub(super) settled: usize,
    /// Who does not reach this score is not among the k best.
    pub(super) threshold: f32,
    pub(super) scores: Vec<f32>,
    pub(super) positions: Vec<u32>,
    pub(super) cosines: Vec<f32>,
    pub(super) chords: Vec<f32>,
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
    /// Room for k of at most `most` candidates; k is 1 or more. Without facts, cosines are not kept.
    #[must_use]
    pub fn new(k: usize, most: usize, with_facts: bool) -> Self {
        let k = k.min(most).max(1);
        // A block may come when all but one lane are taken, and registers are written whole, wherever they begin.
        let room = (k * ROOM).min(most).max(k + LANES) + 2 * LANES;
        let room = room.next_multiple_of(LANES);
        let details = if with_facts { room } else { LANES };
        Self {
            k,
            with_facts,
            length: 0,
            settled: 0,
            threshold: 0.0,
            scores: vec![0.0; room],
            positions: vec![0; room],
            cosines: vec![0.0; details],
            chords: vec![0.0; room],
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
        (self.length, self.settled, self.threshold) = (0, 0, 0.0);
    }

    /// Take the chosen candidates of a block that begins at `first`, none who cannot reach the threshold: scores, cosines,
    /// chords. Tells whether the list is full: then it has to be settled and cut.
    #[inline(always)]
    #[must_use]
    pub fn push<V: Vector>(
        &mut self,
        first: u32,
        chosen: u32,
        [scores, cosines, chords]: [V; 3],
    ) -> bool {
        let at = self.length;
        scores.pack(chosen, block_mut(&mut self.scores, at));
        V::pack_places(first, chosen, block_mut(&mut self.positions, at));
        chords.pack(chosen, block_mut(&mut self.chords, at));
        if self.with_facts {
            cosines.pack(chosen, block_mut(&mut self.cosines, at));
        }
        self.length = at + chosen.count_ones() as usize;
        self.length + 2 * LANES > self.scores.len()
    }

    /// Where the entries stand whose scores are not final, sixteen at a time.
    pub fn unsettled(&self) -> StepBy<Range<usize>> {
        (self.settled..self.length).step_by(LANES)
    }

    /// Sixteen entries: the candidates and who of them is there, the scores and the chords.
    #[inline(always)]
    #[must_use]
    pub fn entries<V: Vector>(&self, from: usize) -> ((&Lanes<u32>, u32), [V; 2]) {
        let candidates = (block(&self.positions, from), self.there(from));
        let numbers = [
            V::of(block(&self.scores, from)),
            V::of(block(&self.chords, from)),
        ];
        (candidates, numbers)
    }

    /// Replace the scores of sixteen entries.
    #[inline(always)]
    pub fn set_scores<V: Vector>(&mut self, from: usize, scores: V) {
        *block_mut(&mut self.scores, from) = scores.lanes();
    }

    /// All scores are final.
    pub fn mark_settled(&mut self) {
        self.settled = self.length;
    }

    /// Those of sixteen entries who are there.
    #[inline(always)]
    pub fn there(&self, from: usize) -> u32 {
        ALL_LANES >> LANES.saturating_sub(self.length - from)
    }

    /// The candidate in a slot.
    #[inline(always)]
    #[must_use]
    pub fn position(&self, slot: usize) -> u32 {
        self.positions[slot]
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
}

/// Sixteen places of a column.
#[inline(always)]
pub fn block<T>(column: &[T], from: usize) -> &Lanes<T> {
    match column[from..].first_chunk() {
        Some(block) => block,
        None => panic!("no room for a block"),
    }
}

/// The same, to be written.
#[inline(always)]
pub fn block_mut<T>(column: &mut [T], from: usize) -> &mut Lanes<T> {
    match column[from..].first_chunk_mut() {
        Some(block) => block,
        None => panic!("no room for a block"),
    }
}
