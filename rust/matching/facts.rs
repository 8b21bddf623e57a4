//! Tier and reasons of the pairs that entered a list, packed as python/feedscore/facts.py says.

use super::index::{MatchIndex, NOBODY};
use super::interests::{RankTable, each_bit};
use super::lanes::{LANES, Lanes, lanes, smaller};
use super::quick::{Gathered, nearest, order_eight, weigh_quickly};
use super::reasons::{self, NEARBY, QUIZ};
use super::record::{Record, flag};

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
    /// The viewer's quiz vector, of length 1.
    quiz: Vec<f32>,
    /// Rank of an interest -> its place among the viewer's, from 1; 0 for others.
    place: RankTable,
    /// The viewer's interests, rarest first; of those that are bits, the word and the bit.
    interests: Vec<u16>,
    bits: Vec<(usize, u32)>,
    /// Goal from rare to common -> its place among the viewer's by code; 0 for others, and at the end for none.
    goal_place: [u8; 65],
}

/// The interests that viewer and candidate share.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shared {
    /// The places of the first three among the viewer's, packed.
    places: i64,
    count: u16,
}

impl Facts {
    /// For no viewer yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            viewer: NOBODY as usize,
            quiz: Vec::new(),
            place: RankTable::new(),
            interests: Vec::new(),
            bits: Vec::new(),
            goal_place: [0; 65],
        }
    }

    /// Turn to a viewer.
    pub fn seat(&mut self, index: &MatchIndex, viewer: usize) {
        for &rank in &self.interests {
            self.place.set(rank, 0);
        }
        self.viewer = viewer;
        self.interests.clear();
        self.interests.extend(index.interests.of(viewer));
        for (at, &rank) in self.interests.iter().enumerate() {
            self.place.set(rank, at as u16 + 1);
        }
        let common = &self.interests[index.interests.rare(viewer).len()..];
        self.bits.clear();
        self.bits.extend(
            common
                .iter()
                .map(|&rank| (rank as usize / 64, u32::from(rank % 64))),
        );
        let scale = reasons::inverse_length(index.quiz.of(viewer));
        self.quiz.clear();
        self.quiz.extend(
            index
                .quiz
                .of(viewer)
                .iter()
                .map(|&x| (f64::from(x) * scale) as f32),
        );
        let goals = index.records[viewer].goals;
        let mut by_code = 0_u64;
        each_bit(goals, |goal| by_code |= 1 << index.goals[goal]);
        each_bit(goals, |goal| {
            let before = by_code & ((1 << index.goals[goal]) - 1);
            self.goal_place[goal] = before.count_ones() as u8;
        });
    }

    /// The packed facts of the viewer and eight candidates, of whom everything was gathered.
    #[inline(always)]
    #[must_use]
    pub fn of(
        &self,
        index: &MatchIndex,
        candidates: &Lanes<u32>,
        scores: &Lanes,
        all: &Gathered,
    ) -> Lanes<i64> {
        let (evidence, mut doubt) = weigh_quickly(index, all);
        let reasons = order_eight(&evidence.weight, &mut doubt);
        let tier = index.settings.tier_a_score as f32;
        let only = |weight: f32, value: i32| if weight >= 0.0 { value } else { 0 };
        let mut numbers = lanes(|l| {
            let percent = nearest(100.0 * evidence.quiz[l]) - QUIZ_BASE_PERCENT;
            let km = nearest(smaller(evidence.km[l], 63.0)).max(1);
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
        let top = lanes(|l| i64::from((scores[l] >= tier) & (all.complete[l] == 0.0)));
        lanes(|l| i64::from(numbers[l]) | all.places[l] | top[l] << TIER_SHIFT)
    }

    /// Test the viewer's interests one by one against eight candidates at once.
    #[inline(always)]
    #[must_use]
    pub fn shared_interests(&self, index: &MatchIndex, candidates: &Lanes<u32>) -> Lanes<Shared> {
        if self.interests.len() > 64 {
            return lanes(|l| self.shared_of_many(index, candidates[l] as usize));
        }
        let mut words = [[0_u64; LANES]; 4];
        let mut held = [0_u64; LANES];
        for l in 0..LANES {
            let candidate = candidates[l] as usize;
            for (word, &bits) in words.iter_mut().zip(index.interests.common(candidate)) {
                word[l] = bits;
            }
            for &rank in index.interests.rare(candidate) {
                held[l] |= (1 << self.place.get(rank)) >> 1;
            }
        }
        let first = self.interests.len() - self.bits.len();
        for (at, &(word, bit)) in self.bits.iter().enumerate() {
            for l in 0..LANES {
                held[l] |= (words[word & 3][l] >> bit & 1) << (first + at);
            }
        }
        lanes(|l| {
            let mut rest = held[l];
            let mut places = 0;
            for slot in 0..3 {
                // 64 zeros before the end: no interest left, and place 0.
                places |= ((i64::from(rest.trailing_zeros()) + 1) % 65) << (9 * slot);
                rest &= rest.wrapping_sub(1);
            }
            Shared {
                places,
                count: held[l].count_ones() as u16,
            }
        })
    }

    #[cold]
    fn shared_of_many(&self, index: &MatchIndex, candidate: usize) -> Shared {
        let mut shared = Shared::default();
        for place in index
            .interests
            .of(candidate)
            .map(|rank| self.place.get(rank))
            .filter(|&place| place != 0)
        {
            if shared.count < 3 {
                shared.places |= i64::from(place) << (9 * shared.count);
            }
            shared.count += 1;
        }
        shared
    }

    /// Bring together what eight pairs are weighed by.
    #[inline(always)]
    pub fn gather(
        &self,
        index: &MatchIndex,
        candidates: &Lanes<u32>,
        shared: &Lanes<Shared>,
        all: &mut Gathered,
    ) {
        let mine = &index.records[self.viewer];
        for l in 0..LANES {
            let theirs: &Record = &index.records[candidates[l] as usize];
            let both = mine.flags & theirs.flags;
            let known = |holds: bool| if holds { 0.0 } else { f32::INFINITY };
            for axis in 0..3 {
                all.offset[axis][l] = theirs.point[axis].wrapping_sub(mine.point[axis]);
            }
            all.nowhere[l] = known(both & flag::PLACED != 0);
            all.no_quiz[l] = known(both & flag::QUIZ != 0);
            all.unrated[l] = known(theirs.flags & flag::RATED != 0);
            let complete = theirs.flags & flag::COMPLETE_CANDIDATE & (mine.flags << 1);
            all.complete[l] = known(complete != 0);
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
            all.cosine[l] =
                dot(&self.quiz, index.quiz.of(candidates[l] as usize)) * theirs.quiz_scale;
        }
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

#[inline(always)]
fn dot(mine: &[f32], theirs: &[f32]) -> f32 {
    let (mine, theirs) = (mine.as_chunks::<LANES>().0, theirs.as_chunks::<LANES>().0);
    let mut sums = [0.0; LANES];
    for (a, b) in mine.iter().zip(theirs) {
        sums = lanes(|l| sums[l] + a[l] * b[l]);
    }
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + e) + (b + f)) + ((c + g) + (d + h))
}
