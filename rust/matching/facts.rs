//! Tier and reasons of the pairs that entered a list, packed as python/feedscore/facts.py says.

use super::index::{MatchIndex, NOBODY, Record, flag};
use super::lanes::{LANES, Lanes, lanes};
use super::places::{EARTH_RADIUS_KM, UNITS, distance_km};
use super::score::exp_minus;

const QUIZ_SHIFT: u32 = 18;
const NEARBY_SHIFT: u32 = 24;
const GOAL_SHIFT: u32 = 29;
const INTEREST_SHIFT: u32 = 35;
const TIER_SHIFT: u32 = 62;
const QUIZ_BASE_PERCENT: i32 = 60;

/// Reasons by their code less 1; of the others only the position counts.
const REASONS: usize = 6;
const QUIZ: usize = 0;
const NEARBY: usize = 2;

/// Quick values and contributions are right to this share of 1 plus themselves; where a decision hangs on less, the
/// pair is weighed exactly.
const DOUBT: f32 = 4e-6;
/// The same of kilometres: fixed-point places make up to 10 mm.
const DOUBT_KM: f32 = 1e-4;

/// The facts of one viewer's pairs.
#[derive(Debug)]
pub struct Facts {
    viewer: usize,
    /// Rank of an interest -> its place among the viewer's, from 1; 0 for others.
    place: Box<[u16; 1 << 16]>,
    /// The viewer's quiz vector, of length 1.
    quiz: Vec<f32>,
}

/// What the reasons of eight pairs, or of one, are decided by.
struct Evidence<T> {
    /// Contributions to the score, by reason; below 0 where the reason does not hold.
    weight: [T; REASONS],
    quiz: T,
    km: T,
}

/// The interests that viewer and candidate share.
#[derive(Clone, Copy, Default)]
struct Shared {
    /// The places of the first three among the viewer's, packed.
    places: i64,
    count: u16,
}

/// What eight pairs are weighed by.
#[derive(Default)]
struct Gathered {
    offset: [Lanes<i32>; 3],
    cosine: Lanes,
    quality: Lanes,
    days: Lanes,
    goals: Lanes,
    goal_union: Lanes,
    interests: Lanes,
    interest_union: Lanes,
    /// Infinite where a place, a vector, a rating is missing; else 0.
    nowhere: Lanes,
    no_quiz: Lanes,
    unrated: Lanes,
}

