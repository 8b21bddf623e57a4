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
#[derive(Debug, Default)]
pub struct Eight {
    keys: Lanes<u64>,
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
    let count = keys.len().div_ceil(LANES);
    if eights.len() < count {
        eights.resize_with(count, Eight::default);
    }
    let eights = &mut eights[..count];
    for (eight, some) in eights.iter_mut().zip(keys.chunks(LANES)) {
        // The last lanes may repeat the last key: their facts are not kept.
        eight.keys = lanes(|l| some[l.min(some.len() - 1)]);
        eight.names = lanes(|l| index.by_id[id_rank_of(eight.keys[l]) as usize]);
    }
    for eight in eights.iter_mut() {
        eight.shared = facts.shared_interests(index, &lanes(|l| eight.names[l].position));
    }
    for eight in eights.iter_mut() {
        let candidates = lanes(|l| eight.names[l].position);
        facts.gather(index, &candidates, &eight.shared, &mut eight.gathered);
    }
    for (at, (eight, some)) in eights.iter().zip(keys.chunks(LANES)).enumerate() {
        let scores = lanes(|l| score_of(eight.keys[l]));
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
