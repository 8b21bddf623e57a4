//! The scores of a block of candidates for one viewer, in f32, in a fixed order of operations.

use super::blocks::Block;
use super::index::MatchIndex;
use super::interests::each_shared;
use super::lanes::{LANES, Lanes, set_bits};
use super::meet::{Encounter, Meeting};
use super::places::{EARTH_RADIUS_KM, UNITS, distance_km};
use super::tile::Viewer;
use super::vector::Vector;
use super::vectors::Row;

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
    proximity: f32,
    /// The weighted proximity where a place is unknown.
    proximity_unknown: f32,
    /// Distances in a proximity scale: arc of the unit sphere -> distance / scale.
    arc_scale: f32,
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
#[derive(Debug, Clone, Copy)]
pub struct Scored<V> {
    /// The scores.
    pub scores: V,
    /// The cosines of the quiz vectors; 0 where one is missing.
    pub cosines: V,
}

/// Score a block for one of the viewers who meet it.
#[inline(always)]
#[must_use]
pub fn score<V: Vector>(
    index: &MatchIndex,
    c: &Constants,
    meeting: &Meeting<'_>,
    met: &Encounter,
) -> Scored<V> {
    let block = &index.blocks[meeting.block];
    let viewer = &meeting.tile.viewers[met.lane];
    let quiz: V = dots(&viewer.quiz, index.quiz.block(meeting.block));
    let fit: V = dots(&viewer.preference, index.attributes.block(meeting.block));
    let cosines = quiz.times(V::of(&block.quiz_scale));
    let fits = fit.times(V::of(&block.fit_scale));
    let vectors = V::all(c.half_quiz)
        .times(cosines)
        .plus(V::all(c.half_fit).times(fits));
    let shared = shared_interests::<V>(index, viewer, meeting.block, met.passing);
    let alike = jaccard(shared, viewer.interest_count, &block.interest_count);
    let aims = goal_fit::<V>(viewer, block);
    let sets = V::all(c.interests)
        .times(alike)
        .plus(V::all(c.goals).times(aims));
    let rest = V::of(&block.base).plus(vectors).plus(sets);
    let ages = V::all(c.age_fit).times(age_fit::<V>(viewer, block));
    let near = if meeting.placed {
        proximity(index, c, viewer, meeting.block, V::of(&met.chords))
    } else {
        V::all(c.proximity_unknown)
    };
    let scores = rest.plus(near.plus(ages)).larger(V::all(0.0));
    Scored { scores, cosines }
}

/// The dot products of a viewer with a block: every fourth dimension apart, each in order, then added.
#[inline(always)]
fn dots<V: Vector>(viewer: &[f32], block: &[Row]) -> V {
    let mut sums = [V::all(0.0); ABREAST];
    let (mine, mine_rest) = viewer.as_chunks::<ABREAST>();
    let (theirs, theirs_rest) = block.as_chunks::<ABREAST>();
    for (mine, theirs) in mine.iter().zip(theirs) {
        for i in 0..ABREAST {
            sums[i] = sums[i].plus(V::all(mine[i]).times(V::of(&theirs[i].0)));
        }
    }
    for (sum, (mine, theirs)) in sums.iter_mut().zip(mine_rest.iter().zip(theirs_rest)) {
        *sum = sum.plus(V::all(*mine).times(V::of(&theirs.0)));
    }
    let [a, b, c, d] = sums;
    a.plus(b).plus(c.plus(d))
}

#[inline(always)]
fn shared_interests<V: Vector>(
    index: &MatchIndex,
    viewer: &Viewer<'_>,
    at: usize,
    passing: u32,
) -> V {
    let block = &index.blocks[at];
    let counts = V::shared_bits(&block.interests, &viewer.interests);
    if viewer.rare && block.rare != 0 {
        let counts = counts.lanes();
        return V::of(&with_rare(
            index,
            viewer.position,
            at * LANES,
            passing,
            counts,
        ));
    }
    counts
}

/// Add the rare interests that a viewer shares with passing candidates, from the one at position `start` on.
#[cold]
#[inline(never)]
fn with_rare(
    index: &MatchIndex,
    viewer: usize,
    start: usize,
    passing: u32,
    mut counts: Lanes,
) -> Lanes {
    let mine = index.interests.of(viewer);
    for l in set_bits(u64::from(passing)) {
        each_shared(mine, index.interests.of(start + l), |_| counts[l] += 1.0);
    }
    counts
}

#[inline(always)]
fn jaccard<V: Vector>(shared: V, mine: f32, theirs: &Lanes) -> V {
    let union = V::all(mine).plus(V::of(theirs)).minus(shared);
    shared.over(union.larger(V::all(1.0)))
}

#[inline(always)]
fn goal_fit<V: Vector>(viewer: &Viewer<'_>, block: &Block) -> V {
    let theirs = &block.goal_count;
    let shared = V::shared_bits(std::slice::from_ref(&block.goals), &[viewer.goals]);
    let fit = jaccard(shared, viewer.goal_count, theirs);
    let fewer = V::all(viewer.goal_count).smaller(V::of(theirs));
    fewer.minus(V::all(0.5)).choose(fit, V::all(0.5))
}