impl Facts {
    /// For no viewer yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            viewer: NOBODY as usize,
            place: Box::new([0; 1 << 16]),
            quiz: Vec::new(),
        }
    }

    /// Turn to a viewer.
    pub fn seat(&mut self, index: &MatchIndex, viewer: usize) {
        if self.viewer != NOBODY as usize {
            for &rank in index.interests.of(self.viewer) {
                self.place[rank as usize] = 0;
            }
        }
        for (at, &rank) in index.interests.of(viewer).iter().enumerate() {
            self.place[rank as usize] = at as u16 + 1;
        }
        self.viewer = viewer;
        let scale = inverse_length(index.quiz.of(viewer));
        self.quiz.clear();
        self.quiz.extend(
            index
                .quiz
                .of(viewer)
                .iter()
                .map(|&x| (f64::from(x) * scale) as f32),
        );
    }

    /// The packed facts of the viewer and eight candidates that scored so.
    ///
    /// Eight at a time, and each kind of data for all eight before the next, so that memory is asked for in parallel.
    #[inline(always)]
    #[must_use]
    pub fn of(&self, index: &MatchIndex, candidates: &Lanes<u32>, scores: &Lanes) -> Lanes<i64> {
        let mine = &index.records[self.viewer];
        let theirs: Lanes<&Record> =
            std::array::from_fn(|l| &index.records[candidates[l] as usize]);
        let shared = lanes(|l| self.shared_interests(index, candidates[l] as usize));
        let (evidence, doubt) = self.weigh_quickly(index, &self.gather(index, candidates, &shared));
        let reasons = order_eight(&evidence.weight);
        let percents = lanes(|l| (100.0 * evidence.quiz[l] + 0.5) as i32 - QUIZ_BASE_PERCENT);
        let kms = lanes(|l| (evidence.km[l] + 0.5) as i32);
        lanes(|l| {
            let (reasons, percent, km) = if doubt[l] {
                self.weigh_exactly(index, candidates[l] as usize, shared[l].count)
            } else {
                let held = |reason: usize| evidence.weight[reason][l] >= 0.0;
                (
                    reasons[l],
                    if held(QUIZ) { percents[l] } else { 0 },
                    if held(NEARBY) { kms[l].max(1) } else { 0 },
                )
            };
            let goal = goal_place(index, mine.goals, mine.goals & theirs[l].goals);
            let top = scores[l] >= index.settings.tier_a_score as f32 && complete(mine, theirs[l]);
            i64::from(reasons)
                | i64::from(percent) << QUIZ_SHIFT
                | i64::from(km) << NEARBY_SHIFT
                | goal << GOAL_SHIFT
                | shared[l].places << INTEREST_SHIFT
                | i64::from(top) << TIER_SHIFT
        })
    }

    #[inline(always)]
    fn shared_interests(&self, index: &MatchIndex, candidate: usize) -> Shared {
        // Each place is written where the next hit belongs, and stays if it is one: no branch to mispredict.
        let mut places = [0_u16; 4];
        let mut count = 0;
        for &rank in index.interests.of(candidate) {
            let place = self.place[rank as usize];
            places[count.min(3)] = place;
            count += usize::from(place != 0);
        }
        let [first, second, third, _] = places.map(i64::from);
        Shared {
            places: first | second << 9 | third << 18,
            count: count as u16,
        }
    }

    /// Bring together what eight pairs are weighed by.
    #[inline(always)]
    fn gather(
        &self,
        index: &MatchIndex,
        candidates: &Lanes<u32>,
        shared: &Lanes<Shared>,
    ) -> Gathered {
        let mine = &index.records[self.viewer];
        let mut all = Gathered::default();
        for l in 0..LANES {
            let theirs = &index.records[candidates[l] as usize];
            let both = mine.flags & theirs.flags;
            let known = |holds: bool| if holds { 0.0 } else { f32::INFINITY };
            for axis in 0..3 {
                all.offset[axis][l] = theirs.point[axis].wrapping_sub(mine.point[axis]);
            }
            all.nowhere[l] = known(both & flag::PLACED != 0);
            all.no_quiz[l] = known(both & flag::QUIZ != 0);
            all.unrated[l] = known(theirs.flags & flag::RATED != 0);
            all.quality[l] = theirs.quality;
            all.days[l] = theirs.days;
            let goals = (mine.goals & theirs.goals).count_ones();
            all.goals[l] = goals as f32;
            all.goal_union[l] =
                (u32::from(mine.goal_count) + u32::from(theirs.goal_count) - goals) as f32;
            all.interests[l] = f32::from(shared[l].count);
            all.interest_union[l] =
                f32::from(mine.interest_count + theirs.interest_count - shared[l].count);
            all.cosine[l] =
                dot(&self.quiz, index.quiz.of(candidates[l] as usize)) * theirs.quiz_scale;
        }
        all
    }

    /// The evidence in f32, and where it does not do.
    #[inline(always)]
    fn weigh_quickly(&self, index: &MatchIndex, all: &Gathered) -> (Evidence<Lanes>, Lanes<bool>) {
        let (s, w) = (&index.settings, &index.settings.weights);
        let quiz = lanes(|l| 0.5 + 0.5 * all.cosine[l] - all.no_quiz[l]);
        let km = lanes(|l| {
            let [x, y, z] = [0, 1, 2].map(|axis: usize| all.offset[axis][l] as f32);
            let half = (x * x + y * y + z * z).sqrt() * (0.5 / UNITS) as f32;
            half * (1.0 + half * half / 6.0) * (2.0 * EARTH_RADIUS_KM) as f32 + all.nowhere[l]
        });
        let rated = lanes(|l| all.quality[l] - all.unrated[l]);
        let nearness = lanes(|l| exp_minus(km[l] / s.proximity_scale_km as f32));
        let newness = lanes(|l| exp_minus(all.days[l] / s.newness_scale_days as f32));
        // Quality is compared as it is stored, so a limit between two f32 becomes the next above.
        let (enough_quiz, near, new) = (
            s.quiz_reason_value as f32,
            s.nearby_reason_km as f32,
            s.new_here_days as f32,
        );
        let highly = next_f32(s.highly_rated_value);
        let weight = [
            weigh(w.quiz, &quiz, |l| quiz[l] >= enough_quiz),
            weigh(
                w.interests,
                &lanes(|l| all.interests[l] / all.interest_union[l].max(1.0)),
                |l| all.interests[l] > 0.0,
            ),
            weigh(w.proximity, &nearness, |l| km[l] <= near),
            weigh(
                w.goals,
                &lanes(|l| all.goals[l] / all.goal_union[l].max(1.0)),
                |l| all.goals[l] > 0.0,
            ),
            weigh(w.rating_quality, &rated, |l| rated[l] >= highly),
            weigh(w.newness, &newness, |l| all.days[l] <= new),
        ];
        // Distances to the next decision: below 1, there is doubt.
        let mut margin = lanes(|l| {
            let percent = 100.0 * quiz[l].max(0.0);
            let by_percent = (percent - (percent as i32) as f32 - 0.5).abs() * (0.01 / DOUBT);
            let by_km = (km[l].min(64.0) - (km[l].min(64.0) as i32) as f32 - 0.5).abs() / DOUBT_KM;
            let by_limits =
                ((quiz[l] - enough_quiz).abs() / DOUBT).min((km[l] - near).abs() / DOUBT_KM);
            by_percent.min(by_km).min(by_limits)
        });
        for i in 1..REASONS {
            for j in 0..i {
                for l in 0..LANES {
                    let (a, b) = (weight[i][l], weight[j][l]);
                    let apart = (a - b).abs() / (DOUBT * (1.0 + a.abs()));
                    margin[l] = margin[l].min(if a.max(b) >= 0.0 { apart } else { 1.0 });
                }
            }
        }
        (Evidence { weight, quiz, km }, lanes(|l| margin[l] < 1.0))
    }

    /// The reasons, the quiz percent and the kilometres as the reference finds them.
    #[cold]
    #[inline(never)]
    fn weigh_exactly(&self, index: &MatchIndex, candidate: usize, shared: u16) -> (i32, i32, i32) {
        let evidence = self.exact_evidence(index, candidate, shared);
        let mut reasons = 0;
        for i in 0..REASONS {
            let before = |j: &usize| {
                let (theirs, own) = (evidence.weight[*j], evidence.weight[i]);
                theirs > own || (theirs == own && *j < i)
            };
            if evidence.weight[i] >= 0.0 {
                reasons |= (i as i32 + 1) << (3 * (0..REASONS).filter(before).count());
            }
        }
        let percent = (100.0 * evidence.quiz + 0.5).floor() as i32 - QUIZ_BASE_PERCENT;
        let km = (evidence.km + 0.5).floor().max(1.0) as i32;
        let only = |reason: usize, value: i32| {
            if evidence.weight[reason] >= 0.0 {
                value
            } else {
                0
            }
        };
        (reasons, only(QUIZ, percent), only(NEARBY, km))
    }

    fn exact_evidence(&self, index: &MatchIndex, candidate: usize, shared: u16) -> Evidence<f64> {
        let (s, w) = (&index.settings, &index.settings.weights);
        let (mine, theirs) = (&index.records[self.viewer], &index.records[candidate]);
        let both = mine.flags & theirs.flags;
        let (a, b) = (index.quiz.of(self.viewer), index.quiz.of(candidate));
        let dot: f64 = a
            .iter()
            .zip(b)
            .map(|(&a, &b)| f64::from(a) * f64::from(b))
            .sum();
        let quiz = f64::midpoint(
            1.0,
            (dot * inverse_length(a) * inverse_length(b)).clamp(-1.0, 1.0),
        );
        let km = if both & flag::PLACED != 0 {
            distance_km(index.degrees[self.viewer], index.degrees[candidate])
        } else {
            f64::INFINITY
        };
        let goals = (mine.goals & theirs.goals).count_ones() as f64;
        let union = f64::from(mine.goal_count) + f64::from(theirs.goal_count) - goals;
        let interests = mine.interest_count + theirs.interest_count - shared;
        let quality = f64::from(theirs.quality);
        let holds = |holds: bool, contribution: f64| if holds { contribution } else { -1.0 };
        let quiz_holds = both & flag::QUIZ != 0 && quiz >= s.quiz_reason_value;
        let rated = theirs.flags & flag::RATED != 0;
        let newness = (-f64::from(theirs.days) / s.newness_scale_days).exp();
        let weight = [
            holds(quiz_holds, w.quiz * quiz),
            holds(
                shared > 0,
                w.interests * (f64::from(shared) / f64::from(interests.max(1))),
            ),
            holds(
                km <= s.nearby_reason_km,
                w.proximity * (-km / s.proximity_scale_km).exp(),
            ),
            holds(goals > 0.0, w.goals * (goals / union.max(1.0))),
            holds(
                rated && quality >= s.highly_rated_value,
                w.rating_quality * quality,
            ),
            holds(theirs.days <= s.new_here_days as f32, w.newness * newness),
        ];
        Evidence { weight, quiz, km }
    }
}

