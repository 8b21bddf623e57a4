//! Events packed into numbers: of user, post, age and kind, in this order.
//!
//! What tells events of one user apart is the key: the rank of the post, the age, and the kind in the lowest bits. In
//! most towns it has 64 bits, and the user's mixed id the other 64. Where posts are many or the window is long, the key
//! takes 72 bits, and the id 56, since the partition holds the rest; or 96, and users are numbered.

use std::fmt::Debug;

use super::events::PARTITION_BITS;
use super::sort::sort;
use super::table::unmix;
use crate::matching::vector::Vector;

/// Bits of a kind.
const KIND_BITS: u32 = 3;
/// Bits of a user's number.
const NUMBER_BITS: u32 = 32;

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

/// One more than the largest kind that fits its bits.
pub const KINDS: usize = 1 << KIND_BITS;

/// Age and kind in one number, and the kinds of such.
#[inline(always)]
#[must_use]
pub fn moment(age_us: u64, kind: Kind) -> u64 {
    age_us << KIND_BITS | kind as u64
}

/// The age of a moment in microseconds.
#[inline(always)]
#[must_use]
pub fn age_us(moment: u64) -> u64 {
    moment >> KIND_BITS
}

/// The kind of a moment, as a number.
#[inline(always)]
#[must_use]
pub fn kind(moment: u64) -> usize {
    moment as usize % KINDS
}

/// User and key.
pub type Event = u128;

/// Which bits of an event hold what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    moment_bits: u32,
    user_shift: u32,
}

impl Layout {
    /// Room for so many posts, and for so many microseconds.
    #[must_use]
    pub fn of(posts: usize, window_us: u64, takeback_us: u64) -> Self {
        // Between the oldest event with one post and the newest with the next lies more than a takeback.
        let moment_bits = u64::BITS - (window_us + takeback_us).leading_zeros() + KIND_BITS;
        let bits = moment_bits + usize::BITS - posts.leading_zeros();
        let user_shift = if bits <= u64::BITS {
            u64::BITS
        } else if bits <= u64::BITS + PARTITION_BITS {
            u64::BITS + PARTITION_BITS
        } else {
            Event::BITS - NUMBER_BITS
        };
        Self {
            moment_bits,
            user_shift,
        }
    }

    /// Whether the user is told by a number instead of the mixed id.
    #[must_use]
    pub fn has_numbers(self) -> bool {
        self.user_shift == Event::BITS - NUMBER_BITS
    }

    /// Whether keys have 64 bits.
    #[must_use]
    pub fn is_short(self) -> bool {
        self.user_shift == u64::BITS
    }

    /// Pack an event; `user` is a mixed id, or a number.
    #[inline(always)]
    #[must_use]
    pub fn event<K: Key>(self, user: u64, rank: u32, moment: u64) -> Event {
        let key = K::ranked(rank, self.moment_bits) | u128::from(moment);
        u128::from(user) << K::user_shift(self) | key
    }

    /// What tells users of one partition apart.
    #[inline(always)]
    #[must_use]
    pub fn user<K: Key>(self, event: Event) -> u64 {
        (event >> K::user_shift(self)) as u64
    }

    /// The id of a user, where it is not told by a number.
    #[inline]
    #[must_use]
    pub fn user_id<K: Key>(self, event: Event, partition: usize) -> i64 {
        // The partition is known where it is not part of the event, and the same where it is.
        unmix((partition as u64) << (u64::BITS - PARTITION_BITS) | self.user::<K>(event))
    }

    /// The key of an event.
    #[inline(always)]
    #[must_use]
    pub fn key<K: Key>(self, event: Event) -> K {
        K::of(event & ((1 << K::user_shift(self)) - 1))
    }

    /// The rank of the post.
    #[inline(always)]
    #[must_use]
    pub fn rank<K: Key>(self, key: K) -> u32 {
        key.after(self.moment_bits) as u32
    }

    /// Age and kind.
    #[inline(always)]
    #[must_use]
    pub fn moment<K: Key>(self, key: K) -> u64 {
        key.low() & ((1 << self.moment_bits) - 1)
    }

    /// What is at most every key with that post, and more than every key with those before it.
    #[inline(always)]
    #[must_use]
    pub fn least<K: Key>(self, rank: u32) -> K {
        K::of(u128::from(rank) << self.moment_bits)
    }

    /// A number that is before every key with that post by more than any takeback.
    #[inline(always)]
    #[must_use]
    pub fn long_before<K: Key>(self, key: K) -> K {
        key.less(1 << self.moment_bits)
    }
}

/// The key of an event, in 64 bits or more.
pub trait Key: Copy + Ord + Debug + Default + Send {
    /// The place of the user in events with such keys.
    fn user_shift(layout: Layout) -> u32;
    /// The bits of a key that hold the rank, which is that of a post.
    fn ranked(rank: u32, moment_bits: u32) -> u128;
    /// A key of so many bits as it has.
    fn of(bits: u128) -> Self;
    /// The low bits.
    fn low(self) -> u64;
    /// All but so many low bits.
    fn after(self, bits: u32) -> u64;
    /// The key less a number, wrapping.
    #[must_use]
    fn less(self, number: u64) -> Self;
    /// How far an earlier key is from this, at most 2^64 - 1.
    fn since(self, earlier: Self) -> u64;
    /// Sort, ascending, in some room.
    fn sort<V: Vector>(keys: &mut [Self], room: &mut Vec<Self>);
}

impl Key for u64 {
    #[inline(always)]
    fn user_shift(_: Layout) -> u32 {
        Self::BITS
    }

    #[inline(always)]
    fn ranked(rank: u32, moment_bits: u32) -> u128 {
        u128::from(Self::from(rank) << moment_bits)
    }

    #[inline(always)]
    fn of(bits: u128) -> Self {
        bits as Self
    }

    #[inline(always)]
    fn low(self) -> u64 {
        self
    }

    #[inline(always)]
    fn after(self, bits: u32) -> u64 {
        self >> bits
    }

    #[inline(always)]
    fn less(self, number: u64) -> Self {
        self.wrapping_sub(number)
    }

    #[inline(always)]
    fn since(self, earlier: Self) -> u64 {
        self.wrapping_sub(earlier)
    }

    #[inline(always)]
    fn sort<V: Vector>(keys: &mut [Self], room: &mut Vec<Self>) {
        sort::<V>(keys, room);
    }
}

impl Key for u128 {
    #[inline(always)]
    fn user_shift(layout: Layout) -> u32 {
        layout.user_shift
    }

    #[inline(always)]
    fn ranked(rank: u32, moment_bits: u32) -> u128 {
        Self::from(rank) << moment_bits
    }

    #[inline(always)]
    fn of(bits: u128) -> Self {
        bits
    }

    #[inline(always)]
    fn low(self) -> u64 {
        self as u64
    }

    #[inline(always)]
    fn after(self, bits: u32) -> u64 {
        (self >> bits) as u64
    }

    #[inline(always)]
    fn less(self, number: u64) -> Self {
        self.wrapping_sub(u128::from(number))
    }

    #[inline(always)]
    fn since(self, earlier: Self) -> u64 {
        u64::try_from(self.wrapping_sub(earlier)).unwrap_or(u64::MAX)
    }

    #[inline(always)]
    fn sort<V: Vector>(keys: &mut [Self], _: &mut Vec<Self>) {
        keys.sort_unstable();
    }
}
