//! Tier and reasons of the pairs that entered a list, packed as python/feedscore/facts.py says.

use super::index::{MatchIndex, flag};
use super::interests::each_shared;
use super::lanes::{LANES, Lanes, lanes, set_bits};
use super::places::{EARTH_RADIUS_KM, UNITS};
use super::reasons::{self, Evidence, NEARBY, QUIZ, REASONS};
use super::score::exp_minus;
use super::shortlist::Picked;
use super::vector::Vector;

const QUIZ_SHIFT: u32 = 18;
const NEARBY_SHIFT: u32 = 24;
const GOAL_SHIFT: u32 = 29;
const INTEREST_SHIFT: u32 = 35;
const TIER_SHIFT: u32 = 62;
const QUIZ_BASE_PERCENT: i32 = 60;

/// Quick values and contributions are right to this share of 1 plus themselves; where a decision hangs on less, the
/// pair is weighed exactly.
const DOUBT: f32 = 4e-6;
/// The same of kilometres: fixed-point places make up to 10 mm.
const DOUBT_KM: f32 = 1e-4;

/// The facts of one viewer's pairs.
#[derive(Debug, Default)]
pub struct Facts {
    viewer: usize,
    /// Number of the viewer's rare interests: they come first.
    rare: usize,
    /// The viewer's common interests, rarest first: word and bit.
    common: Vec<(usize, u32)>,
    /// Goal from rare to common -> its place among the viewer's by code; 0 for others.
    goal_place: Vec<u8>,
}

/// The interests that viewer and candidate share.
#[derive(Debug, Clone, Copy, Default)]
struct Shared {
    /// The places of the first three among the viewer's, packed.
    places: i64,
    count: u16,
}

/// What eight pairs are weighed by.
#[derive(Debug, Default)]
struct Gathered {
    /// Places of shared interests and of the shared goal, packed.
    places: Lanes<i64>,
    /// Number of shared interests.
    shared: Lanes<u16>,
    /// Squared chords in units; infinite where a place is missing.
    chord: Lanes,
    cosine: Lanes,
    quality: Lanes,
    days: Lanes,
    goals: Lanes,
    goal_union: Lanes,
    interests: Lanes,
    interest_union: Lanes,
    /// Infinite where a vector, a rating, anything is missing; else 0.
    no_quiz: Lanes,
    unrated: Lanes,
    complete: Lanes,
}

