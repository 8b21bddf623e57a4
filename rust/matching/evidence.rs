//! What the reasons of sixteen pairs are decided by, in f32, and where that does not do.

use super::index::{MatchIndex, Record, flag};
use super::lanes::{LANES, Lanes};
use super::masks::bytes_with;
use super::places::{EARTH_RADIUS_KM, UNITS};
use super::reasons::{NEARBY, QUIZ, REASONS};
use super::series::exp_minus;
use super::settings::Settings;
use super::shared::Shareable;
use super::shortlist::Picked;
use super::vector::Vector;

/// Quick values and contributions are right to this share of 1 plus themselves; where a decision hangs on less, the
/// pair is weighed exactly.
const DOUBT: f32 = 4e-6;
/// The same of kilometres: fixed-point places make up to 10 mm.
const DOUBT_KM: f32 = 1e-4;
/// Added and taken away again, this rounds numbers below 2^22 to whole ones.
pub const ROUND: f32 = 12_582_912.0;

/// What is brought together of sixteen candidates.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The places of shared interests and of the shared goal, each at its own low end.
    pub interest_places: Lanes<i64>,
    /// The place of the shared goal.
    pub goal_place: Lanes<i64>,
    /// Number of shared interests.
    pub shared: Lanes<u16>,
    interests: Lanes,
    interest_count: Lanes,
    goals: Lanes,
    goal_count: Lanes,
    quality: Lanes,
    days: Lanes,
    flags: Lanes<u8>,
}

impl Gathered {
    /// Bring together what is known of the picked candidates.
    #[inline(always)]
    pub fn of<V: Vector>(
        index: &MatchIndex,
        mine: &Record,
        shareable: &Shareable,
        picked: &Picked,
    ) -> Self {
        let mut all = Self::default();
        for l in 0..LANES {
            let candidate = picked.positions[l] as usize;
            let theirs = &index.records[candidate];
            let shared = shareable.interests::<V>(index, candidate);
            let (goal_place, goals) = shareable.goals(mine, theirs);
            all.interest_places[l] = shared.places;
            all.goal_place[l] = goal_place;
            all.shared[l] = shared.count;
            all.interests[l] = f32::from(shared.count);
            all.interest_count[l] = f32::from(theirs.interest_count);
            all.goals[l] = goals as f32;
            all.goal_count[l] = f32::from(theirs.goal_count);
            all.quality[l] = theirs.quality;
            all.days[l] = theirs.days;
            all.flags[l] = theirs.flags;
        }
        all
    }

    /// The candidates, a bit each, of whom nothing is missing.
    #[inline(always)]
    #[must_use]
    pub fn complete(&self) -> u32 {
        bytes_with(&self.flags, flag::COMPLETE_CANDIDATE)
    }
}

/// What reasons are made of, as f32.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    weights: [f32; REASONS],
    quiz_value: f32,
    nearby_km: f32,
    proximity_scale_km: f32,
    highly_rated: f32,
    new_here_days: f32,
    newness_scale_days: f32,
}

impl Rules {
    /// Take them from the settings.
    #[must_use]
    pub fn of(s: &Settings) -> Self {
        let w = &s.weights;
        let weights = [
            w.quiz,
            w.interests,
            w.proximity,
            w.goals,
            w.rating_quality,
            w.newness,
        ];
        Self {
            weights: weights.map(|weight| weight as f32),
            quiz_value: s.quiz_reason_value as f32,
            nearby_km: s.nearby_reason_km as f32,
            proximity_scale_km: s.proximity_scale_km as f32,
            highly_rated: next_f32(s.highly_rated_value),
            new_here_days: s.new_here_days as f32,
            newness_scale_days: s.newness_scale_days as f32,
        }
    }
}

/// What sixteen pairs are decided by.
#[derive(Debug)]
pub struct Evidence<V> {
    /// Contributions to the score, by reason; below 0, and all different, where the reason does not hold.
    pub weight: [V; REASONS],
    /// The pairs, a bit each, for which the reason holds.
    pub holds: [u32; REASONS],
    /// The value of the factor, in percent.
    pub percent: V,
    /// The distance; infinite where a place is unknown.
    pub km: V,
    /// The pairs, a bit each, that have to be weighed exactly.
    pub doubtful: u32,
}

