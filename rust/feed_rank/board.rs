//! The posts of one block, scored side by side for one user.

use super::blocks::{BLOCK, Block};
use super::settings::Settings;
use super::viewer::{UNKNOWN, Viewer};
use crate::matching::lanes::LANES;
use crate::matching::vector::Vector;

/// What one user gives each post of a block, and what it comes to.
#[derive(Debug)]
pub struct Board {
    /// the largest weight of its topics, or `UNKNOWN`
    topics: [f32; BLOCK],
    /// the weight of its author where that can count, else 0
    creators: [f32; BLOCK],
    scores: [f32; BLOCK],
}

impl Default for Board {
    fn default() -> Self {
        Self {
            topics: [UNKNOWN; BLOCK],
            creators: [0.0; BLOCK],
            scores: [0.0; BLOCK],
        }
    }
}

impl Board {
    /// The scores of the block that it was turned to.
    pub fn scores(&self) -> &[f32; BLOCK] {
        &self.scores
    }

    /// Score the posts of a block; tell which may be candidates though no creator brought them, and which are on topics
    /// of the user. Blocks are asked for in order. Where creators have older posts than `oldest`, these may be, too.
    #[inline(always)]
    pub fn turn<V: Vector>(
        &mut self,
        viewer: &mut Viewer<'_>,
        block: usize,
        oldest: Option<u32>,
    ) -> (Block, Block) {
        let (settings, bases) = (&viewer.index.settings, &viewer.index.bases[block]);
        let open = if oldest.is_some() {
            self.creators = [0.0; BLOCK];
            viewer.open(block, oldest, &mut self.creators)
        } else {
            viewer.open(block, None, &mut self.creators)
        };
        self.topics = [UNKNOWN; BLOCK];
        viewer.weigh_topics(block, &mut self.topics);
        let on = at_least::<V>(&self.topics, 0.0);
        let (creators, topics) = (&self.creators, &self.topics);
        if oldest.is_some() {
            for at in 0..BLOCK {
                let weights = (creators[at], topics[at].max(0.0));
                self.scores[at] = score(settings, bases[at], weights, 0.0);
            }
        } else {
            for at in 0..BLOCK {
                let weights = (0.0, topics[at].max(0.0));
                self.scores[at] = score(settings, bases[at], weights, 0.0);
            }
        }
        if viewer.has_seen_any() {
            let creators = oldest.map(|_| creators);
            viewer.seen(block).each(|at| {
                let weights = (creators.map_or(0.0, |c| c[at]), topics[at].max(0.0));
                self.scores[at] = score(settings, bases[at], weights, settings.seen_weight);
                true
            });
        }
        (open, on)
    }
}

/// Which of the numbers are not below the least.
#[inline(always)]
fn at_least<V: Vector>(numbers: &[f32; BLOCK], least: f32) -> Block {
    let mut found = Block::default();
    let vectors = numbers.as_chunks::<LANES>().0.chunks_exact(64 / LANES);
    for (word, vectors) in found.0.iter_mut().zip(vectors) {
        for (q, numbers) in vectors.iter().enumerate() {
            let hits = V::all(least).at_most(V::of(numbers));
            *word |= u64::from(hits) << (q * LANES);
        }
    }
    found
}

/// The score of a post, given the weights of its author and topics: computed in float64, rounded once.
#[inline(always)]
pub fn score(settings: &Settings, base: f32, weights: (f32, f32), seen: f64) -> f32 {
    let affinity = settings.creator_weight * f64::from(weights.0)
        + settings.topic_weight * f64::from(weights.1);
    // What was rounded to -0 becomes 0, so that equal scores have equal bits.
    (affinity + f64::from(base) - seen) as f32 + 0.0
}