#[inline(always)]
fn age_fit<V: Vector>(viewer: &Viewer<'_>, block: &Block) -> V {
    let unknown = V::all(0.5);
    if !viewer.ages_known {
        return unknown;
    }
    let theirs = V::of_bytes(&block.age);
    let slope = V::of(&block.age_slope);
    let mine = V::all(f32::from(viewer.age));
    let theirs_to_mine = theirs
        .minus(V::all(viewer.age_middle))
        .size()
        .times(V::all(viewer.age_slope));
    let mine_to_theirs = mine.minus(V::of(&block.age_middle)).size().times(slope);
    let off = V::all(0.5).times(theirs_to_mine.plus(mine_to_theirs));
    slope.choose(V::all(1.0).minus(off).larger(V::all(0.0)), unknown)
}

/// The weighted proximity of squared chords.
#[inline(always)]
fn proximity<V: Vector>(
    index: &MatchIndex,
    c: &Constants,
    viewer: &Viewer<'_>,
    block: usize,
    chords: V,
) -> V {
    let chord = chords.root().times(V::all((0.5 / UNITS) as f32));
    let arc = arc_sine(chord.smaller(V::all(1.0)));
    let near = V::all(c.proximity).times(exp_minus(V::all(2.0 * c.arc_scale).times(arc)));
    if c.far_counts {
        let (start, chords) = (block * LANES, chords.lanes());
        let near = far_proximity(index, viewer.position, start, &chords, near.lanes());
        return V::of(&near);
    }
    near
}

/// Put the exact proximity in place where the chord is too long for the arc sine below, for the candidates from the one
/// at position `start` on.
#[cold]
#[inline(never)]
fn far_proximity(
    index: &MatchIndex,
    viewer: usize,
    start: usize,
    chords: &Lanes,
    mut near: Lanes,
) -> Lanes {
    let (settings, here) = (&index.settings, index.degrees[viewer]);
    for (l, candidate) in (start..index.len().min(start + LANES)).enumerate() {
        if f64::from(chords[l]).sqrt() > 0.4 * UNITS {
            let km = distance_km(here, index.degrees[candidate]);
            near[l] =
                (settings.weights.proximity * (-km / settings.proximity_scale_km).exp()) as f32;
        }
    }
    near
}

/// The value of a polynomial, from the constant on.
#[inline(always)]
fn polynomial<V: Vector, const N: usize>(x: V, coefficients: [f32; N]) -> V {
    let mut sum = V::all(coefficients[N - 1]);
    for &c in coefficients[..N - 1].iter().rev() {
        sum = V::all(c).plus(x.times(sum));
    }
    sum
}

/// arcsin of x in [0, 1/4], to 2e-8 of itself (Taylor); beyond, some larger value that still rises.
#[inline(always)]
fn arc_sine<V: Vector>(x: V) -> V {
    let terms = [
        1.0 / 6.0,
        3.0 / 40.0,
        15.0 / 336.0,
        105.0 / 3456.0,
        945.0 / 42240.0,
    ];
    let s = x.times(x);
    x.plus(x.times(s).times(polynomial(s, terms)))
}

/// exp(-t) for t >= 0, to 2e-7 of itself (Cody and Waite's reduction, a polynomial of degree 7); 0 < result also for large t.
#[inline(always)]
#[must_use]
#[allow(clippy::excessive_precision)] // ln 2 in two parts, as many digits as they have
pub fn exp_minus<V: Vector>(t: V) -> V {
    const ROUND: f32 = 12_582_912.0;
    const LN_2: [f32; 2] = [0.693_359_375, -2.121_944_4e-4];
    let terms = [
        1.0 / 6.0,
        1.0 / 24.0,
        1.0 / 120.0,
        1.0 / 720.0,
        1.0 / 5040.0,
    ];
    let x = V::all(0.0).minus(t.smaller(V::all(87.0)));
    let shifted = x
        .times(V::all(std::f32::consts::LOG2_E))
        .plus(V::all(ROUND));
    let n = shifted.minus(V::all(ROUND));
    let r = x
        .minus(n.times(V::all(LN_2[0])))
        .minus(n.times(V::all(LN_2[1])));
    let square = r
        .times(r)
        .times(V::all(0.5).plus(r.times(polynomial(r, terms))));
    V::all(1.0).plus(r.plus(square)).times_power(shifted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::vector::Plain;

    fn exp_minus(t: f32) -> f32 {
        super::exp_minus(Plain::all(t)).lanes()[0]
    }

    fn arc_sine(x: f32) -> f32 {
        super::arc_sine(Plain::all(x)).lanes()[0]
    }

    #[test]
    fn the_exponential_is_right_to_2e7() {
        for i in 0..200_000 {
            let t = i as f32 * 4e-4;
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
        for i in 1..=50_000 {
            let x = i as f32 * 5e-6;
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
            let block: Vec<Row> = (0..width)
                .map(|d| Row(std::array::from_fn(|l| lane(d, l))))
                .collect();
            let sums = dots::<Plain>(&viewer, &block).lanes();
            for l in 0..LANES {
                let exact: f64 = (0..width)
                    .map(|d| f64::from(viewer[d]) * f64::from(lane(d, l)))
                    .sum();
                assert!((f64::from(sums[l]) - exact).abs() < 1e-6);
            }
        }
    }
}
