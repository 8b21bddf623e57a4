//! The actions of one user, added up by creator, topic and content type.

use super::posts::{MAX_CONTENT_TYPES, Post, Posts};
use super::walk::Share;

/// Of a sum of weights less than this part is nothing: the rounding of what was added and taken off.
const LEAST_NET: f64 = 1e-9;
const FIRST_SLOTS: usize = 64;
/// The golden ratio, which spreads codes that follow each other.
const SPREAD: u32 = 0x9E37_79B9;

/// What a user's actions say of one creator or topic.
#[derive(Debug, Clone, Copy, Default)]
pub struct Liking {
    /// Rank of the creator, or code of the topic.
    pub code: u32,
    /// Number of actions.
    pub actions: u32,
    /// Number of hides.
    pub hides: u32,
    /// Weight of the actions.
    pub positive: f64,
    /// Weight of the hides.
    pub negative: f64,
}

impl Liking {
    /// Add what counts of a post, or a part of it.
    #[inline]
    pub fn add(&mut self, share: &Share) {
        self.actions += share.actions;
        self.hides += share.hides;
        self.positive += share.positive;
        self.negative += share.negative;
    }

    /// What is left after the hides; 0 where they weigh as much, or more.
    #[inline]
    #[must_use]
    pub fn net(&self) -> f64 {
        let net = self.positive - self.negative;
        if net > LEAST_NET * self.positive {
            net
        } else {
            0.0
        }
    }
}

/// Likings by code, in the order in which they were first added to.
#[derive(Debug, Default)]
pub struct Likings {
    entries: Vec<Liking>,
    /// (round, place among the entries); of an earlier round is free
    slots: Vec<(u32, u32)>,
    round: u32,
    used_slots: usize,
}

impl Likings {
    /// Begin with another user.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.use_slots(FIRST_SLOTS);
    }

    /// All of them.
    #[must_use]
    pub fn entries(&self) -> &[Liking] {
        &self.entries
    }

    /// Add what counts of a post, or a part of it.
    #[inline]
    pub fn add(&mut self, code: u32, share: &Share) {
        self.entry(code).add(share);
    }

    #[inline]
    fn entry(&mut self, code: u32) -> &mut Liking {
        if self.entries.len() * 2 >= self.used_slots {
            self.use_slots(self.used_slots * 2);
            for at in 0..self.entries.len() {
                let slot = self.slot(self.entries[at].code);
                self.slots[slot] = (self.round, at as u32);
            }
        }
        let slot = self.slot(code);
        if self.slots[slot].0 != self.round {
            self.slots[slot] = (self.round, self.entries.len() as u32);
            self.entries.push(Liking {
                code,
                ..Liking::default()
            });
        }
        let at = self.slots[slot].1 as usize;
        &mut self.entries[at]
    }

    #[inline]
    fn slot(&self, code: u32) -> usize {
        let mask = self.used_slots - 1;
        let mut at = (code.wrapping_mul(SPREAD) >> 7) as usize & mask;
        while self.slots[at].0 == self.round && self.entries[self.slots[at].1 as usize].code != code
        {
            at = (at + 1) & mask;
        }
        at
    }

    /// Free all slots, and use so many of them.
    fn use_slots(&mut self, count: usize) {
        self.used_slots = count;
        if self.slots.len() < count {
            self.slots.resize(count, (0, 0));
        }
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.slots.fill((0, 0));
            self.round = 1;
        }
    }
}

/// Everything that counts of one user.
#[derive(Debug, Default)]
pub struct UserSums {
    /// Number of actions.
    pub actions: u32,
    /// The age of the first action, in microseconds.
    pub first_us: u64,
    /// By rank of the creator.
    pub creators: Likings,
    /// By code of the topic.
    pub topics: Likings,
    /// Weight of the actions by content type.
    pub content_types: [f64; MAX_CONTENT_TYPES],
}

impl UserSums {
    /// Begin with another user.
    pub fn clear(&mut self) {
        (self.actions, self.first_us) = (0, 0);
        self.creators.clear();
        self.topics.clear();
        self.content_types = [0.0; MAX_CONTENT_TYPES];
    }

    /// Add what counts of one post.
    #[inline]
    pub fn add(&mut self, posts: &Posts, post: &Post, share: &Share) {
        self.actions += share.actions;
        self.first_us = self.first_us.max(share.first_us);
        self.content_types[post.content_type as usize] += share.positive;
        self.creators.add(post.author, share);
        let topics = posts.topics(post);
        if !topics.is_empty() {
            let part = share.part(topics.len());
            for &topic in topics {
                self.topics.add(topic, &part);
            }
        }
    }
}
