//! One list, from its keys to columns.

use super::facts::Facts;
use super::index::{MatchIndex, Name};
use super::lanes::{LANES, Lanes, lanes};
use super::topk::{id_rank_of, score_of};

/// Columns of lists: room for k entries a viewer.
#[derive(Debug)]
#[allow(missing_docs)] // python/feedscore/population.py explains each
pub struct Lists<'a> {
    pub candidates: &'a mut [u32],
    pub candidate_ids: &'a mut [i64],
    pub scores: &'a mut [f32],
    pub facts: &'a mut [i64],
}

/// Write the list of the viewer that `facts` is turned to.
#[inline(always)]
pub fn write_list(index: &MatchIndex, facts: &Facts, keys: &[u64], list: Lists<'_>) {
    for from in (0..keys.len()).step_by(LANES) {
        // The last lanes may repeat the last key: their facts are not kept.
        let eight = lanes(|l| keys[(from + l).min(keys.len() - 1)]);
        let names: Lanes<Name> =
            std::array::from_fn(|l| index.by_id[id_rank_of(eight[l]) as usize]);
        let scores = lanes(|l| score_of(eight[l]));
        let packed = facts.of(index, &lanes(|l| names[l].position), &scores);
        for l in 0..LANES.min(keys.len() - from) {
            list.candidates[from + l] = names[l].row;
            list.candidate_ids[from + l] = names[l].id;
            list.scores[from + l] = scores[l];
            list.facts[from + l] = packed[l];
        }
    }
}
