//! From the sorted keys of a user to what counts, and how much.

use std::ops::Range;

use super::decay::Decay;
use super::events::Basis;
use super::keys::{KINDS, Key, Kind, Layout, age_us, kind, moment};

/// Which events are asked for.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Only events of these ages, in microseconds; what takes a like back may be of any.
    pub ages_us: Range<u64>,
    /// Instead of what counts: likes that would count, had they not been taken back by an unlike younger than this.
    pub taken_back_below_us: Option<u64>,
}

/// An event, and whether it counts.
#[derive(Debug, Clone, Copy)]
pub struct Judged {
    /// Rank of the post.
    pub rank: u32,
    /// Microseconds before the instant as of which is computed.
    pub age_us: u64,
    /// What it weighs, if it counts.
    pub weight: f64,
    /// Whether it counts as an action.
    pub acts: bool,
    /// Whether it counts as a hide.
    pub hides: bool,
}

/// Weighs and judges the events of one user after the other.
#[derive(Debug)]
pub struct Walk<'a> {
    basis: &'a Basis,
    decays: [Decay; KINDS],
    /// how far the key of a like is at most from that of the unlike that takes it back
    takeback: u64,
    /// what each event weighs
    weights: Vec<f64>,
}

impl<'a> Walk<'a> {
    /// A walk over events of anybody.
    #[must_use]
    pub fn new(basis: &'a Basis) -> Self {
        let settings = &basis.settings;
        let mut decays = [Decay::new(settings.decay_per_day); KINDS];
        decays[Kind::Hide as usize] = Decay::new(settings.hide_decay_per_day);
        Self {
            basis,
            decays,
            takeback: moment(settings.takeback_us(), Kind::Like),
            weights: Vec::new(),
        }
    }

    /// Tell of each event whether it counts, in the order of author, post, age and kind.
    #[inline(always)]
    pub fn all<K: Key>(&mut self, user_id: i64, keys: &mut Vec<K>, tell: impl FnMut(Judged)) {
        self.judge(user_id, keys, |taken_back, _, _| !taken_back, tell);
    }

    /// The same of what is selected alone.
    #[inline(always)]
    pub fn selected<K: Key>(
        &mut self,
        user_id: i64,
        keys: &mut Vec<K>,
        selection: &Selection,
        tell: impl FnMut(Judged),
    ) {
        let choose = |taken_back: bool, unlike_us: u64, age_us: u64| {
            let counts = match selection.taken_back_below_us {
                None => !taken_back,
                Some(limit) => taken_back && unlike_us < limit,
            };
            counts && selection.ages_us.contains(&age_us)
        };
        self.judge(user_id, keys, choose, tell);
    }

    #[inline(always)]
    fn judge<K: Key>(
        &mut self,
        user_id: i64,
        keys: &mut Vec<K>,
        choose: impl Fn(bool, u64, u64) -> bool,
        mut tell: impl FnMut(Judged),
    ) {
        self.leave_out(user_id, keys);
        let layout = self.basis.layout;
        self.weigh(layout, keys);
        let Some(&first) = keys.first() else {
            return;
        };
        let mut last = layout.long_before(first);
        let mut unlike = last;
        for (&key, &weight) in keys.iter().zip(&self.weights) {
            let moment = layout.moment(key);
            let (kind, age_us) = (kind(moment), age_us(moment));
            // The unlike next after the like decides; with another post there is none so near.
            let is_like = kind == Kind::Like as usize;
            let taken_back = is_like & (key.since(unlike) <= self.takeback);
            let unlike_us = age_us_of(layout, unlike);
            unlike = if kind == Kind::Unlike as usize {
                key
            } else {
                unlike
            };
            let counts = (key != last) & choose(taken_back, unlike_us, age_us);
            last = key;
            tell(Judged {
                rank: layout.rank(key),
                age_us,
                weight,
                acts: counts & (kind != Kind::Unlike as usize) & (kind != Kind::Hide as usize),
                hides: counts & (kind == Kind::Hide as usize),
            });
        }
    }

    /// Leave out the user's own posts, and those by creators who are out.
    #[inline(always)]
    fn leave_out<K: Key>(&self, user_id: i64, keys: &mut Vec<K>) {
        let (posts, layout) = (&self.basis.posts, self.basis.layout);
        for author in self.basis.left_out(user_id) {
            let ranks = posts.by(author);
            let least = layout.least(ranks.start);
            let from = keys.partition_point(|&key| key < least);
            let end = layout.least(ranks.end);
            let count = keys[from..].iter().take_while(|&&key| key < end).count();
            keys.drain(from..from + count);
        }
    }

    /// Weigh all events alike; no branch depends on them.
    #[inline(always)]
    fn weigh<K: Key>(&mut self, layout: Layout, keys: &[K]) {
        if self.weights.len() < keys.len() {
            self.weights.resize(keys.len(), 0.0);
        }
        // Copies of their own, which nothing else can point to.
        let (kinds, decays) = (self.basis.weights, self.decays);
        for (weight, &key) in self.weights.iter_mut().zip(keys) {
            let moment = layout.moment(key);
            let kind = kind(moment);
            *weight = kinds[kind] * decays[kind].at(age_us(moment));
        }
    }
}

#[inline(always)]
fn age_us_of<K: Key>(layout: Layout, key: K) -> u64 {
    age_us(layout.moment(key))
}
