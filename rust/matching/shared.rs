//! The interests and the goal that a viewer shares with candidates, as places in the viewer's own lists.

use super::index::{MatchIndex, Record};
use super::interests::{Common, WORDS, each_shared};
use super::lanes::set_bits;
use super::vector::Vector;

/// Bits of a place; 0 is none.
const PLACE_BITS: u32 = 9;
/// Places that are told.
const PLACES: u32 = 3;

/// The interests that viewer and candidate share.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shared {
    /// The places of the first three among the viewer's, counted from 1, packed.
    pub places: i64,
    /// How many they are.
    pub count: u16,
}

/// What one viewer may share.
#[derive(Debug, Default)]
pub struct Shareable {
    viewer: usize,
    /// Number of the viewer's rare interests: they come first.
    rare: usize,
    /// The viewer's common interests.
    common: Common,
    /// Word of the common interests -> number of the viewer's interests before.
    before: [u32; WORDS],
    /// Number of interests.
    count: usize,
    /// Goal from rare to common -> its place among the viewer's by code; 0 for others.
    goal_place: Vec<u8>,
}

impl Shareable {
    /// Turn to a viewer.
    pub fn seat(&mut self, index: &MatchIndex, viewer: usize) {
        self.viewer = viewer;
        self.rare = index.interests.of(viewer).len();
        self.common = index.common(viewer);
        self.count = self.rare;
        for (before, word) in self.before.iter_mut().zip(self.common) {
            *before = self.count as u32;
            self.count += word.count_ones() as usize;
        }
        let goals = index.records[viewer].goals;
        let code = |goal: usize| index.goals[goal];
        let by_code = set_bits(goals).fold(0_u64, |codes, goal| codes | 1 << code(goal));
        self.goal_place.clear();
        self.goal_place.resize(65, 0);
        for goal in set_bits(goals) {
            let before = by_code & ((1 << code(goal)) - 1);
            self.goal_place[goal] = before.count_ones() as u8;
        }
    }

    /// The place of the rarest goal that the viewer shares, and the number of all that are shared.
    #[inline(always)]
    #[must_use]
    pub fn goals(&self, mine: &Record, theirs: &Record) -> (i64, u32) {
        let goals = mine.goals & theirs.goals;
        let place = self.goal_place[goals.trailing_zeros() as usize];
        (i64::from(place), goals.count_ones())
    }

    /// The interests that the viewer shares with a candidate.
    #[inline(always)]
    #[must_use]
    pub fn interests<V: Vector>(&self, index: &MatchIndex, candidate: usize) -> Shared {
        if self.count > 64 {
            return self.interests_of_many(index, candidate);
        }
        let theirs = index.common(candidate);
        let mut held = 0_u64;
        for word in 0..WORDS {
            // Where 64 come before, none is left to share.
            held |= V::extract(theirs[word], self.common[word]) << (self.before[word] & 63);
        }
        if self.rare > 0 {
            self.each_rare(index, candidate, |place| held |= 1 << place);
        }
        let mut rest = held;
        let mut places = 0;
        for slot in 0..PLACES {
            let place = i64::from(rest.trailing_zeros()) + 1;
            places |= (if rest == 0 { 0 } else { place }) << (PLACE_BITS * slot);
            rest &= rest.wrapping_sub(1);
        }
        Shared {
            places,
            count: held.count_ones() as u16,
        }
    }

    #[inline(never)]
    fn each_rare(&self, index: &MatchIndex, candidate: usize, call: impl FnMut(usize)) {
        let (mine, theirs) = (
            index.interests.of(self.viewer),
            index.interests.of(candidate),
        );
        each_shared(mine, theirs, call);
    }

    #[cold]
    #[inline(never)]
    fn interests_of_many(&self, index: &MatchIndex, candidate: usize) -> Shared {
        let mut shared = Shared::default();
        let mut add = |place: usize| {
            if u32::from(shared.count) < PLACES {
                shared.places |= (place as i64 + 1) << (PLACE_BITS * u32::from(shared.count));
            }
            shared.count += 1;
        };
        self.each_rare(index, candidate, &mut add);
        let theirs = index.common(candidate);
        for word in 0..WORDS {
            for (place, bit) in set_bits(self.common[word]).enumerate() {
                if theirs[word] >> bit & 1 == 1 {
                    add(self.before[word] as usize + place);
                }
            }
        }
        shared
    }
}
