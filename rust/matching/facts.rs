//! Tier and reasons of the pairs that entered a list, packed as python/feedscore/facts.py says.

use super::index::{MatchIndex, Record, flag};
use super::places::{EARTH_RADIUS_KM, UNITS, chord_square, distance_km};
use super::score::exp_minus;

const QUIZ_SHIFT: u32 = 18;
const NEARBY_SHIFT: u32 = 24;
const GOAL_SHIFT: u32 = 29;
const INTEREST_SHIFT: u32 = 35;
const TIER_SHIFT: u32 = 62;
const QUIZ_BASE_PERCENT: f64 = 60.0;

/// All kinds of reasons, in the order of their codes, from 1.
const REASONS: usize = 6;
const QUIZ: usize = 0;
const INTERESTS: usize = 1;
const NEARBY: usize = 2;
const GOAL: usize = 3;
const HIGHLY_RATED: usize = 4;
const NEW_HERE: usize = 5;

/// Quick values are right to this; where a decision hangs on less, the pair is computed exactly.
const DOUBT: f64 = 2e-6;
/// The same of kilometres: fixed-point places make up to 10 mm.
const DOUBT_KM: f64 = 5e-5;

/// What the tier and the reasons of a pair are decided by.
struct Evidence {
    quiz: f64,
    shared_interests: bool,
    jaccard: f64,
    /// Infinite where a place is unknown.
    km: f64,
    nearness: f64,
    goal_jaccard: f64,
    newness: f64,
}

/// The facts of one viewer's pairs.
#[derive(Debug)]
pub struct Facts {
    viewer: usize,
    /// Rank of an interest -> its place among the viewer's, from 1; 0 for others.
    place: Box<[u16; 1 << 16]>,
    inverse_length: f64,
    rows_f64: Vec<f64>,
}

impl Facts {
    /// For no viewer yet.
    #[must_use]
    pub fn new() -> Self {
        Self { viewer: 0, place: Box::new([0; 1 << 16]), inverse_length: 0.0, rows_f64: Vec::new() }
    }

    /// Turn to a viewer.
    pub fn seat(&mut self, index: &MatchIndex, viewer: usize) {
        if self.viewer < index.len() {
            for &rank in index.interests.of(self.viewer) {
                self.place[rank as usize] = 0;
            }
        }
        for (at, &rank) in index.interests.of(viewer).iter().enumerate() {
            self.place[rank as usize] = at as u16 + 1;
        }
        self.viewer = viewer;
        self.rows_f64.clear();
        self.rows_f64.extend(index.quiz.of(viewer).iter().map(|&x| f64::from(x)));
        self.inverse_length = inverse_length(index.quiz.of(viewer));
    }

    /// The packed facts of the viewer and a candidate that scored so.
    #[inline(always)]
    #[must_use]
    pub fn of(&self, index: &MatchIndex, candidate: usize, score: f32) -> i64 {
        let (mine, theirs) = (&index.records[self.viewer], &index.records[candidate]);
        let (places, shared) = self.shared_interests(index, candidate);
        let s = &index.settings;
        let union = mine.interest_count + theirs.interest_count - shared;
        let jaccard = f64::from(shared) / f64::from(union.max(1));
        let quiz_known = mine.flags & theirs.flags & flag::QUIZ != 0;
        let both_placed = mine.flags & theirs.flags & flag::PLACED != 0;
        let goals = mine.goals & theirs.goals;
        let goal_union = f64::from(mine.goal_count) + f64::from(theirs.goal_count) - f64::from(goals.count_ones());
        let mut evidence = Evidence {
            quiz: self.quick_quiz(index, candidate, theirs),
            shared_interests: shared > 0,
            jaccard,
            km: if both_placed { quick_km(mine, theirs) } else { f64::INFINITY },
            nearness: 0.0,
            goal_jaccard: f64::from(goals.count_ones()) / goal_union.max(1.0),
            newness: f64::from(exp_minus((f64::from(theirs.days) / s.newness_scale_days) as f32)),
        };
        evidence.nearness = f64::from(exp_minus((evidence.km / s.proximity_scale_km) as f32));
        let mut present = self.present(index, theirs, &evidence, quiz_known, goals);
        let mut contributions = contributions(index, theirs, &evidence);
        if doubtful(index, &evidence, quiz_known, &present, &contributions) {
            self.weigh_exactly(index, candidate, both_placed, &mut evidence);
            present = self.present(index, theirs, &evidence, quiz_known, goals);
            contributions = self::contributions(index, theirs, &evidence);
        }
        let mut packed = order(&present, &contributions);
        if present[QUIZ] {
            packed |= ((round_half_up(100.0 * evidence.quiz) - QUIZ_BASE_PERCENT) as i64) << QUIZ_SHIFT;
        }
        if present[NEARBY] {
            packed |= (round_half_up(evidence.km).max(1.0) as i64) << NEARBY_SHIFT;
        }
        if present[GOAL] {
            packed |= goal_place(index, mine.goals, goals) << GOAL_SHIFT;
        }
        if present[INTERESTS] {
            packed |= places << INTEREST_SHIFT;
        }
        let top = score >= s.tier_a_score as f32 && complete(mine, theirs);
        packed | i64::from(top) << TIER_SHIFT
    }

