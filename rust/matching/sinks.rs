//! What becomes of the pairs that pass the filters: the best of each viewer are kept, or they are counted.

use super::index::MatchIndex;
use super::lanes::{LANES, Lanes, set_bits};
use super::meet::{Encounter, Sink};
use super::score::{Constants, score};
use super::shortlist::Shortlist;
use super::tile::{TILE, Viewer};
use super::vector::Vector;

/// Keeps the best candidates of each viewer.
#[derive(Debug)]
pub struct Best {
    constants: Constants,
    /// Place in the tile -> candidates.
    pub lists: Vec<Shortlist>,
}

impl Best {
    /// Lists of k for each viewer of a tile.
    #[must_use]
    pub fn new(index: &MatchIndex, k: usize) -> Self {
        Self {
            constants: Constants::of(index),
            lists: (0..TILE).map(|_| Shortlist::new(k, index.len())).collect(),
        }
    }

    /// Begin with other viewers.
    pub fn clear(&mut self) {
        self.lists.iter_mut().for_each(Shortlist::clear);
    }
}

impl Sink for Best {
    #[inline(always)]
    fn take<V: Vector>(&mut self, index: &MatchIndex, met: &Encounter<'_, V>) {
        let list = &mut self.lists[met.lane];
        let threshold = list.threshold();
        let Some(scored) = score(index, &self.constants, met, threshold) else {
            return;
        };
        let mut scores = scored.scores;
        if met.lowered != 0 {
            let start = met.block * LANES;
            scores = V::of(&lower(met.viewer, start, met.lowered, scores.lanes()));
        }
        let hits = met.passing & V::all(threshold).at_most(scores);
        if hits != 0 {
            let chords = met.chords.unwrap_or(V::all(f32::INFINITY));
            let first = (met.block * LANES) as u32;
            list.push(
                &index.records,
                first,
                hits,
                [scores, scored.cosines, chords],
            );
        }
    }
}

/// Lower the scores of hidden candidates, from the one at position `start` on.
#[cold]
#[inline(never)]
fn lower(viewer: &Viewer<'_>, start: usize, lowered: u32, mut scores: Lanes) -> Lanes {
    for l in set_bits(u64::from(lowered)) {
        let position = (start + l) as u32;
        let exceptions = viewer.exceptions;
        if let Ok(at) = exceptions.binary_search_by_key(&position, |exception| exception.position) {
            scores[l] *= exceptions[at].left;
        }
    }
    scores
}

/// Counts the eligible candidates of each viewer.
#[derive(Debug, Default)]
pub struct Count {
    /// Place in the tile -> eligible candidates.
    pub eligible: [u64; TILE],
}

impl Sink for Count {
    #[inline(always)]
    fn take<V: Vector>(&mut self, _: &MatchIndex, met: &Encounter<'_, V>) {
        self.eligible[met.lane] += u64::from(met.passing.count_ones());
    }
}
