//! The unlikes of a bucket, and which likes they take back.

use super::distinct::mix;
use super::record::Record;

/// Bits for each unlike: with so many, one like in sixteen that no unlike concerns is looked up in vain.
const BITS_EACH: usize = 16;

/// Unlikes by post and user.
#[derive(Debug, Default)]
pub struct Takebacks {
    /// (post, user, when), ascending.
    unlikes: Vec<(usize, u64, u64)>,
    /// A bit is set where somebody has taken back a like of a post: nearly all likes need no look at the unlikes.
    marks: Vec<u64>,
    within_us: u64,
}

impl Takebacks {
    /// Forget all.
    pub fn begin(&mut self) {
        self.unlikes.clear();
    }

    /// Take an unlike.
    pub fn add(&mut self, record: &Record) {
        self.unlikes.push((record.post(), record.user, record.at()));
    }

    /// Be ready to be asked, for unlikes that follow a like within a time.
    pub fn prepare(&mut self, within_us: u64) {
        self.within_us = within_us;
        self.unlikes.sort_unstable();
        self.marks.clear();
        let bits = (BITS_EACH * self.unlikes.len()).next_power_of_two().max(64);
        self.marks.resize(bits / 64, 0);
        for &(post, user, _) in &self.unlikes {
            let bit = mark(post, user) & (bits - 1);
            self.marks[bit / 64] |= 1 << (bit % 64);
        }
    }

    /// Whether a like does not count.
    #[inline]
    pub fn concern(&self, like: &Record) -> bool {
        let bit = mark(like.post(), like.user) & (64 * self.marks.len() - 1);
        self.marks[bit / 64] >> (bit % 64) & 1 == 1 && self.follow(like)
    }

    #[cold]
    fn follow(&self, like: &Record) -> bool {
        let (post, user, at) = (like.post(), like.user, like.at());
        let first = self
            .unlikes
            .partition_point(|&unlike| unlike < (post, user, at));
        self.unlikes
            .get(first)
            .is_some_and(|&(of, by, when)| (of, by) == (post, user) && when - at <= self.within_us)
    }
}

fn mark(post: usize, user: u64) -> usize {
    (mix(user) ^ mix(post as u64)) as usize
}