/// Weigh the candidates that were picked for a viewer.
#[inline(always)]
pub fn weigh<V: Vector>(
    rules: &Rules,
    mine: &Record,
    picked: &Picked,
    all: &Gathered,
) -> Evidence<V> {
    let one = V::all(1.0);
    let quiz = V::all(0.5).plus(V::all(0.5).times(V::of(&picked.cosines)));
    let half = V::of(&picked.chords)
        .root()
        .times(V::all((0.5 / UNITS) as f32));
    let bow = one.plus(half.times(half).over(V::all(6.0)));
    let km = half
        .times(bow)
        .times(V::all((2.0 * EARTH_RADIUS_KM) as f32));
    let (quality, days) = (V::of(&all.quality), V::of(&all.days));
    let (interests, goals) = (V::of(&all.interests), V::of(&all.goals));
    let mine_count = (f32::from(mine.interest_count), f32::from(mine.goal_count));
    let values = [
        quiz,
        likeness(interests, mine_count.0, &all.interest_count),
        exp_minus(km.over(V::all(rules.proximity_scale_km))),
        likeness(goals, mine_count.1, &all.goal_count),
        quality,
        exp_minus(days.over(V::all(rules.newness_scale_days))),
    ];
    let quizzed = if mine.flags & flag::QUIZ == 0 {
        0
    } else {
        bytes_with(&all.flags, flag::QUIZ)
    };
    let holds = [
        quizzed & V::all(rules.quiz_value).at_most(quiz),
        one.at_most(interests),
        km.at_most(V::all(rules.nearby_km)),
        one.at_most(goals),
        bytes_with(&all.flags, flag::RATED) & V::all(rules.highly_rated).at_most(quality),
        days.at_most(V::all(rules.new_here_days)),
    ];
    let mut weight = [one; REASONS];
    for reason in 0..REASONS {
        let contribution = V::all(rules.weights[reason]).times(values[reason]);
        let none = V::all(-1.0 - reason as f32);
        weight[reason] = V::either(holds[reason], contribution, none);
    }
    let percent = V::all(100.0).times(quiz);
    let doubtful = quizzed & is_near(quiz, rules.quiz_value, DOUBT)
        | holds[QUIZ] & is_between(percent, 100.0 * DOUBT)
        | is_near(km, rules.nearby_km, DOUBT_KM)
        | holds[NEARBY] & is_between(km, DOUBT_KM);
    Evidence {
        weight,
        holds,
        percent,
        km,
        doubtful,
    }
}

// Functions, not closures: those would not be compiled for the caller's instruction set.

/// What is shared of the union.
#[inline(always)]
fn likeness<V: Vector>(shared: V, mine: f32, theirs: &Lanes) -> V {
    let union = V::all(mine).plus(V::of(theirs)).minus(shared);
    shared.over(union.larger(V::all(1.0)))
}

/// The numbers, a bit each, that are too near a limit to be told from it.
#[inline(always)]
fn is_near<V: Vector>(value: V, limit: f32, doubt: f32) -> u32 {
    let off = value.minus(V::all(limit)).size();
    off.at_most(V::all(doubt))
}

/// The numbers, a bit each, that are too near the middle between two whole ones.
#[inline(always)]
fn is_between<V: Vector>(value: V, doubt: f32) -> u32 {
    let off = value.minus(value.plus(V::all(ROUND)).minus(V::all(ROUND)));
    V::all(0.5 - doubt).at_most(off.size())
}

impl<V: Vector> Evidence<V> {
    /// The slots of the reasons that hold, strongest first, as one whole number below 2^18; of equal ones the one with
    /// the smaller code first. Contributions that are too close to tell apart are marked as doubtful.
    #[inline(always)]
    pub fn order(&mut self) -> V {
        let next_slot = V::all(8.0);
        let mut slots = [V::all(0.0); REASONS];
        for reason in 0..REASONS {
            slots[reason] = V::all(reason as f32 + 1.0);
        }
        for i in 1..REASONS {
            for j in 0..i {
                let (a, b) = (self.weight[j], self.weight[i]);
                let first = b.at_most(a);
                slots[i] = V::either(first, slots[i].times(next_slot), slots[i]);
                slots[j] = V::either(first, slots[j], slots[j].times(next_slot));
                let doubt = V::all(DOUBT).plus(V::all(DOUBT).times(a.size()));
                self.doubtful |= a.minus(b).size().at_most(doubt);
            }
        }
        let mut packed = V::all(0.0);
        for reason in 0..REASONS {
            let slot = V::either(self.holds[reason], slots[reason], V::all(0.0));
            packed = packed.plus(slot);
        }
        packed
    }
}

/// The smallest f32 that is not below.
fn next_f32(value: f64) -> f32 {
    let near = value as f32;
    if f64::from(near) < value {
        near.next_up()
    } else {
        near
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::reasons;
    use crate::matching::vector::Plain;

    fn ordered(weight: [f32; REASONS]) -> (f32, u32) {
        let mut evidence = Evidence {
            weight: weight.map(Plain::all),
            holds: weight.map(|weight| if weight >= 0.0 { u32::MAX } else { 0 }),
            percent: Plain::all(0.0),
            km: Plain::all(0.0),
            doubtful: 0,
        };
        let packed = evidence.order().lanes();
        assert_eq!(packed, [packed[0]; LANES]);
        (packed[0], evidence.doubtful)
    }

    #[test]
    fn reasons_stand_in_the_order_of_their_contributions() {
        let weights = [0.1, -2.0, 0.3, 0.1, -5.0, 0.0];
        let expected = 3 | 1 << 3 | 4 << 6 | 6 << 9;
        assert_eq!(ordered(weights), (expected as f32, 0xFFFF));
        assert_eq!(reasons::order(&weights.map(f64::from)), expected);
        assert_eq!(ordered([0.1, -2.0, 0.3, 0.2, -5.0, 0.0]).1, 0);
    }
}
