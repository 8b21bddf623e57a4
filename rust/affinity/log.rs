//! The events of some users, 16 bytes each, in blocks until they are sorted.

use super::table::IdTable;

/// Events a block: what is reserved ahead is at most one block a partition.
pub const BLOCK: usize = 1024;

const KIND_BITS: u32 = 3;

/// What an event says, once views are known to be long enough. An unlike stands before a like of the same instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs)] // named as in `EventKind`
pub enum Kind {
    Unlike = 0,
    Like = 1,
    View = 2,
    Comment = 3,
    Share = 4,
    ProfileView = 5,
    Hide = 6,
}

/// The number of kinds.
pub const KINDS: usize = 7;

/// An event packed so that its order as a number is that of user, post, age and kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event(u128);

impl Event {
    /// Pack an event; the age is below 2^61.
    #[inline]
    #[must_use]
    pub fn new(user: u32, post: u32, moment: u64) -> Self {
        Self(u128::from(user) << 96 | u128::from(post) << 64 | u128::from(moment))
    }

    /// The number of the user within the partition.
    #[inline]
    #[must_use]
    pub fn user(self) -> u32 {
        (self.0 >> 96) as u32
    }

    /// The rank of the post.
    #[inline]
    #[must_use]
    pub fn post(self) -> u32 {
        (self.0 >> 64) as u32
    }

    /// Microseconds before the instant as of which is computed.
    #[inline]
    #[must_use]
    pub fn age_us(self) -> u64 {
        self.0 as u64 >> KIND_BITS
    }

    /// The place of the kind among `Kind`.
    #[inline]
    #[must_use]
    pub fn kind(self) -> usize {
        (self.0 as u64 & ((1 << KIND_BITS) - 1)) as usize
    }
}

/// Age and kind in one number.
#[inline]
#[must_use]
pub fn moment(age_us: u64, kind: Kind) -> u64 {
    age_us << KIND_BITS | kind as u64
}

/// The events of the users whose ids mix to one partition.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// Numbers of users.
    pub users: IdTable,
    sorted: Vec<Event>,
    fresh: Vec<Vec<Event>>,
}

impl Log {
    /// Take an event as it comes.
    #[inline]
    pub fn push(&mut self, event: Event) {
        match self.fresh.last_mut() {
            Some(block) if block.len() < BLOCK => block.push(event),
            _ => {
                let mut block = Vec::with_capacity(BLOCK);
                block.push(event);
                self.fresh.push(block);
            }
        }
    }

    /// The events held.
    #[must_use]
    pub fn len(&self) -> usize {
        let full = self.fresh.len().saturating_sub(1) * BLOCK;
        self.sorted.len() + full + self.fresh.last().map_or(0, Vec::len)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The memory of the events, in bytes, with what is reserved.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        (self.sorted.capacity() + self.fresh.len() * BLOCK) * size_of::<Event>()
    }

    /// All events in order, each once, and the ids of their users by number.
    pub fn sorted(&mut self) -> (&[Event], &[i64]) {
        if !self.fresh.is_empty() {
            self.sort();
        }
        (&self.sorted, self.users.ids())
    }

    /// Sort by user by counting, then each user's few events by comparing.
    fn sort(&mut self) {
        let mut ends = vec![0_usize; self.users.ids().len() + 1];
        let old = std::mem::take(&mut self.sorted);
        let fresh = std::mem::take(&mut self.fresh);
        let all = || old.iter().chain(fresh.iter().flatten());
        for event in all() {
            ends[event.user() as usize + 1] += 1;
        }
        for user in 1..ends.len() {
            ends[user] += ends[user - 1];
        }
        let mut sorted = vec![Event(0); ends[ends.len() - 1]];
        for &event in all() {
            let next = &mut ends[event.user() as usize];
            sorted[*next] = event;
            *next += 1;
        }
        drop((old, fresh));
        let mut rest = sorted.as_mut_slice();
        let mut from = 0;
        for &end in &ends[..ends.len() - 1] {
            let (own, others) = rest.split_at_mut(end - from);
            own.sort_unstable();
            (rest, from) = (others, end);
        }
        sorted.dedup();
        // Many events told twice would keep room for nothing.
        if sorted.len() < sorted.capacity() / 8 * 7 {
            sorted.shrink_to_fit();
        }
        self.sorted = sorted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_out_in_order_and_once_whatever_the_order_of_arrival() {
        let mut log = Log::default();
        let mut expected = Vec::new();
        for step in 0..5000_u64 {
            let user = log
                .users
                .intern((step * 7919 % 13) as i64, step * 7919 % 13);
            let event = Event::new(user, (step % 17) as u32, moment(step % 900, Kind::Share));
            log.push(event);
            expected.push(event);
            if step == 3000 {
                assert!(log.sorted().0.is_sorted());
            }
        }
        expected.sort_unstable();
        expected.dedup();
        assert_eq!(log.sorted().0, expected);
        assert_eq!((log.len(), expected[0].age_us()), (expected.len(), 0));
        assert_eq!(expected[0].kind(), Kind::Share as usize);
    }
}
