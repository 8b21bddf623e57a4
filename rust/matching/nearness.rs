//! What the distance adds to a score: bounded for everybody, computed for those who may enter a list.

use super::index::MatchIndex;
use super::lanes::{Lanes, set_bits};
use super::places::{EARTH_RADIUS_KM, UNITS, distance_km};
use super::series::{arc_sine, exp_minus};
use super::settings::Settings;
use super::shortlist::Shortlist;
use super::steps::Steps;
use super::vector::Vector;

/// Scales of proximity at which the steps of the bound end.
const BOUNDED_SCALES: f64 = 5.0;
/// A bound is larger by this share than what it is computed from: more than any value is rounded by.
const BOUND_SLACK: f64 = 1e-5;

/// The constants of the formula.
#[derive(Debug, Clone)]
pub struct Nearness {
    weight: f32,
    /// What is added where a place is unknown.
    unknown: f32,
    /// Distances in a proximity scale: arc of the unit sphere -> distance / scale.
    arc_scale: f32,
    /// Whether people beyond the reach of `arc_sine` still count.
    far_counts: bool,
    /// What squared chords, in units, add at most.
    bounds: Steps,
}

impl Nearness {
    /// Take the constants from the settings.
    #[must_use]
    pub fn of(s: &Settings) -> Self {
        let weight = s.weights.proximity;
        let arc_scale = EARTH_RADIUS_KM / s.proximity_scale_km;
        let widest = (BOUNDED_SCALES / arc_scale).min(2.0) * UNITS;
        // What a chord would add if it were the arc.
        let bound = |square: f32| {
            let scales = arc_scale * f64::from(square).sqrt() / UNITS;
            (weight * (1.0 + BOUND_SLACK) * (-scales).exp()) as f32
        };
        Self {
            weight: weight as f32,
            unknown: (weight * s.proximity_unknown) as f32,
            arc_scale: arc_scale as f32,
            far_counts: weight * (-0.4 * arc_scale).exp() > 1e-9,
            bounds: Steps::up_to(widest.powi(2) as f32, bound),
        }
    }

    /// No less than what squared chords in units add.
    #[inline(always)]
    #[must_use]
    pub fn bound<V: Vector>(&self, placed: bool, chords: V) -> V {
        if placed {
            self.bounds.of(chords)
        } else {
            V::all(self.unknown)
        }
    }

    /// What squared chords in units add, infinite ones where a place is unknown.
    #[inline(always)]
    fn add<V: Vector>(&self, chords: V) -> V {
        let chord = chords.root().times(V::all((0.5 / UNITS) as f32));
        let arc = arc_sine(chord.smaller(V::all(1.0)));
        let scales = V::all(2.0 * self.arc_scale).times(arc);
        let near = V::all(self.weight).times(exp_minus(scales));
        let known = chords.at_most(V::all(f32::MAX));
        V::either(known, near, V::all(self.unknown))
    }

    /// The final scores of a viewer's candidates, of whom some are there, from what they have without nearness.
    #[inline(always)]
    #[must_use]
    pub fn finish<V: Vector>(
        &self,
        index: &MatchIndex,
        viewer: usize,
        (candidates, there): (&Lanes<u32>, u32),
        [scores, chords]: [V; 2],
    ) -> V {
        let mut near = self.add(chords);
        if self.far_counts {
            let known = there & chords.at_most(V::all(f32::MAX));
            let (chords, sums) = (chords.lanes(), near.lanes());
            near = V::of(&far(index, viewer, (candidates, known), &chords, sums));
        }
        scores.plus(near).larger(V::all(0.0))
    }

    /// Finish the scores that were added to a viewer's list.
    #[inline(always)]
    pub fn settle<V: Vector>(&self, index: &MatchIndex, viewer: usize, list: &mut Shortlist) {
        for from in list.unsettled() {
            let (candidates, numbers) = list.entries::<V>(from);
            let scores = self.finish(index, viewer, candidates, numbers);
            list.set_scores(from, scores);
        }
        list.mark_settled();
    }
}

/// Put the exact proximity in place where the chord is too long for `arc_sine`.
#[cold]
#[inline(never)]
fn far(
    index: &MatchIndex,
    viewer: usize,
    (candidates, known): (&Lanes<u32>, u32),
    chords: &Lanes,
    mut near: Lanes,
) -> Lanes {
    let (settings, here) = (&index.settings, index.degrees[viewer]);
    for l in set_bits(u64::from(known)) {
        if f64::from(chords[l]).sqrt() > 0.4 * UNITS {
            let km = distance_km(here, index.degrees[candidates[l] as usize]);
            near[l] =
                (settings.weights.proximity * (-km / settings.proximity_scale_km).exp()) as f32;
        }
    }
    near
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::lanes::{LANES, lanes};
    use crate::matching::vector::Plain;

    #[test]
    fn bounds_are_not_below_what_they_bound() {
        for scale_km in [0.01, 1.0, 50.0, 400.0, 1e6] {
            let nearness = Nearness::of(&Settings {
                proximity_scale_km: scale_km,
                ..Settings::default()
            });
            for step in 0..4000 {
                let square = |l: usize| ((step * LANES + l) as f32 / 1000.0).exp2() - 1.0;
                let chords = Plain::of(&lanes(square));
                let bound = nearness.bound(true, chords);
                assert_eq!(nearness.add(chords).at_most(bound), 0xFFFF);
                assert_eq!(bound.at_most(Plain::all(0.150_002)), 0xFFFF);
            }
        }
    }
}
