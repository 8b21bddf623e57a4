//! The scores of half a block of candidates for one viewer, in f32, in a fixed order of operations.

use super::blocks::Block;
use super::index::MatchIndex;
use super::interests::each_shared;
use super::lanes::{BLOCK, Halves, LANES, Lanes, lanes, set_bits};
use super::masks::at_most;
use super::meet::Encounter;
use super::places::{EARTH_RADIUS_KM, UNITS, distance_km};
use super::tile::Viewer;

/// Sums that run side by side in a dot product, to hide how long an addition takes.
const ABREAST: usize = 4;

/// The constants of the formula, as f32.
#[derive(Debug, Clone, Copy)]
pub struct Constants {
    half_quiz: f32,
    half_fit: f32,
    interests: f32,
    goals: f32,
    age_fit: f32,
    /// The weight of proximity.
    pub proximity: f32,
    /// The weighted proximity where a place is unknown.
    pub proximity_unknown: f32,
    /// Distances in a proximity scale: arc of the unit sphere -> distance / scale.
    pub arc_scale: f32,
    /// Whether people beyond the reach of the arc sine below still count.
    far_counts: bool,
}

impl Constants {
    /// Take the constants from the settings.
    #[must_use]
    pub fn of(index: &MatchIndex) -> Self {
        let (s, w) = (&index.settings, &index.settings.weights);
        Self {
            half_quiz: (w.quiz / 2.0) as f32,
            half_fit: (w.rating_fit / 2.0) as f32,
            interests: w.interests as f32,
            goals: w.goals as f32,
            age_fit: w.age_fit as f32,
            proximity: w.proximity as f32,
            proximity_unknown: (w.proximity * s.proximity_unknown) as f32,
            arc_scale: (EARTH_RADIUS_KM / s.proximity_scale_km) as f32,
            far_counts: w.proximity * (-0.4 * EARTH_RADIUS_KM / s.proximity_scale_km).exp() > 1e-9,
        }
    }
}

/// Scores, and what they are made of that the facts need again.
#[derive(Debug)]
pub struct Scored {
    /// The scores.
    pub scores: Lanes,
    /// The cosines of the quiz vectors; 0 where one is missing.
    pub cosines: Lanes,
    /// The candidates of `wanted` whose score reaches the threshold, a bit each.
    pub hits: u32,
}

/// Score half a block; None if no candidate of `wanted` can reach the threshold.
#[inline(always)]
#[must_use]
pub fn score(
    index: &MatchIndex,
    constants: &Constants,
    met: &Encounter<'_>,
    half: usize,
    wanted: u32,
    threshold: f32,
) -> Option<Scored> {
    let (viewer, block) = (met.viewer, &index.blocks[met.block]);
    let quiz = dots(&viewer.quiz, index.quiz.block(met.block), half);
    let fit = dots(&viewer.preference, index.attributes.block(met.block), half);
    let cosines = lanes(|l| quiz[l] * block.quiz_scale[half][l]);
    let shared = shared_interests(index, met, block, half);
    let goals = lanes(|l| (block.goals[half][l] & viewer.goals).count_ones() as f32);
    let alike = jaccard(&shared, viewer.interest_count, &block.interest_count[half]);
    let aims = goal_fit(&goals, viewer.goal_count, &block.goal_count[half]);
    let ages = age_fit(viewer, block, half);
    let rest = lanes(|l| {
        let vectors = constants.half_quiz * cosines[l]
            + constants.half_fit * (fit[l] * block.fit_scale[half][l]);
        let sets = constants.interests * alike[l] + constants.goals * aims[l];
        (block.base[half][l] + vectors) + sets
    });
    let ages = lanes(|l| constants.age_fit * ages[l]);
    // Addition rounds monotonically: who does not reach the threshold so does not reach it with less proximity.
    let most = lanes(|l| rest[l] + (viewer.nearest + ages[l]));
    if wanted & at_most(&[threshold; LANES], &most) == 0 && threshold > 0.0 {
        return None;
    }
    let near = match met.chords {
        Some(chords) => proximity(index, constants, met, half, &chords[half]),
        None => [constants.proximity_unknown; LANES],
    };
    let scores = lanes(|l| (rest[l] + (near[l] + ages[l])).max(0.0));
    let hits = wanted & at_most(&[threshold; LANES], &scores);
    Some(Scored {
        scores,
        cosines,
        hits,
    })
}

