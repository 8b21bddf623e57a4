//! What becomes of the pairs that pass the filters: the best of each viewer are kept, or they are counted.

use super::index::MatchIndex;
use super::lanes::{BLOCK, LANES, set_bits};
use super::meet::{Encounter, Sink};
use super::pairs::{bit, remembered, what_is_left, within_limits};
use super::places::surely_within;
use super::score::{Constants, Scored, score};
use super::tile::{TILE, Tile};
use super::topk::{Entry, TopK, key, score_of};
use super::vector::Vector;

/// Keeps the best candidates of each viewer.
#[derive(Debug)]
pub struct Best {
    constants: Constants,
    lists: Vec<TopK>,
    /// Scores below these enter no list.
    thresholds: [f32; TILE],
    remembered: [u64; TILE],
}

impl Best {
    /// Lists of k for each viewer of a tile.
    #[must_use]
    pub fn new(index: &MatchIndex, k: usize) -> Self {
        Self {
            constants: Constants::of(index),
            lists: (0..TILE).map(|_| TopK::new(k, index.len())).collect(),
            thresholds: [0.0; TILE],
            remembered: [0; TILE],
        }
    }

    /// Begin with other viewers.
    pub fn seat(&mut self, index: &MatchIndex, tile: &Tile) {
        self.thresholds = [0.0; TILE];
        for (own, viewer) in self.remembered.iter_mut().zip(&tile.viewers) {
            *own = remembered(index, viewer.position);
        }
    }

    /// Take the list of one viewer, best first.
    pub fn take_list(&mut self, lane: usize, entries: &mut Vec<Entry>) {
        self.lists[lane].take(entries);
    }

    #[inline(always)]
    fn offer(
        &mut self,
        index: &MatchIndex,
        met: &Encounter<'_>,
        (half, l): (usize, usize),
        scored: &Scored,
    ) {
        let (block, candidate) = (
            &index.blocks[met.block],
            met.block * BLOCK + half * LANES + l,
        );
        if !is_near(index, met, (half, l)) {
            return;
        }
        let mut score = scored.scores[l];
        if self.remembered[met.lane] & bit(index.records[candidate].row) != 0 {
            let Some(left) = what_is_left(index, met.viewer.position, candidate) else {
                return;
            };
            score *= left;
        }
        let key = key(score, block.id_rank[half][l]);
        let list = &mut self.lists[met.lane];
        if key >= list.threshold() {
            let entry = Entry {
                key,
                cosine: scored.cosines[l],
                chord: met.chords.map_or(f32::INFINITY, |chords| chords[half][l]),
            };
            if list.push(entry) {
                self.thresholds[met.lane] = score_of(list.threshold());
            }
        }
    }
}

/// Whether the candidate is somebody else, and certainly within both limits.
#[inline(always)]
fn is_near(index: &MatchIndex, met: &Encounter<'_>, (half, l): (usize, usize)) -> bool {
    let candidate = met.block * BLOCK + half * LANES + l;
    if candidate == met.viewer.position {
        return false;
    }
    let Some(chords) = met.chords else {
        return true;
    };
    let beyond = index.blocks[met.block].beyond[half][l];
    // The smaller limit has the smaller margin; the mark for half around the world is below infinity.
    chords[half][l] <= surely_within(beyond.min(met.viewer.beyond))
        || within_limits(index, met.viewer.position, candidate)
}

impl Sink for Best {
    #[inline(always)]
    fn take<V: Vector>(&mut self, index: &MatchIndex, met: &Encounter<'_>) {
        for half in 0..2 {
            let wanted = met.passing >> (half * LANES) & 0xFF;
            if wanted == 0 {
                continue;
            }
            let threshold = self.thresholds[met.lane];
            let scored = score::<V>(index, &self.constants, met, half, wanted, threshold);
            if let Some(scored) = scored {
                for l in set_bits(u64::from(scored.hits)) {
                    self.offer(index, met, (half, l), &scored);
                }
            }
        }
    }
}

/// Counts the eligible candidates of each viewer.
#[derive(Debug, Default)]
pub struct Count {
    /// Place in the tile -> eligible candidates.
    pub eligible: [u64; TILE],
    remembered: [u64; TILE],
}

impl Count {
    /// Nothing counted yet of the viewers of a tile.
    #[must_use]
    pub fn of(index: &MatchIndex, tile: &Tile) -> Self {
        let mut count = Self::default();
        for (own, viewer) in count.remembered.iter_mut().zip(&tile.viewers) {
            *own = remembered(index, viewer.position);
        }
        count
    }
}

impl Sink for Count {
    #[inline(always)]
    fn take<V: Vector>(&mut self, index: &MatchIndex, met: &Encounter<'_>) {
        for at in set_bits(u64::from(met.passing)) {
            let passes = is_near(index, met, (at / LANES, at % LANES))
                && (self.remembered[met.lane] & bit(index.records[met.block * BLOCK + at].row)
                    == 0
                    || what_is_left(index, met.viewer.position, met.block * BLOCK + at).is_some());
            self.eligible[met.lane] += u64::from(passes);
        }
    }
}
