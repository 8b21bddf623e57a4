//! What becomes of the pairs that pass the filters: the best of each viewer are kept, or they are counted.

use super::index::MatchIndex;
use super::lanes::{LANES, Lanes, set_bits};
use super::meet::{Meeting, Sink};
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
    /// Lists of k for each viewer of a tile, with what facts need or without.
    #[must_use]
    pub fn new(index: &MatchIndex, k: usize, with_facts: bool) -> Self {
        Self {
            constants: Constants::of(index),
            lists: (0..TILE)
                .map(|_| Shortlist::new(k, index.len(), with_facts))
                .collect(),
        }
    }

    /// Begin with other viewers.
    pub fn clear(&mut self) {
        self.lists.iter_mut().for_each(Shortlist::clear);
    }
}

impl Sink for Best {
    #[inline(always)]
    fn take<V: Vector>(&mut self, index: &MatchIndex, meeting: &Meeting<'_>) {
        let start = meeting.block * LANES;
        for met in meeting.encounters {
            let scored = score::<V>(index, &self.constants, meeting, met);
            let list = &mut self.lists[met.lane];
            let mut scores = scored.scores;
            if met.lowered != 0 {
                let viewer = &meeting.tile.viewers[met.lane];
                scores = V::of(&lower(viewer, start, met.lowered, scores.lanes()));
            }
            let hits = met.passing & V::all(list.threshold()).at_most(scores);
            if hits != 0 {
                let numbers = [scores, scored.cosines, V::of(&met.chords)];
                list.push(&index.records, start as u32, hits, numbers);
            }
        }
    }
}

/// Lower the scores of hidden candidates, from the one at position `start` on.
#[cold]
#[inline(never)]
pub(super) fn lower(viewer: &Viewer<'_>, start: usize, lowered: u32, mut scores: Lanes) -> Lanes {
    for l in set_bits(u64::from(lowered)) {
        let position = (start + l) as u32;
        let exceptions = &viewer.exceptions;
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
    fn take<V: Vector>(&mut self, _: &MatchIndex, meeting: &Meeting<'_>) {
        for met in meeting.encounters {
            self.eligible[met.lane] += u64::from(met.passing.count_ones());
        }
    }
}
