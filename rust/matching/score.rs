//! The score of a batch of candidates for the eight viewers of a group, in f32, in a fixed order of operations.

use super::index::MatchIndex;
use super::lanes::{LANES, Lanes, Mask, counts, lanes, larger, smaller};
use super::places::{EARTH_RADIUS_KM, UNITS, distance_km};
use super::record::{Record, flag};
use super::tile::{Group, Tile};

/// Candidates in a batch.
pub const BATCH: usize = 32;
/// Candidates whose dot products run side by side, to keep eight sums in flight.
const ABREAST: usize = 4;

/// Candidates that passed the filters with some viewer of a group.
#[derive(Debug)]
pub struct Batch {
    /// How many there are.
    pub len: usize,
    /// Their positions.
    pub candidates: [u32; BATCH],
    /// The viewers who pass.
    pub masks: [Mask; BATCH],
    /// Those of them who are perhaps not within reach.
    pub doubts: [Mask; BATCH],
    /// Whether the candidate is so far away that proximity is 0.
    pub far: [bool; BATCH],
    /// The squared chords, as `Group::chords` gives them; any beyond `MatchIndex::far` for those that are far.
    pub chords: [Lanes; BATCH],
    /// What the viewers share with the candidates, a byte a viewer: interests, in two parts, and goals.
    pub interests: [[u64; 2]; BATCH],
    /// See `interests`.
    pub goals: [u64; BATCH],
    /// The scores, once `score` has run.
    pub scores: [Lanes; BATCH],
}

impl Default for Batch {
    fn default() -> Self {
        let none = [[0.0; LANES]; BATCH];
        Self {
            len: 0,
            candidates: [0; BATCH],
            masks: [0; BATCH],
            doubts: [0; BATCH],
            far: [false; BATCH],
            chords: none,
            interests: [[0; 2]; BATCH],
            goals: [0; BATCH],
            scores: none,
        }
    }
}

/// The constants of the formula, as f32.
#[derive(Debug, Clone, Copy)]
pub struct Constants {
    interests: f32,
    goals: f32,
    age_fit: f32,
    proximity: f32,
    proximity_unknown: f32,
    /// Distances in a proximity scale: arc of the unit sphere -> distance / scale.
    arc_scale: f32,
    /// Squared chord beyond which proximity is 0.
    far: f32,
    /// Whether people beyond the reach of the arc sine below still count.
    far_counts: bool,
}

impl Constants {
    /// Take the constants from the settings.
    #[must_use]
    pub fn of(index: &MatchIndex) -> Self {
        let (s, w) = (&index.settings, &index.settings.weights);
        Self {
            interests: w.interests as f32,
            goals: w.goals as f32,
            age_fit: w.age_fit as f32,
            proximity: w.proximity as f32,
            proximity_unknown: (w.proximity * s.proximity_unknown) as f32,
            arc_scale: (EARTH_RADIUS_KM / s.proximity_scale_km) as f32,
            far: index.far as f32,
            far_counts: w.proximity * (-0.4 * EARTH_RADIUS_KM / s.proximity_scale_km).exp() > 1e-9,
        }
    }
}

/// Fill in the scores of a batch.
///
/// One kind of factor for the whole batch after the other: each is a long chain of operations that wait for each
/// other, and the chains of several candidates only run at the same time if they are short and close together.
#[inline(always)]
pub fn score(
    index: &MatchIndex,
    constants: &Constants,
    tile: &Tile,
    group: usize,
    batch: &mut Batch,
) {
    let viewers = &tile.groups[group];
    let len = batch.len.min(BATCH);
    for at in 0..len {
        batch.scores[at] = [0.0; LANES];
        if !batch.far[at] {
            batch.scores[at] = proximity(constants, &batch.chords[at]);
        }
    }
    if constants.far_counts {
        far_proximity(index, tile, group, batch);
    }
    for at in 0..len {
        let candidate = batch.candidates[at] as usize;
        let record = &index.records[candidate];
        let shared = shared_interests(&batch.interests[at]);
        let interests = f32::from(record.interest_count);
        let interests = jaccard(&shared, &viewers.interest_count, interests);
        let (goals, count) = (counts(batch.goals[at]), f32::from(record.goal_count));
        let goals = goal_fit(&goals, &viewers.goal_count, count);
        let ages = age_fit(viewers, record, f32::from(index.ages[candidate].age));
        let near = batch.scores[at];
        batch.scores[at] = lanes(|l| {
            let sets = constants.interests * interests[l] + constants.goals * goals[l];
            (record.base + sets) + (near[l] + constants.age_fit * ages[l])
        });
    }
    // Pad the last few with the first: their scores are not read.
    for at in len..len.next_multiple_of(ABREAST) {
        batch.candidates[at] = batch.candidates[0];
    }
    for from in (0..len).step_by(ABREAST) {
        let abreast: [usize; ABREAST] =
            std::array::from_fn(|i| batch.candidates[from + i] as usize);
        let quiz = dots(&viewers.quiz, abreast.map(|c| index.quiz.of(c)));
        let fit = dots(&viewers.preference, abreast.map(|c| index.attributes.of(c)));
        for i in 0..ABREAST {
            let record = &index.records[abreast[i]];
            let others = batch.scores[from + i];
            batch.scores[from + i] = lanes(|l| {
                let alike = quiz[i][l] * record.quiz_scale + fit[i][l] * record.fit_scale;
                larger(others[l] + alike, 0.0)
            });
        }
    }
}