/// Weight times value, below 0 where the reason does not hold.
#[inline(always)]
fn weigh(weight: f64, value: &Lanes, holds: impl Fn(usize) -> bool) -> Lanes {
    lanes(|l| {
        if holds(l) {
            weight as f32 * value[l]
        } else {
            -1.0
        }
    })
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

fn inverse_length(row: &[f32]) -> f64 {
    let square: f64 = row.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    if square > 0.0 {
        1.0 / square.sqrt()
    } else {
        0.0
    }
}

#[inline(always)]
fn dot(mine: &[f32], theirs: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (mine.as_chunks::<LANES>(), theirs.as_chunks::<LANES>());
    let mut sums = [0.0_f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for l in 0..LANES {
            sums[l] += a[l] * b[l];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])) + rest
}

/// The slots of the reasons that hold, strongest first; of equal ones the one with the smaller code first.
#[inline(always)]
fn order_eight(weight: &[Lanes; REASONS]) -> Lanes<i32> {
    let mut packed = [0; LANES];
    for i in 0..REASONS {
        let mut shift = [0_u32; LANES];
        for j in 0..REASONS {
            for l in 0..LANES {
                let (theirs, own) = (weight[j][l], weight[i][l]);
                let before = if j < i { theirs >= own } else { theirs > own };
                shift[l] += if before { 3 } else { 0 };
            }
        }
        for l in 0..LANES {
            packed[l] |= if weight[i][l] >= 0.0 {
                (i as i32 + 1) << (shift[l] & 31)
            } else {
                0
            };
        }
    }
    packed
}