/// The dot products of a viewer with half a block: every fourth dimension apart, each in order, then added.
#[inline(always)]
fn dots(viewer: &[f32], block: &[Halves], half: usize) -> Lanes {
    let mut sums = [[0.0; LANES]; ABREAST];
    let (mine, mine_rest) = viewer.as_chunks::<ABREAST>();
    let (theirs, theirs_rest) = block.as_chunks::<ABREAST>();
    for (mine, theirs) in mine.iter().zip(theirs) {
        for i in 0..ABREAST {
            for l in 0..LANES {
                sums[i][l] += mine[i] * theirs[i][half][l];
            }
        }
    }
    for (i, (mine, theirs)) in mine_rest.iter().zip(theirs_rest).enumerate() {
        for l in 0..LANES {
            sums[i][l] += mine * theirs[half][l];
        }
    }
    lanes(|l| (sums[0][l] + sums[1][l]) + (sums[2][l] + sums[3][l]))
}

#[inline(always)]
fn shared_interests(index: &MatchIndex, met: &Encounter<'_>, block: &Block, half: usize) -> Lanes {
    let mut counts = [0_u64; LANES];
    for (words, mine) in block.interests[half].iter().zip(met.viewer.interests) {
        for l in 0..LANES {
            counts[l] += u64::from((words[l] & mine).count_ones());
        }
    }
    let mut counts = lanes(|l| counts[l] as u32 as i32);
    if met.viewer.rare && block.rare >> (half * LANES) & 0xFF != 0 {
        share_rare(index, met, half, &mut counts);
    }
    lanes(|l| counts[l] as f32)
}

#[cold]
#[inline(never)]
fn share_rare(index: &MatchIndex, met: &Encounter<'_>, half: usize, counts: &mut Lanes<i32>) {
    let mine = index.interests.of(met.viewer.position);
    let passing = met.passing >> (half * LANES) & 0xFF;
    for l in set_bits(u64::from(passing)) {
        let candidate = met.block * BLOCK + half * LANES + l;
        each_shared(mine, index.interests.of(candidate), |_| counts[l] += 1);
    }
}

#[inline(always)]
fn jaccard(shared: &Lanes, mine: f32, theirs: &Lanes) -> Lanes {
    lanes(|l| shared[l] / ((mine + theirs[l]) - shared[l]).max(1.0))
}

#[inline(always)]
fn goal_fit(shared: &Lanes, mine: f32, theirs: &Lanes) -> Lanes {
    let fit = jaccard(shared, mine, theirs);
    lanes(|l| {
        if mine.min(theirs[l]) == 0.0 {
            0.5
        } else {
            fit[l]
        }
    })
}

#[inline(always)]
fn age_fit(viewer: &Viewer, block: &Block, half: usize) -> Lanes {
    if !viewer.ages_known {
        return [0.5; LANES];
    }
    let age = f32::from(viewer.age);
    lanes(|l| {
        let theirs = f32::from(block.age[half * LANES + l]);
        let slope = block.age_slope[half][l];
        let theirs_to_mine = (theirs - viewer.age_middle).abs() * viewer.age_slope;
        let mine_to_theirs = (age - block.age_middle[half][l]).abs() * slope;
        let fit = (1.0 - 0.5 * (theirs_to_mine + mine_to_theirs)).max(0.0);
        if slope < 0.0 { 0.5 } else { fit }
    })
}

