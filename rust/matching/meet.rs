//! A tile of viewers meets everybody: boxes, classes and ages first, then distance, then whatever is left goes on in batches.

use super::index::MatchIndex;
use super::lanes::{GROUPS, LANES, Lanes, mask, set_lanes};
use super::pairs::{bit, remembered, what_is_left, within_limits};
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
    for segment in index.tree.near(tile.extent, tile.reach) {
        let Some(suits) = tile.suits(index, segment.class) else {
            continue;
        };
        let (from, to) = (segment.people.0 as usize, segment.people.1 as usize);
        let ages = &index.ages[from..to];
        let first = ages.partition_point(|ages| ages.age < tile.window.0);
        for (at, &ages) in ages.iter().enumerate().skip(first) {
            if ages.age > tile.window.1 {
                break;
            }
            let masks = tile.suits_ages(&suits, ages);
            if masks == [0; GROUPS] {
                continue;
            }
            let record = &index.records[from + at];
            for group in 0..GROUPS {
                if masks[group] == 0 {
                    continue;
                }
                let chords = tile.groups[group].chords(record);
                let near = masks[group] & tile.groups[group].within_reach(record, &chords);
                if near != 0 {
                    let batch = &mut batches[group];
                    batch.candidates[batch.len] = (from + at) as u32;
                    batch.masks[batch.len] = near;
                    batch.chords[batch.len] = chords;
                    batch.len += 1;
                    if batch.len == BATCH {
                        sink.take(index, tile, group, batch);
                        batch.len = 0;
                    }
                }
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

/// Keeps the best candidates of each viewer.
#[derive(Debug)]
pub struct Best {
    constants: Constants,
    lists: Vec<TopK>,
    /// Scores below these enter no list.
    thresholds: [Lanes; GROUPS],
    remembered: Vec<u64>,
}

impl Best {
    /// Lists of k for each lane.
    #[must_use]
    pub fn new(index: &MatchIndex, k: usize) -> Self {
        Self {
            constants: Constants::of(index),
            lists: (0..GROUPS * LANES)
                .map(|_| TopK::new(k, index.len()))
                .collect(),
            thresholds: [[0.0; LANES]; GROUPS],
            remembered: Vec::new(),
        }
    }

    /// Begin with other viewers.
    pub fn seat(&mut self, index: &MatchIndex, tile: &Tile) {
        self.thresholds = [[0.0; LANES]; GROUPS];
        self.remembered.clear();
        self.remembered.extend(
            tile.viewers
                .iter()
                .map(|&viewer| remembered(index, viewer as usize)),
        );
    }

    /// Take the list of one lane, best first.
    pub fn take_list(&mut self, lane: usize, keys: &mut Vec<u64>) {
        self.lists[lane].take(keys);
    }

    #[inline(always)]
    fn offer(
        &mut self,
        index: &MatchIndex,
        tile: &Tile,
        (group, l): (usize, usize),
        batch: &Batch,
        at: usize,
    ) {
        let lane = group * LANES + l;
        let (viewer, candidate) = (tile.viewers[lane] as usize, batch.candidates[at] as usize);
        if viewer == candidate || !within_limits(index, viewer, candidate, batch.chords[at][l]) {
            return;
        }
        let mut score = batch.scores[at][l];
        if self.remembered[lane] & bit(index.rows[candidate]) != 0 {
            let Some(left) = what_is_left(index, viewer, candidate) else {
                return;
            };
            score *= left;
        }
        let key = key(score, index.records[candidate].id_rank);
        let list = &mut self.lists[lane];
        if key >= list.threshold() && list.push(key) {
            self.thresholds[group][l] = score_of(list.threshold());
        }
    }
}

impl Sink for Best {
    #[inline(always)]
    fn take(&mut self, index: &MatchIndex, tile: &Tile, group: usize, batch: &mut Batch) {
        score(index, &self.constants, tile, group, batch);
        for at in 0..batch.len {
            let scores = &batch.scores[at];
            let thresholds = &self.thresholds[group];
            let hits = batch.masks[at] & mask(|l| scores[l] >= thresholds[l]);
            for l in set_lanes(hits) {
                self.offer(index, tile, (group, l), batch, at);
            }
        }
    }
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
        for at in 0..batch.len {
            let candidate = batch.candidates[at] as usize;
            for l in set_lanes(batch.masks[at]) {
                let viewer = tile.viewers[group * LANES + l] as usize;
                let passes = viewer != candidate
                    && within_limits(index, viewer, candidate, batch.chords[at][l])
                    && what_is_left(index, viewer, candidate).is_some();
                self.eligible[group * LANES + l] += u64::from(passes);
            }
        }
    }
}
