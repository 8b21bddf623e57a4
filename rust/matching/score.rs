//! The scores of a block of candidates for one viewer, in f32, in a fixed order of operations.

use super::blocks::Block;
use super::index::MatchIndex;
use super::interests::each_shared;
use super::lanes::{LANES, Lanes, set_bits};
use super::meet::{Encounter, Meeting};
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
}

impl Constants {
    /// Take the constants from the settings.
    #[must_use]
    pub fn of(index: &MatchIndex) -> Self {
        let w = &index.settings.weights;
        Self {
            half_quiz: (w.quiz / 2.0) as f32,
            half_fit: (w.rating_fit / 2.0) as f32,
            interests: w.interests as f32,
            goals: w.goals as f32,
            age_fit: w.age_fit as f32,
        }
    }
}

/// Scores without what nearness adds, and what they are made of that the facts need again.
#[derive(Debug, Clone, Copy)]
pub struct Scored<V> {
    /// The scores so far.
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
    let cosines = quiz.times(V::of(&block.quiz_scale));
    let mut vectors = V::all(c.half_quiz).times(cosines);
    if viewer.prefers {
        let fit: V = dots(&viewer.preference, index.attributes.block(meeting.block));
        let fits = fit.times(V::of(&block.fit_scale));
        vectors = vectors.plus(V::all(c.half_fit).times(fits));
    }
    let shared = shared_interests::<V>(index, viewer, meeting.block, met.passing);
    let either = union(shared, viewer.interest_count, &block.interest_count);
    let (goals, either_goals) = goal_fit::<V>(viewer, block);
    // Both fractions over their common denominator: a division takes long.
    let sets = V::all(c.interests)
        .times(shared.times(either_goals))
        .plus(V::all(c.goals).times(goals.times(either)))
        .over(either.times(either_goals));
    let rest = V::of(&block.base).plus(vectors).plus(sets);
    let ages = V::all(c.age_fit).times(age_fit::<V>(viewer, block));
    Scored {
        scores: rest.plus(ages),
        cosines,
    }
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

/// The size of the union of sets, or 1.
#[inline(always)]
fn union<V: Vector>(shared: V, mine: f32, theirs: &Lanes) -> V {
    let union = V::all(mine).plus(V::of(theirs)).minus(shared);
    union.larger(V::all(1.0))
}

/// How well the goals agree, as a fraction.
#[inline(always)]
fn goal_fit<V: Vector>(viewer: &Viewer<'_>, block: &Block) -> (V, V) {
    let theirs = &block.goal_count;
    let shared = V::shared_bits(std::slice::from_ref(&block.goals), &[viewer.goals]);
    let union = union(shared, viewer.goal_count, theirs);
    let fewer = V::all(viewer.goal_count).smaller(V::of(theirs));
    let unknown = V::all(0.5).times(union);
    (fewer.minus(V::all(0.5)).choose(shared, unknown), union)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::vector::Plain;

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