/// The weighted proximity of squared chords.
#[inline(always)]
fn proximity(
    index: &MatchIndex,
    constants: &Constants,
    met: &Encounter<'_>,
    half: usize,
    chords: &Lanes,
) -> Lanes {
    let mut near = lanes(|l| {
        let chord = chords[l].sqrt() * (0.5 / UNITS) as f32;
        constants.proximity * exp_minus(2.0 * constants.arc_scale * arc_sine(chord.min(1.0)))
    });
    if constants.far_counts {
        far_proximity(index, met, half, chords, &mut near);
    }
    near
}

/// Put the exact proximity in place where the chord is too long for the arc sine below.
#[cold]
fn far_proximity(
    index: &MatchIndex,
    met: &Encounter<'_>,
    half: usize,
    chords: &Lanes,
    near: &mut Lanes,
) {
    let (settings, here) = (&index.settings, index.degrees[met.viewer.position]);
    for l in 0..LANES {
        let candidate = met.block * BLOCK + half * LANES + l;
        if candidate < index.len() && f64::from(chords[l]).sqrt() > 0.4 * UNITS {
            let km = distance_km(here, index.degrees[candidate]);
            near[l] =
                (settings.weights.proximity * (-km / settings.proximity_scale_km).exp()) as f32;
        }
    }
}

/// arcsin of x in [0, 1/4], to 2e-8 of itself (Taylor); beyond, some larger value that still rises.
#[inline(always)]
fn arc_sine(x: f32) -> f32 {
    let s = x * x;
    x + x
        * s
        * (1.0 / 6.0
            + s * (3.0 / 40.0 + s * (15.0 / 336.0 + s * (105.0 / 3456.0 + s * (945.0 / 42240.0)))))
}

/// exp(-t) for t >= 0, to 2e-7 of itself (Cody and Waite's reduction, a polynomial of degree 7); 0 < result also for large t.
#[inline(always)]
#[must_use]
#[allow(clippy::excessive_precision)] // ln 2 in two parts, as many digits as they have
pub fn exp_minus(t: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0;
    let x = -t.min(87.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * 0.693_359_375) - n * -2.121_944_4e-4;
    let p =
        1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0 + r * (1.0 / 5040.0))));
    let e = 1.0 + (r + r * r * (0.5 + r * p));
    f32::from_bits(e.to_bits().wrapping_add(shifted.to_bits() << 23))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_right_to_2e7() {
        for i in 0..2_000_000 {
            let t = i as f32 * 4e-5;
            let exact = libm::exp(-f64::from(t));
            assert!(
                (f64::from(exp_minus(t)) / exact - 1.0).abs() < 2e-7 + 1e-7 * f64::from(t),
                "{t}"
            );
            assert!((f64::from(exp_minus(t)) - exact).abs() < 1.5e-7, "{t}");
        }
        assert!(exp_minus(f32::MAX) < 1e-37);
    }

    #[test]
    fn the_arc_sine_is_right_within_a_quarter() {
        for i in 1..=250_000 {
            let x = i as f32 * 1e-6;
            assert!(
                (f64::from(arc_sine(x)) / libm::asin(f64::from(x)) - 1.0).abs() < 2e-7,
                "{x}"
            );
        }
        assert!(arc_sine(1.0) > arc_sine(0.999));
    }

    #[test]
    fn dots_are_those_of_f64() {
        for width in [0, 1, 3, 4, 6, 63, 64] {
            let viewer: Vec<f32> = (0..width)
                .map(|d| ((d * 29) % 31) as f32 / 31.0 - 0.5)
                .collect();
            let lane = |d: usize, l: usize| ((d * 37 + l * 11) % 23) as f32 / 23.0 - 0.5;
            let block: Vec<Halves> = (0..width)
                .map(|d| [lanes(|l| lane(d, l)), lanes(|l| lane(d, l + LANES))])
                .collect();
            for half in 0..2 {
                let sums = dots(&viewer, &block, half);
                for l in 0..LANES {
                    let exact: f64 = (0..width)
                        .map(|d| f64::from(viewer[d]) * f64::from(lane(d, half * LANES + l)))
                        .sum();
                    assert!((f64::from(sums[l]) - exact).abs() < 1e-6);
                }
            }
        }
    }
}
