//! What becomes of the pairs that pass the filters: the best of each viewer are kept, or they are counted.

use super::index::MatchIndex;
use super::lanes::{LANES, Lanes, lanes, set_bits};
use super::meet::{Encounter, Meeting, Sink};
use super::nearness::Nearness;
use super::score::{Constants, score};
use super::shortlist::Shortlist;
use super::tile::{TILE, Viewer};
use super::vector::Vector;

/// Keeps the best candidates of each viewer.
#[derive(Debug)]
pub struct Best {
    constants: Constants,
    nearness: Nearness,
    /// Place in the tile -> candidates.
    pub lists: Vec<Shortlist>,
}

impl Best {
    /// Lists of k for each viewer of a tile, with what facts need or without.
    #[must_use]
    pub fn new(index: &MatchIndex, k: usize, with_facts: bool) -> Self {
        Self {
            constants: Constants::of(index),
            nearness: Nearness::of(&index.settings),
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
        let first = (meeting.block * LANES) as u32;
        for met in meeting.encounters {
            let scored = score::<V>(index, &self.constants, meeting, met);
            let chords = V::of(&met.chords);
            let bound = self.nearness.bound(meeting.placed, chords);
            let most = scored.scores.plus(bound).larger(V::all(0.0));
            let list = &mut self.lists[met.lane];
            let reached = V::all(list.threshold()).at_most(most);
            // Hides lower final scores.
            let hits = met.passing & reached & !met.lowered;
            let numbers = [scored.scores, scored.cosines, chords];
            if hits != 0 && list.push(first, hits, numbers) {
                let viewer = meeting.tile.viewers[met.lane].position;
                self.nearness.settle::<V>(index, viewer, list);
                list.cut::<V>(&index.records);
            }
            if met.lowered != 0 {
                self.take_lowered(index, meeting, met, numbers);
            }
        }
    }
}

impl Best {
    /// Take those candidates whose scores are lowered.
    #[inline(always)]
    fn take_lowered<V: Vector>(
        &mut self,
        index: &MatchIndex,
        meeting: &Meeting<'_>,
        met: &Encounter,
        [scores, cosines, chords]: [V; 3],
    ) {
        let first = (meeting.block * LANES) as u32;
        let (viewer, list) = (&meeting.tile.viewers[met.lane], &mut self.lists[met.lane]);
        let candidates = lanes(|l| first + l as u32);
        let candidates = (&candidates, met.lowered);
        let scores = self
            .nearness
            .finish(index, viewer.position, candidates, [scores, chords]);
        let scores = V::of(&lower(viewer, first, met.lowered, scores.lanes()));
        let hits = met.lowered & V::all(list.threshold()).at_most(scores);
        self.nearness.settle::<V>(index, viewer.position, list);
        let is_full = list.push(first, hits, [scores, cosines, chords]);
        list.mark_settled();
        if is_full {
            list.cut::<V>(&index.records);
        }
    }

    /// Put the best of a viewer in order, as `Shortlist::rank` does.
    #[inline(always)]
    pub fn rank<V: Vector>(
        &mut self,
        index: &MatchIndex,
        (lane, viewer): (usize, usize),
        ranked: &mut Vec<u64>,
    ) -> &Shortlist {
        let list = &mut self.lists[lane];
        self.nearness.settle::<V>(index, viewer, list);
        list.rank::<V>(&index.records, ranked);
        list
    }
}

/// Lower the scores of hidden candidates, from the one at position `first` on.
#[cold]
#[inline(never)]
pub(super) fn lower(viewer: &Viewer<'_>, first: u32, lowered: u32, mut scores: Lanes) -> Lanes {
    for l in set_bits(u64::from(lowered)) {
        let position = first + l as u32;
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