impl Facts {
    /// Turn to a viewer.
    pub fn seat(&mut self, index: &MatchIndex, viewer: usize) {
        self.viewer = viewer;
        self.rare = index.interests.of(viewer).len();
        self.common.clear();
        for (word, bits) in index.common(viewer).into_iter().enumerate() {
            self.common
                .extend(set_bits(bits).map(|bit| (word, bit as u32)));
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

    /// The packed facts of the viewer and eight candidates.
    #[inline(always)]
    #[must_use]
    pub fn of<V: Vector>(&self, index: &MatchIndex, picked: &Picked) -> Lanes<i64> {
        let candidates = &picked.positions;
        let shared = self.shared_interests(index, candidates);
        let all = self.gather(index, picked, &shared);
        let (evidence, mut doubt) = weigh_quickly::<V>(index, &all);
        let reasons = order_eight(&evidence.weight, &mut doubt);
        let tier = index.settings.tier_a_score as f32;
        let only = |weight: f32, value: i32| if weight >= 0.0 { value } else { 0 };
        let mut numbers = lanes(|l| {
            let percent = nearest(100.0 * evidence.quiz[l]) - QUIZ_BASE_PERCENT;
            let km = evidence.km[l];
            let km = nearest(if km < 63.0 { km } else { 63.0 }).max(1);
            let quiz = only(evidence.weight[QUIZ][l], percent);
            let near = only(evidence.weight[NEARBY][l], km);
            reasons[l] | quiz << QUIZ_SHIFT | near << NEARBY_SHIFT
        });
        if doubt != [0; LANES] {
            for l in 0..LANES {
                if doubt[l] != 0 {
                    numbers[l] = self.weigh_exactly(index, candidates[l] as usize, all.shared[l]);
                }
            }
        }
        let top = lanes(|l| i64::from((picked.scores[l] >= tier) & (all.complete[l] == 0.0)));
        lanes(|l| i64::from(numbers[l]) | all.places[l] | top[l] << TIER_SHIFT)
    }

    /// Test the viewer's interests one by one against eight candidates at once.
    #[inline(always)]
    fn shared_interests(&self, index: &MatchIndex, candidates: &Lanes<u32>) -> Lanes<Shared> {
        if self.rare + self.common.len() > 64 {
            return lanes(|l| self.shared_of_many(index, candidates[l] as usize));
        }
        let mut words = [[0_u64; LANES]; 4];
        let mut held = [0_u64; LANES];
        for l in 0..LANES {
            let candidate = candidates[l] as usize;
            let common = index.common(candidate);
            for (word, bits) in words.iter_mut().zip(common) {
                word[l] = bits;
            }
            if self.rare > 0 {
                self.each_shared_rare(index, candidate, |place| held[l] |= 1 << place);
            }
        }
        for (at, &(word, bit)) in self.common.iter().enumerate() {
            for l in 0..LANES {
                held[l] |= (words[word & 3][l] >> bit & 1) << (self.rare + at);
            }
        }
        lanes(|l| {
            let mut rest = held[l];
            let mut places = 0;
            for slot in 0..3 {
                // 64 zeros before the end: no interest left, and place 0.
                let place = i64::from(rest.trailing_zeros()) + 1;
                places |= (if place == 65 { 0 } else { place }) << (9 * slot);
                rest &= rest.wrapping_sub(1);
            }
            Shared {
                places,
                count: held[l].count_ones() as u16,
            }
        })
    }

    fn each_shared_rare(&self, index: &MatchIndex, candidate: usize, call: impl FnMut(usize)) {
        let (mine, theirs) = (
            index.interests.of(self.viewer),
            index.interests.of(candidate),
        );
        each_shared(mine, theirs, call);
    }

    #[cold]
    fn shared_of_many(&self, index: &MatchIndex, candidate: usize) -> Shared {
        let mut shared = Shared::default();
        let mut add = |place: usize| {
            if shared.count < 3 {
                shared.places |= (place as i64 + 1) << (9 * shared.count);
            }
            shared.count += 1;
        };
        self.each_shared_rare(index, candidate, &mut add);
        let words = index.common(candidate);
        for (at, &(word, bit)) in self.common.iter().enumerate() {
            if words[word] >> bit & 1 == 1 {
                add(self.rare + at);
            }
        }
        shared
    }

    /// Bring together what eight pairs are weighed by.
    #[inline(always)]
    fn gather(&self, index: &MatchIndex, picked: &Picked, shared: &Lanes<Shared>) -> Gathered {
        let mine = &index.records[self.viewer];
        let mut all = Gathered::default();
        for l in 0..LANES {
            let theirs = &index.records[picked.positions[l] as usize];
            let known = |holds: bool| if holds { 0.0 } else { f32::INFINITY };
            all.chord[l] = picked.chords[l];
            all.cosine[l] = picked.cosines[l];
            all.no_quiz[l] = known(mine.flags & theirs.flags & flag::QUIZ != 0);
            all.unrated[l] = known(theirs.flags & flag::RATED != 0);
            let complete = theirs.flags & flag::COMPLETE_CANDIDATE != 0
                && mine.flags & flag::COMPLETE_VIEWER != 0;
            all.complete[l] = known(complete);
            all.quality[l] = theirs.quality;
            all.days[l] = theirs.days;
            let goals = mine.goals & theirs.goals;
            let goal = self.goal_place[goals.trailing_zeros() as usize];
            all.places[l] = i64::from(goal) << GOAL_SHIFT | shared[l].places << INTEREST_SHIFT;
            all.shared[l] = shared[l].count;
            let goals = goals.count_ones();
            all.goals[l] = goals as f32;
            all.goal_union[l] =
                (u32::from(mine.goal_count) + u32::from(theirs.goal_count) - goals) as f32;
            all.interests[l] = f32::from(shared[l].count);
            all.interest_union[l] =
                f32::from(mine.interest_count + theirs.interest_count - shared[l].count);
        }
        all
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

/// The evidence in f32, and where it does not do.
#[inline(always)]
fn weigh_quickly<V: Vector>(index: &MatchIndex, all: &Gathered) -> (Evidence<Lanes>, Lanes<u32>) {
    let (s, w) = (&index.settings, &index.settings.weights);
    let quiz = lanes(|l| 0.5 + 0.5 * all.cosine[l] - all.no_quiz[l]);
    let km = lanes(|l| {
        let half = all.chord[l].sqrt() * (0.5 / UNITS) as f32;
        half * (1.0 + half * half / 6.0) * (2.0 * EARTH_RADIUS_KM) as f32
    });
    let rated = lanes(|l| all.quality[l] - all.unrated[l]);
    let scales = (s.proximity_scale_km as f32, s.newness_scale_days as f32);
    let nearness = exp_minus(V::of(&km).over(V::all(scales.0))).lanes();
    let newness = exp_minus(V::of(&all.days).over(V::all(scales.1))).lanes();
    // Quality is compared as it is stored, so a limit between two f32 becomes the next above.
    let (enough, near, new) = (
        s.quiz_reason_value as f32,
        s.nearby_reason_km as f32,
        s.new_here_days as f32,
    );
    let highly = next_f32(s.highly_rated_value);
    let weight: [Lanes; REASONS] = [
        weigh(w.quiz, 0, |l| (quiz[l], quiz[l] >= enough)),
        weigh(w.interests, 1, |l| {
            (
                all.interests[l] / (all.interest_union[l] + 1e-30),
                all.interests[l] > 0.0,
            )
        }),
        weigh(w.proximity, 2, |l| (nearness[l], km[l] <= near)),
        weigh(w.goals, 3, |l| {
            (
                all.goals[l] / (all.goal_union[l] + 1e-30),
                all.goals[l] > 0.0,
            )
        }),
        weigh(w.rating_quality, 4, |l| (rated[l], rated[l] >= highly)),
        weigh(w.newness, 5, |l| (newness[l], all.days[l] <= new)),
    ];
    let doubt = lanes(|l| {
        let percent = 100.0 * quiz[l];
        let off_percent = (percent - (percent + ROUND - ROUND)).abs() > 0.5 - 100.0 * DOUBT;
        let off_km = (km[l] - (km[l] + ROUND - ROUND)).abs() > 0.5 - DOUBT_KM;
        let off_limits = ((quiz[l] - enough).abs() < DOUBT) | ((km[l] - near).abs() < DOUBT_KM);
        u32::from(off_percent | off_km | off_limits)
    });
    (Evidence { weight, quiz, km }, doubt)
}

/// Weight times value, and a number of its own below 0 where the reason does not hold.
#[inline(always)]
fn weigh(weight: f64, reason: usize, value: impl Fn(usize) -> (f32, bool)) -> Lanes {
    let (weight, none) = (weight as f32, -1.0 - reason as f32);
    lanes(|l| {
        let (value, holds) = value(l);
        if holds { weight * value } else { none }
    })
}

/// Added and taken away again, this rounds numbers below 2^22 to whole ones.
const ROUND: f32 = 12_582_912.0;

/// The nearest whole number of one below 2^22; of two as near, either.
#[inline(always)]
fn nearest(value: f32) -> i32 {
    (value + ROUND).to_bits() as i32 - ROUND.to_bits() as i32
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

/// The slots of the reasons that hold, strongest first; of equal ones the one with the smaller code first. Contributions
/// that are too close to tell apart are marked as doubtful.
#[inline(always)]
fn order_eight(weight: &[Lanes; REASONS], doubt: &mut Lanes<u32>) -> Lanes<i32> {
    let mut shifts = [[0_u32; LANES]; REASONS];
    for i in 1..REASONS {
        for j in 0..i {
            for l in 0..LANES {
                let (a, b) = (weight[j][l], weight[i][l]);
                let first = if a >= b { 3 } else { 0 };
                shifts[i][l] += first;
                shifts[j][l] += 3 - first;
                doubt[l] |= u32::from((a - b).abs() < DOUBT + DOUBT * a.abs());
            }
        }
    }
    let mut packed = [0; LANES];
    for i in 0..REASONS {
        for l in 0..LANES {
            packed[l] |= if weight[i][l] >= 0.0 {
                (i as i32 + 1) << (shifts[i][l] & 31)
            } else {
                0
            };
        }
    }
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_stand_in_the_order_of_their_contributions() {
        let weights = [0.1, -2.0, 0.3, 0.1, -5.0, 0.0];
        let mut doubt = [0; LANES];
        assert_eq!(
            order_eight(&weights.map(|w| [w; LANES]), &mut doubt),
            [3 | 1 << 3 | 4 << 6 | 6 << 9; LANES]
        );
        assert_eq!(doubt, [1; LANES]);
        assert_eq!(
            reasons::order(&weights.map(f64::from)),
            3 | 1 << 3 | 4 << 6 | 6 << 9
        );
        let mut doubt = [0; LANES];
        order_eight(
            &[0.1, -2.0, 0.3, 0.2, -5.0, 0.0].map(|w| [w; LANES]),
            &mut doubt,
        );
        assert_eq!(doubt, [0; LANES]);
    }

    #[test]
    fn the_nearest_whole_number() {
        assert_eq!(
            [0.2, 1.7, 24.499, 59.6, 100.0].map(nearest),
            [0, 2, 24, 60, 100]
        );
    }
}
