//! One list, from its candidates to columns.

use super::facts::Facts;
use super::index::MatchIndex;
use super::lanes::{LANES, lanes};
use super::shortlist::Shortlist;
use super::vector::Vector;

/// Columns of lists: room for k entries a viewer.
#[derive(Debug)]
#[allow(missing_docs)] // python/feedscore/population.py explains each
pub struct Lists<'a> {
    pub candidates: &'a mut [u32],
    pub candidate_ids: &'a mut [i64],
    pub scores: &'a mut [f32],
    /// Empty where facts are not asked for.
    pub facts: &'a mut [i64],
}

/// Write the candidates in some slots as the list of the viewer that `facts` is turned to; without `facts`, they are
/// left out.
#[inline(always)]
pub fn write_list<V: Vector>(
    index: &MatchIndex,
    facts: Option<&Facts>,
    shortlist: &Shortlist,
    slots: &[u64],
    list: &mut Lists<'_>,
) {
    for from in (0..slots.len()).step_by(LANES) {
        // The last lanes may repeat the last candidate: their facts are not kept.
        let some = lanes(|l| slots[(from + l).min(slots.len() - 1)] as usize);
        let picked = shortlist.pick(&some);
        let kept = LANES.min(slots.len() - from);
        if let Some(facts) = facts {
            let packed = facts.of::<V>(index, &picked);
            list.facts[from..from + kept].copy_from_slice(&packed[..kept]);
        }
        list.scores[from..from + kept].copy_from_slice(&picked.scores[..kept]);
        for l in 0..kept {
            let record = &index.records[picked.positions[l] as usize];
            list.candidates[from + l] = record.row;
            list.candidate_ids[from + l] = record.id;
        }
    }
}

/// One column of all lists.
#[derive(Debug)]
#[allow(missing_docs)] // what each holds
pub enum Column<'a> {
    Rows(&'a mut [u32]),
    Numbers(&'a mut [i64]),
    Scores(&'a mut [f32]),
}

impl Column<'_> {
    /// Move the lists together that were written k apart; a column that is not asked for is empty.
    pub fn close_gaps(self, offsets: &[i64], k: usize) {
        match self {
            Self::Rows(values) => close_gaps(offsets, k, values),
            Self::Numbers(values) => close_gaps(offsets, k, values),
            Self::Scores(values) => close_gaps(offsets, k, values),
        }
    }
}

/// Move the lists together that were written k apart.
pub fn close_gaps<T: Copy>(offsets: &[i64], k: usize, values: &mut [T]) {
    if values.is_empty() {
        return;
    }
    for (slot, pair) in offsets.windows(2).enumerate() {
        let (from, to) = (pair[0] as usize, pair[1] as usize);
        if from != slot * k {
            values.copy_within(slot * k..slot * k + (to - from), from);
        }
    }
}
