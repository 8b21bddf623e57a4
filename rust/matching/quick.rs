//! What the reasons of eight pairs are decided by, in f32, and where that does not do.

use super::index::MatchIndex;
use super::lanes::{LANES, Lanes, lanes};
use super::places::{EARTH_RADIUS_KM, UNITS};
use super::reasons::{Evidence, REASONS};
use super::score::exp_minus;

/// Quick values and contributions are right to this share of 1 plus themselves; where a decision hangs on less, the
/// pair is weighed exactly.
const DOUBT: f32 = 4e-6;
/// The same of kilometres: fixed-point places make up to 10 mm.
const DOUBT_KM: f32 = 1e-4;

/// What eight pairs are weighed by.
#[derive(Debug, Default)]
#[allow(missing_docs)] // named as in the formula
pub struct Gathered {
    /// Places of shared interests and of the shared goal, packed.
    pub places: Lanes<i64>,
    /// Number of shared interests.
    pub shared: Lanes<u16>,
    pub offset: [Lanes<i32>; 3],
    pub cosine: Lanes,
    pub quality: Lanes,
    pub days: Lanes,
    pub goals: Lanes,
    pub goal_union: Lanes,
    pub interests: Lanes,
    pub interest_union: Lanes,
    /// Infinite where a place, a vector, a rating is missing; else 0.
    pub nowhere: Lanes,
    pub no_quiz: Lanes,
    pub unrated: Lanes,
    pub complete: Lanes,
}

/// The evidence in f32, and where it does not do.
#[inline(always)]
#[must_use]
pub fn weigh_quickly(index: &MatchIndex, all: &Gathered) -> (Evidence<Lanes>, Lanes<u32>) {
    let (s, w) = (&index.settings, &index.settings.weights);
    let quiz = lanes(|l| 0.5 + 0.5 * all.cosine[l] - all.no_quiz[l]);
    let km = lanes(|l| {
        let [x, y, z] = [
            all.offset[0][l] as f32,
            all.offset[1][l] as f32,
            all.offset[2][l] as f32,
        ];
        let half = (x * x + y * y + z * z).sqrt() * (0.5 / UNITS) as f32;
        half * (1.0 + half * half / 6.0) * (2.0 * EARTH_RADIUS_KM) as f32 + all.nowhere[l]
    });
    let rated = lanes(|l| all.quality[l] - all.unrated[l]);
    let scales = (s.proximity_scale_km as f32, s.newness_scale_days as f32);
    let nearness = lanes(|l| exp_minus(km[l] / scales.0));
    let newness = lanes(|l| exp_minus(all.days[l] / scales.1));
    // Quality is compared as it is stored, so a limit between two f32 becomes the next above.
    let (enough, near, new) = (
        s.quiz_reason_value as f32,
        s.nearby_reason_km as f32,
        s.new_here_days as f32,
    );
    let highly = next_f32(s.highly_rated_value);
    let interests = lanes(|l| all.interests[l] / (all.interest_union[l] + 1e-30));
    let goals = lanes(|l| all.goals[l] / (all.goal_union[l] + 1e-30));
    let weight: [Lanes; REASONS] = [
        weigh(w.quiz, &quiz, 0, |l| quiz[l] >= enough),
        weigh(w.interests, &interests, 1, |l| interests[l] > 0.0),
        weigh(w.proximity, &nearness, 2, |l| km[l] <= near),
        weigh(w.goals, &goals, 3, |l| goals[l] > 0.0),
        weigh(w.rating_quality, &rated, 4, |l| rated[l] >= highly),
        weigh(w.newness, &newness, 5, |l| all.days[l] <= new),
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
fn weigh(weight: f64, value: &Lanes, reason: usize, holds: impl Fn(usize) -> bool) -> Lanes {
    let none = -1.0 - reason as f32;
    let weighted = lanes(|l| weight as f32 * value[l]);
    lanes(|l| if holds(l) { weighted[l] } else { none })
}

/// Added and taken away again, this rounds numbers below 2^22 to whole ones.
const ROUND: f32 = 12_582_912.0;

/// The nearest whole number of one below 2^22; of two as near, either.
#[inline(always)]
#[must_use]
pub fn nearest(value: f32) -> i32 {
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
pub fn order_eight(weight: &[Lanes; REASONS], doubt: &mut Lanes<u32>) -> Lanes<i32> {
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
            crate::matching::reasons::order(&weights.map(f64::from)),
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