/// The dot products of eight viewers with some candidates: even and odd dimensions apart, each in order, then added.
#[inline(always)]
fn dots(viewers: &[Lanes], candidates: [&[f32]; ABREAST]) -> [Lanes; ABREAST] {
    let mut even = [[0.0; LANES]; ABREAST];
    let mut odd = [[0.0; LANES]; ABREAST];
    let viewers = viewers.as_chunks::<2>().0;
    let [a, b, c, d] = candidates.map(|row| &row.as_chunks::<2>().0[..viewers.len()]);
    for (pair, [first, second]) in viewers.iter().enumerate() {
        for (i, row) in [a, b, c, d].iter().enumerate() {
            let [x, y] = row[pair];
            even[i] = lanes(|l| even[i][l] + first[l] * x);
            odd[i] = lanes(|l| odd[i][l] + second[l] * y);
        }
    }
    let mut sums = [[0.0; LANES]; ABREAST];
    for i in 0..ABREAST {
        sums[i] = lanes(|l| even[i][l] + odd[i][l]);
    }
    sums
}

#[inline(always)]
fn shared_interests(parts: &[u64; 2]) -> Lanes {
    let mut shared = counts(parts[0]);
    // Only candidates with more than 255 interests have the second part.
    if parts[1] != 0 {
        let more = counts(parts[1]);
        shared = lanes(|l| shared[l] + more[l]);
    }
    shared
}

#[inline(always)]
fn jaccard(shared: &Lanes, mine: &Lanes, theirs: f32) -> Lanes {
    lanes(|l| shared[l] / larger((mine[l] + theirs) - shared[l], 1.0))
}

#[inline(always)]
fn goal_fit(shared: &Lanes, mine: &Lanes, theirs: f32) -> Lanes {
    let fit = jaccard(shared, mine, theirs);
    lanes(|l| {
        if smaller(mine[l], theirs) == 0.0 {
            0.5
        } else {
            fit[l]
        }
    })
}

#[inline(always)]
fn age_fit(viewers: &Group, record: &Record, age: f32) -> Lanes {
    if record.flags & flag::AGES == 0 {
        return [0.5; LANES];
    }
    lanes(|l| {
        let theirs_to_mine = (age - viewers.age_middle[l]).abs() * viewers.age_slope[l];
        let mine_to_theirs = (viewers.age[l] - record.age_middle).abs() * record.age_slope;
        let fit = larger(1.0 - 0.5 * (theirs_to_mine + mine_to_theirs), 0.0);
        if viewers.ages_known[l] { fit } else { 0.5 }
    })
}

/// The weighted proximity of squared chords; -1 stands for an unknown place.
#[inline(always)]
fn proximity(constants: &Constants, chords: &Lanes) -> Lanes {
    let near: Lanes = lanes(|l| {
        let chord = larger(chords[l], 0.0).sqrt() * (0.5 / UNITS) as f32;
        constants.proximity * exp_minus(2.0 * constants.arc_scale * arc_sine(smaller(chord, 1.0)))
    });
    let near = lanes(|l| {
        if chords[l] > constants.far {
            0.0
        } else {
            near[l]
        }
    });
    lanes(|l| {
        if chords[l] < 0.0 {
            constants.proximity_unknown
        } else {
            near[l]
        }
    })
}

/// Put the exact proximity in place where the chord is too long for the arc sine below.
#[cold]
fn far_proximity(index: &MatchIndex, tile: &Tile, group: usize, batch: &mut Batch) {
    let settings = &index.settings;
    for at in 0..batch.len {
        let there = index.degrees[batch.candidates[at] as usize];
        let viewers = tile.viewers.iter().skip(group * LANES).take(LANES);
        for (l, &viewer) in viewers.enumerate() {
            if f64::from(batch.chords[at][l].max(0.0)).sqrt() > 0.4 * UNITS {
                let km = distance_km(index.degrees[viewer as usize], there);
                let near = settings.weights.proximity * (-km / settings.proximity_scale_km).exp();
                batch.scores[at][l] = near as f32;
            }
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
    let x = -smaller(t, 87.0);
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
        let viewers: Vec<Lanes> = (0..64)
            .map(|d| lanes(|l| ((d * 37 + l * 11) % 23) as f32 / 23.0 - 0.5))
            .collect();
        let row: Vec<f32> = (0..64)
            .map(|d| ((d * 29) % 31) as f32 / 31.0 - 0.5)
            .collect();
        let sums = dots(&viewers, [&row; ABREAST]);
        for l in 0..LANES {
            let exact: f64 = (0..64)
                .map(|d| f64::from(viewers[d][l]) * f64::from(row[d]))
                .sum();
            assert!((f64::from(sums[3][l]) - exact).abs() < 1e-6);
        }
    }
}
