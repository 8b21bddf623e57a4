//! One list, from its candidates to columns.

use super::facts::Facts;
use super::index::MatchIndex;
use super::lanes::{LANES, lanes};
use super::ranking::{score_of, slot_of};
use super::shortlist::Shortlist;
use super::vector::Vector;

/// Columns of lists, one list after the other.
#[derive(Debug, Default)]
#[allow(missing_docs)] // python/feedscore/population.py explains each
pub struct Written {
    pub candidates: Vec<u32>,
    pub scores: Vec<f32>,
    /// Empty where facts are not asked for.
    pub facts: Vec<i64>,
}

impl Written {
    /// Room for so many entries.
    #[must_use]
    pub fn with_room(entries: usize, with_facts: bool) -> Self {
        Self {
            candidates: Vec::with_capacity(entries),
            scores: Vec::with_capacity(entries),
            facts: Vec::with_capacity(if with_facts { entries } else { 0 }),
        }
    }

    /// Append ranked candidates as the list of the viewer that `facts` is turned to; without `facts`, they are left out.
    #[inline(always)]
    pub fn append<V: Vector>(
        &mut self,
        index: &MatchIndex,
        facts: Option<&Facts>,
        shortlist: &Shortlist,
        ranked: &[u64],
    ) {
        let row = |key: &u64| index.rows[shortlist.position(slot_of(*key)) as usize];
        self.candidates.extend(ranked.iter().map(row));
        self.scores.extend(ranked.iter().map(|&key| score_of(key)));
        let Some(facts) = facts else { return };
        for some in ranked.chunks(LANES) {
            // The last lanes may repeat the last candidate: their facts are not kept.
            let slots = lanes(|l| slot_of(some[l.min(some.len() - 1)]));
            let packed = facts.of::<V>(index, &shortlist.pick(&slots));
            self.facts.extend_from_slice(&packed[..some.len()]);
        }
    }
}
