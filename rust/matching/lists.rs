//! One list, from its entries to columns.

use super::facts::Facts;
use super::index::MatchIndex;
use super::lanes::{LANES, lanes};
use super::topk::{Entry, id_rank_of, score_of};
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

/// Write the list of the viewer that `facts` is turned to; without `facts`, they are left out.
#[inline(always)]
pub fn write_list<V: Vector>(
    index: &MatchIndex,
    facts: Option<&Facts>,
    entries: &[Entry],
    list: &mut Lists<'_>,
) {
    for from in (0..entries.len()).step_by(LANES) {
        // The last lanes may repeat the last entry: their facts are not kept.
        let eight: [Entry; LANES] =
            std::array::from_fn(|l| entries[(from + l).min(entries.len() - 1)]);
        let positions = lanes(|l| index.by_id[id_rank_of(eight[l].key) as usize]);
        let kept = LANES.min(entries.len() - from);
        if let Some(facts) = facts {
            let packed = facts.of::<V>(index, &positions, &eight);
            list.facts[from..from + kept].copy_from_slice(&packed[..kept]);
        }
        for l in 0..kept {
            let record = &index.records[positions[l] as usize];
            list.candidates[from + l] = record.row;
            list.candidate_ids[from + l] = record.id;
            list.scores[from + l] = score_of(eight[l].key);
        }
    }
}