/// Whether no factor of the pair is missing.
#[inline(always)]
fn complete(mine: &Record, theirs: &Record) -> bool {
    const BOTH: u8 = flag::PLACED | flag::QUIZ | flag::AGES;
    let either = mine.interest_count.min(theirs.interest_count) > 0
        && mine.goal_count.min(theirs.goal_count) > 0;
    let needed = |record: &Record, flags: u8| record.flags & flags == flags;
    either
        && needed(mine, BOTH | flag::PREFERENCE)
        && needed(theirs, BOTH | flag::RATED | flag::ATTRIBUTES)
}

/// The place of the rarest shared goal among the viewer's goals.
#[inline(always)]
fn goal_place(index: &MatchIndex, mine: u64, mut shared: u64) -> i64 {
    let (mut rarest, mut rarity) = (0, u8::MAX);
    // Without a shared goal there is no place: rarest stays 0, and nothing is below it.
    while shared != 0 {
        let goal = shared.trailing_zeros();
        if index.goal_rarity[goal as usize] < rarity {
            (rarest, rarity) = (goal, index.goal_rarity[goal as usize]);
        }
        shared &= shared - 1;
    }
    i64::from((mine & ((1 << rarest) - 1)).count_ones())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_stand_in_the_order_of_their_contributions() {
        let weight = [0.1, -1.0, 0.3, 0.1, -1.0, 0.0].map(|w| [w; LANES]);
        assert_eq!(order_eight(&weight), [3 | 1 << 3 | 4 << 6 | 6 << 9; LANES]);
    }
}