    /// The packed places of the first three shared interests, and the number of all.
    #[inline(always)]
    fn shared_interests(&self, index: &MatchIndex, candidate: usize) -> (i64, u16) {
        let mut packed = 0_i64;
        let mut shared = 0_u16;
        for &rank in index.interests.of(candidate) {
            let place = self.place[rank as usize];
            let kept = if shared < 3 { i64::from(place) } else { 0 };
            packed |= kept << (9 * shared.min(3));
            shared += u16::from(place != 0);
        }
        (packed, shared)
    }

    #[inline(always)]
    fn quick_quiz(&self, index: &MatchIndex, candidate: usize, theirs: &Record) -> f64 {
        let mut sums = [0.0_f64; 8];
        let (mine, theirs_row) = (&self.rows_f64[..], index.quiz.of(candidate));
        let (eights, rest) = theirs_row.as_chunks::<8>();
        let (my_eights, my_rest) = mine.as_chunks::<8>();
        for (a, b) in my_eights.iter().zip(eights) {
            for l in 0..8 {
                sums[l] += a[l] * f64::from(b[l]);
            }
        }
        let tail: f64 = my_rest.iter().zip(rest).map(|(a, &b)| a * f64::from(b)).sum();
        let dot = ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])) + tail;
        0.5 + 0.5 * dot * self.inverse_length * f64::from(theirs.quiz_scale)
    }

    #[inline(always)]
    fn present(
        &self,
        index: &MatchIndex,
        theirs: &Record,
        evidence: &Evidence,
        quiz_known: bool,
        shared_goals: u64,
    ) -> [bool; REASONS] {
        let s = &index.settings;
        [
            quiz_known && evidence.quiz >= s.quiz_reason_value,
            evidence.shared_interests,
            evidence.km <= s.nearby_reason_km,
            shared_goals != 0,
            theirs.flags & flag::RATED != 0 && f64::from(theirs.quality) >= s.highly_rated_value,
            theirs.days <= s.new_here_days as f32,
        ]
    }

    /// Replace the quick values by those of the reference.
    #[cold]
    fn weigh_exactly(&self, index: &MatchIndex, candidate: usize, both_placed: bool, evidence: &mut Evidence) {
        let s = &index.settings;
        let theirs = index.quiz.of(candidate);
        let dot: f64 = self.rows_f64.iter().zip(theirs).map(|(a, &b)| a * f64::from(b)).sum();
        evidence.quiz = f64::midpoint(1.0, (dot * self.inverse_length * inverse_length(theirs)).clamp(-1.0, 1.0));
        if both_placed {
            evidence.km = distance_km(index.degrees[self.viewer], index.degrees[candidate]);
        }
        evidence.nearness = (-evidence.km / s.proximity_scale_km).exp();
        evidence.newness = (-f64::from(index.records[candidate].days) / s.newness_scale_days).exp();
    }
}

fn inverse_length(row: &[f32]) -> f64 {
    let square: f64 = row.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    if square > 0.0 { 1.0 / square.sqrt() } else { 0.0 }
}

