//! One list, from its keys to columns.

use super::facts::{Facts, Shared};
use super::index::MatchIndex;
use super::lanes::{LANES, Lanes, lanes};
use super::quick::Gathered;
use super::record::Name;
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

/// Eight entries of a list on their way.
#[derive(Debug)]
pub struct Eight {
    names: Lanes<Name>,
    shared: Lanes<Shared>,
    gathered: Gathered,
}

/// Write the list of the viewer that `facts` is turned to; `eights` is room to work in.
///
/// One kind of data is fetched for the whole list before the next, so that memory is asked for in parallel: the
/// candidates of a list lie anywhere.
#[inline(always)]
pub fn write_list(
    index: &MatchIndex,
    facts: &Facts,
    keys: &[u64],
    eights: &mut Vec<Eight>,
    list: &mut Lists<'_>,
) {
    eights.clear();
    for some in keys.chunks(LANES) {
        // The last lanes may repeat the last key: their facts are not kept.
        let name = |l: usize| index.by_id[id_rank_of(some[l.min(some.len() - 1)]) as usize];
        let names = std::array::from_fn(name);
        eights.push(Eight {
            names,
            shared: Lanes::default(),
            gathered: Gathered::default(),
        });
    }
    for eight in eights.iter_mut() {
        eight.shared = facts.shared_interests(index, &lanes(|l| eight.names[l].position));
    }
    for eight in eights.iter_mut() {
        let candidates = lanes(|l| eight.names[l].position);
        eight.gathered = facts.gather(index, &candidates, &eight.shared);
    }
    for (at, (eight, some)) in eights.iter().zip(keys.chunks(LANES)).enumerate() {
        let scores = lanes(|l| score_of(some[l.min(some.len() - 1)]));
        let candidates = lanes(|l| eight.names[l].position);
        let packed = facts.of(index, &candidates, &scores, &eight.gathered);
        let place = at * LANES..at * LANES + some.len();
        let kept = some.len();
        list.candidates[place.clone()].copy_from_slice(&lanes(|l| eight.names[l].row)[..kept]);
        list.candidate_ids[place.clone()].copy_from_slice(&lanes(|l| eight.names[l].id)[..kept]);
        list.scores[place.clone()].copy_from_slice(&scores[..kept]);
        list.facts[place].copy_from_slice(&packed[..kept]);
    }
}
