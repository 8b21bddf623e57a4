//! Tier and reasons of the pairs that entered a list, packed as python/feedscore/facts.py says.

use super::evidence::{Gathered, ROUND, Rules, weigh};
use super::index::{MatchIndex, flag};
use super::lanes::{Lanes, lanes, set_bits};
use super::reasons::{self, NEARBY, QUIZ};
use super::shared::Shareable;
use super::shortlist::Picked;
use super::vector::Vector;

const QUIZ_SHIFT: u32 = 18;
const NEARBY_SHIFT: u32 = 24;
const GOAL_SHIFT: u32 = 29;
const INTEREST_SHIFT: u32 = 35;
const TIER_SHIFT: u32 = 62;
const QUIZ_BASE_PERCENT: i32 = 60;

/// The facts of one viewer's pairs.
#[derive(Debug)]
pub struct Facts {
    viewer: usize,
    shareable: Shareable,
    rules: Rules,
    tier_score: f32,
}

impl Facts {
    /// Facts of nobody yet.
    #[must_use]
    pub fn new(index: &MatchIndex) -> Self {
        Self {
            viewer: 0,
            shareable: Shareable::default(),
            rules: Rules::of(&index.settings),
            tier_score: index.settings.tier_a_score as f32,
        }
    }

    /// Turn to a viewer.
    pub fn seat(&mut self, index: &MatchIndex, viewer: usize) {
        self.viewer = viewer;
        self.shareable.seat(index, viewer);
    }

    /// The packed facts of the viewer and sixteen candidates.
    #[inline(always)]
    #[must_use]
    pub fn of<V: Vector>(&self, index: &MatchIndex, picked: &Picked) -> Lanes<i64> {
        let mine = &index.records[self.viewer];
        let all = Gathered::of::<V>(index, mine, &self.shareable, picked);
        let mut evidence = weigh::<V>(&self.rules, mine, picked, &all);
        let reasons = whole(evidence.order());
        let none = V::all(0.0);
        let percent = evidence.percent.minus(V::all(QUIZ_BASE_PERCENT as f32));
        let percent = whole(V::either(evidence.holds[QUIZ], percent, none));
        let km = evidence.km.smaller(V::all(63.0)).larger(V::all(1.0));
        let km = whole(V::either(evidence.holds[NEARBY], km, none));
        let mut numbers = lanes(|l| reasons[l] | percent[l] << QUIZ_SHIFT | km[l] << NEARBY_SHIFT);
        for l in set_bits(u64::from(evidence.doubtful)) {
            numbers[l] = self.weigh_exactly(index, picked.positions[l] as usize, all.shared[l]);
        }
        let good = V::all(self.tier_score).at_most(V::of(&picked.scores));
        let top = if mine.flags & flag::COMPLETE_VIEWER == 0 {
            0
        } else {
            good & all.complete()
        };
        lanes(|l| {
            i64::from(numbers[l])
                | all.goal_place[l] << GOAL_SHIFT
                | all.interest_places[l] << INTEREST_SHIFT
                | i64::from(top >> l & 1) << TIER_SHIFT
        })
    }

    /// The reasons, the quiz percent and the kilometres as the reference finds them, packed.
    #[cold]
    #[inline(never)]
    fn weigh_exactly(&self, index: &MatchIndex, candidate: usize, shared: u16) -> i32 {
        let evidence = reasons::weigh(index, self.viewer, candidate, shared);
        let percent = (100.0 * evidence.quiz + 0.5).floor() as i32 - QUIZ_BASE_PERCENT;
        let km = (evidence.km + 0.5).floor().max(1.0) as i32;
        let only = |reason: usize, value: i32| {
            if evidence.weight[reason] >= 0.0 {
                value
            } else {
                0
            }
        };
        reasons::order(&evidence.weight)
            | only(QUIZ, percent) << QUIZ_SHIFT
            | only(NEARBY, km) << NEARBY_SHIFT
    }
}

/// The nearest whole numbers of ones below 2^22; of two as near, either.
#[inline(always)]
fn whole<V: Vector>(numbers: V) -> Lanes<i32> {
    let shifted = numbers.plus(V::all(ROUND)).lanes();
    lanes(|l| shifted[l].to_bits() as i32 - ROUND.to_bits() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::lanes::LANES;
    use crate::matching::vector::Plain;

    #[test]
    fn the_nearest_whole_number() {
        for (number, nearest) in [(0.2, 0), (1.7, 2), (24.499, 24), (59.6, 60), (100.0, 100)] {
            assert_eq!(whole(Plain::all(number)), [nearest; LANES]);
        }
    }
}