/// The distance of two places; beyond 100 km some larger number.
#[inline(always)]
fn quick_km(mine: &Record, theirs: &Record) -> f64 {
    let half_chord = chord_square(mine.point, theirs.point).sqrt() * (0.5 / UNITS);
    2.0 * EARTH_RADIUS_KM * half_chord * (1.0 + half_chord * half_chord / 6.0)
}

#[inline(always)]
fn contributions(index: &MatchIndex, theirs: &Record, evidence: &Evidence) -> [f64; REASONS] {
    let w = &index.settings.weights;
    [
        w.quiz * evidence.quiz,
        w.interests * evidence.jaccard,
        w.proximity * evidence.nearness,
        w.goals * evidence.goal_jaccard,
        w.rating_quality * f64::from(theirs.quality),
        w.newness * evidence.newness,
    ]
}

/// Whether a decision hangs on less than the quick values can tell.
#[inline(always)]
fn doubtful(
    index: &MatchIndex,
    evidence: &Evidence,
    quiz_known: bool,
    present: &[bool; REASONS],
    contributions: &[f64; REASONS],
) -> bool {
    let s = &index.settings;
    let percent = 100.0 * evidence.quiz;
    let mut doubt = quiz_known & ((percent - percent.floor() - 0.5).abs() < 100.0 * DOUBT);
    doubt |= quiz_known & ((evidence.quiz - s.quiz_reason_value).abs() < DOUBT);
    doubt |= (evidence.km - s.nearby_reason_km).abs() < DOUBT_KM;
    doubt |= present[NEARBY] & ((evidence.km - evidence.km.floor() - 0.5).abs() < DOUBT_KM);
    // Only the quick ones can be mistaken for each other or for another.
    for quick in [QUIZ, NEARBY, NEW_HERE] {
        for other in 0..REASONS {
            let close = (contributions[quick] - contributions[other]).abs() < DOUBT * (1.0 + contributions[quick]);
            doubt |= (other != quick) & present[quick] & present[other] & close;
        }
    }
    doubt
}

/// The slots of the present reasons, strongest first; of equal ones the one with the smaller code first.
#[inline(always)]
fn order(present: &[bool; REASONS], contributions: &[f64; REASONS]) -> i64 {
    let mut packed = 0;
    for i in 0..REASONS {
        let mut slot = 0_u32;
        for j in 0..REASONS {
            let before = if j < i { contributions[j] >= contributions[i] } else { contributions[j] > contributions[i] };
            slot += u32::from(present[j] & before);
        }
        packed |= i64::from(present[i]) * (i as i64 + 1) << (3 * slot);
    }
    packed
}

/// Whether no factor of the pair is missing.
#[inline(always)]
fn complete(mine: &Record, theirs: &Record) -> bool {
    const BOTH: u8 = flag::PLACED | flag::QUIZ | flag::AGES;
    let either = mine.interest_count.min(theirs.interest_count) > 0 && mine.goal_count.min(theirs.goal_count) > 0;
    let needed = |record: &Record, flags: u8| record.flags & flags == flags;
    either && needed(mine, BOTH | flag::PREFERENCE) && needed(theirs, BOTH | flag::RATED | flag::ATTRIBUTES)
}

/// The place of the rarest shared goal among the viewer's goals.
#[inline(always)]
fn goal_place(index: &MatchIndex, mine: u64, mut shared: u64) -> i64 {
    let (mut rarest, mut rarity) = (0, u8::MAX);
    while shared != 0 {
        let goal = shared.trailing_zeros();
        if index.goal_rarity[goal as usize] < rarity {
            (rarest, rarity) = (goal, index.goal_rarity[goal as usize]);
        }
        shared &= shared - 1;
    }
    i64::from((mine & ((1 << rarest) - 1)).count_ones())
}

fn round_half_up(value: f64) -> f64 {
    (value + 0.5).floor()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_stand_in_the_order_of_their_contributions() {
        let present = [true, false, true, true, false, true];
        let packed = order(&present, &[0.1, 9.0, 0.3, 0.1, 9.0, 0.0]);
        assert_eq!(packed, 3 | 1 << 3 | 4 << 6 | 6 << 9);
    }

    #[test]
    fn halves_round_upwards() {
        assert_eq!([0.5, 1.5, 24.499, 59.5].map(round_half_up), [1.0, 2.0, 24.0, 60.0]);
    }
}
