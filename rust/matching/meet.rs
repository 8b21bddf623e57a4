//! A tile of viewers meets everybody: boxes, classes and ages first, then distance, then whatever is left goes on in batches.

use super::index::MatchIndex;
use super::lanes::{GROUPS, LANES, Lanes, TILE, mask, set_lanes};
use super::order::Segment;
use super::pairs::{what_is_left, within_limits};
use super::score::{BATCH, Batch, Constants, score};
use super::tile::Tile;
use super::topk::{TopK, key, score_of};

/// What becomes of the candidates that pass the filters.
pub trait Sink {
    /// Take a batch of candidates, each with the viewers of a group who may see it.
    fn take(&mut self, index: &MatchIndex, tile: &Tile, group: usize, batch: &mut Batch);
}

/// Bring every viewer of the tile together with everybody.
#[inline(always)]
pub fn meet(
    index: &MatchIndex,
    tile: &mut Tile,
    batches: &mut [Batch; GROUPS],
    sink: &mut impl Sink,
) {
    let mut at = 0;
    while let Some((leaf, gap)) = index
        .tree
        .next_leaf(&mut at, tile.extent.as_ref(), tile.reach)
    {
        // A little more than needed, so that the rounded chords of all pairs are beyond too.
        let far = gap > index.far * 1.000_01;
        for segment in leaf {
            if let Some(suits) = tile.suits(index, segment.class) {
                meet_segment(index, tile, (segment, far), &suits, batches, sink);
            }
        }
    }
    for (group, batch) in batches.iter_mut().enumerate() {
        if batch.len > 0 {
            sink.take(index, tile, group, batch);
            batch.len = 0;
        }
    }
}

/// Bring every viewer who suits a class together with the people of a segment.
#[inline(always)]
fn meet_segment(
    index: &MatchIndex,
    tile: &Tile,
    (segment, far): (&Segment, bool),
    suits: &[u8; TILE],
    batches: &mut [Batch; GROUPS],
    sink: &mut impl Sink,
) {
    let (from, to) = (segment.people.0 as usize, segment.people.1 as usize);
    let unlimited = tile.unlimited;
    let ages = &index.ages[from..to];
    let first = ages.partition_point(|ages| ages.age < tile.window.0);
    for (at, &ages) in ages.iter().enumerate().skip(first) {
        if ages.age > tile.window.1 {
            break;
        }
        let masks = tile.suits_ages(suits, ages);
        if masks == [0; GROUPS] {
            continue;
        }
        let candidate = from + at;
        let record = &index.records[candidate];
        let mut shared = None;
        for group in 0..GROUPS {
            if masks[group] == 0 {
                continue;
            }
            let viewers = &tile.groups[group];
            // Far away and without limits, it does not matter how far.
            let (chords, near, doubts) = if far && unlimited && record.within == f32::INFINITY {
                ([f32::INFINITY; LANES], masks[group], 0)
            } else {
                let chords = viewers.chords(record);
                let (near, doubts) = viewers.within_reach(masks[group], record, &chords);
                (chords, near, doubts)
            };
            if near != 0 {
                let (interests, goals) = match shared {
                    Some(shared) => shared,
                    None => *shared.insert(tile.shared(index, candidate, record)),
                };
                let batch = &mut batches[group];
                let at = batch.len % BATCH;
                batch.candidates[at] = candidate as u32;
                batch.masks[at] = near;
                batch.doubts[at] = doubts;
                batch.far[at] = far;
                batch.chords[at] = chords;
                batch.interests[at] = [interests[0][group], interests[1][group]];
                batch.goals[at] = goals[group];
                batch.len = at + 1;
                if batch.len == BATCH {
                    sink.take(index, tile, group, batch);
                    batch.len = 0;
                }
            }
        }
    }
}

/// Keeps the best candidates of each viewer.
#[derive(Debug)]
pub struct Best {
    constants: Constants,
    lists: TopK,
    /// Scores below these enter no list.
    thresholds: [Lanes; GROUPS],
}

impl Best {
    /// Lists of k for each lane.
    #[must_use]
    pub fn new(index: &MatchIndex, k: usize) -> Self {
        let thresholds = [[0.0; LANES]; GROUPS];
        Self {
            constants: Constants::of(index),
            lists: TopK::new(k, index.len()),
            thresholds,
        }
    }

    /// Take the list of one lane, best first.
    pub fn take(&mut self, lane: usize) -> &[u64] {
        self.thresholds[lane / LANES][lane % LANES] = 0.0;
        self.lists.take(lane)
    }
}

impl Sink for Best {
    #[inline(always)]
    fn take(&mut self, index: &MatchIndex, tile: &Tile, group: usize, batch: &mut Batch) {
        score(index, &self.constants, tile, group, batch);
        for at in 0..batch.len.min(BATCH) {
            let candidate = batch.candidates[at] as usize;
            let scores = &batch.scores[at];
            let thresholds = &mut self.thresholds[group];
            let hits = batch.masks[at] & mask(|l| scores[l] >= thresholds[l]);
            if hits == 0 {
                continue;
            }
            let doubts = hits & (batch.doubts[at] | tile.doubts(index, group, candidate));
            let id_rank = index.records[candidate].id_rank;
            for l in set_lanes(hits) {
                let lane = group * LANES + l;
                let mut score = scores[l];
                if doubts >> (8 * l) & 1 == 1 {
                    match look_closer(
                        index,
                        tile.viewers[lane] as usize,
                        candidate,
                        batch.chords[at][l],
                    ) {
                        Some(left) => score *= left,
                        None => continue,
                    }
                }
                if let Some(threshold) = self.lists.push(lane, key(score, id_rank)) {
                    thresholds[l] = score_of(threshold);
                }
            }
        }
    }
}

/// Finish the filters for a pair; what is left of the score, None where the pair is not eligible.
#[inline(never)]
fn look_closer(index: &MatchIndex, viewer: usize, candidate: usize, chord: f32) -> Option<f32> {
    if viewer == candidate || !within_limits(index, viewer, candidate, chord) {
        return None;
    }
    what_is_left(index, viewer, candidate)
}

/// Counts the eligible candidates of each viewer.
#[derive(Debug, Default)]
pub struct Count {
    /// Lane -> eligible candidates.
    pub eligible: [u64; GROUPS * LANES],
}

impl Sink for Count {
    #[inline(always)]
    fn take(&mut self, index: &MatchIndex, tile: &Tile, group: usize, batch: &mut Batch) {
        for at in 0..batch.len.min(BATCH) {
            let candidate = batch.candidates[at] as usize;
            let doubts = batch.doubts[at] | tile.doubts(index, group, candidate);
            for l in set_lanes(batch.masks[at]) {
                let viewer = tile.viewers[group * LANES + l] as usize;
                let passes = doubts >> (8 * l) & 1 == 0
                    || look_closer(index, viewer, candidate, batch.chords[at][l]).is_some();
                self.eligible[group * LANES + l] += u64::from(passes);
            }
        }
    }
}
