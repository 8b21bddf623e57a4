//! Places on the globe: fixed-point points on the unit sphere for the hot loop, exact distances for doubtful pairs.

use super::vector::Vector;

/// Mean radius of the Earth.
pub const EARTH_RADIUS_KM: f64 = 6371.0088;
/// Units of a fixed-point coordinate in one Earth radius: 6 mm each; differences of two points fit an i32.
pub const UNITS: f64 = ((1_i32 << 30) - 1) as f64;

/// Squared chords differ from the exact ones by less than this share of themselves ...
const SLACK: f64 = 4e-6;
/// ... plus this: an error of e units in the chord c gives (c + e)^2 <= c^2 (1 + s) + e^2 (1 + 1 / s); here e = 15, where rounding makes 2.
const SLACK_UNITS: f64 = 6e7;

/// A unit vector, exactly as the reference computes it.
#[must_use]
pub fn unit_vector(latitude: f64, longitude: f64) -> [f64; 3] {
    let (lat, lon) = (latitude.to_radians(), longitude.to_radians());
    let (sin_lat, cos_lat) = lat.sin_cos();
    let (sin_lon, cos_lon) = lon.sin_cos();
    [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat]
}

/// The point in fixed-point units.
#[must_use]
pub fn fixed_point(latitude: f64, longitude: f64) -> [i32; 3] {
    unit_vector(latitude, longitude).map(|c| (c * UNITS).round() as i32)
}

/// The great-circle distance, exactly as the reference computes it.
#[must_use]
pub fn distance_km(here: [f64; 2], there: [f64; 2]) -> f64 {
    let (a, b) = (
        unit_vector(here[0], here[1]),
        unit_vector(there[0], there[1]),
    );
    let square: f64 = (0..3).map(|i| (b[i] - a[i]).powi(2)).sum();
    2.0 * EARTH_RADIUS_KM * (square.sqrt() / 2.0).min(1.0).asin()
}

/// The squared chord, in units, surely beyond a distance limit. From there down to `surely_within`, ask `distance_km`.
#[must_use]
pub fn chord_limit(limit_km: f32) -> f32 {
    let half_turn = f64::from(limit_km) / (2.0 * EARTH_RADIUS_KM);
    if half_turn > std::f64::consts::FRAC_PI_2 + 1e-9 {
        return f32::INFINITY;
    }
    // Half around the world nobody is farther; pairs that are nearly as far are then in doubt.
    let half_turn = half_turn.min(std::f64::consts::FRAC_PI_2);
    let square = (2.0 * UNITS * half_turn.sin()).powi(2);
    (square * (1.0 + SLACK) + SLACK_UNITS) as f32
}

/// The squared chords surely within the limits whose squared chords surely beyond are given.
#[inline(always)]
#[must_use]
pub fn surely_within<V: Vector>(beyond: V) -> V {
    // The slack twice, and once more for the rounding here.
    let share = V::all((1.0 - 3.0 * SLACK) as f32);
    beyond
        .times(share)
        .minus(V::all((3.0 * SLACK_UNITS) as f32))
}

/// The squared chord in units.
#[cfg(test)]
pub fn chord_square(here: [i32; 3], there: [i32; 3]) -> f64 {
    (0..3).map(|i| f64::from(here[i] - there[i]).powi(2)).sum()
}

/// The box around some points, in units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Smallest coordinates.
    pub low: [i32; 3],
    /// Largest coordinates.
    pub high: [i32; 3],
}

impl Extent {
    /// The box around nothing.
    pub const EMPTY: Self = Self {
        low: [i32::MAX; 3],
        high: [i32::MIN; 3],
    };

    /// Grow to hold a point.
    pub fn include(&mut self, point: [i32; 3]) {
        for i in 0..3 {
            self.low[i] = self.low[i].min(point[i]);
            self.high[i] = self.high[i].max(point[i]);
        }
    }

    /// The widest axis, and its width.
    #[must_use]
    pub fn widest(&self) -> (usize, i64) {
        let width = |i: usize| i64::from(self.high[i]) - i64::from(self.low[i]);
        (0..3)
            .map(|i| (i, width(i)))
            .max_by_key(|&(i, w)| (w, 3 - i))
            .unwrap_or((0, 0))
    }

    /// The box of one point.
    #[must_use]
    pub fn at(point: [i32; 3]) -> Self {
        Self {
            low: point,
            high: point,
        }
    }

    /// The smallest squared chord, in units, between a point of each.
    #[must_use]
    pub fn gap_square(&self, other: &Self) -> f64 {
        (0..3)
            .map(|i| {
                let below = i64::from(self.low[i]) - i64::from(other.high[i]);
                let above = i64::from(other.low[i]) - i64::from(self.high[i]);
                (below.max(above).max(0) as f64).powi(2)
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::vector::Plain;

    fn within(beyond: f32) -> f32 {
        surely_within(Plain::all(beyond)).lanes()[0]
    }

    #[test]
    fn london_to_paris() {
        let km = distance_km([51.5074, -0.1278], [48.8566, 2.3522]);
        assert!((km - 343.556).abs() < 0.01, "{km}");
        let square = chord_square(fixed_point(51.5074, -0.1278), fixed_point(48.8566, 2.3522));
        let chord_km = square.sqrt() / UNITS * EARTH_RADIUS_KM;
        assert!(chord_km < km && km - chord_km < 0.05);
    }

    #[test]
    fn limits_enclose_the_exact_chord() {
        for limit in [0.0_f32, 0.001, 1.0, 50.0, 150.0, 5000.0, 20_000.0] {
            let square = (2.0 * UNITS * (f64::from(limit) / (2.0 * EARTH_RADIUS_KM)).sin()).powi(2);
            let outer = chord_limit(limit);
            let inner = within(outer);
            assert!(
                f64::from(inner) < square && square < f64::from(outer),
                "{limit}"
            );
        }
        assert_eq!(chord_limit(f32::INFINITY), f32::INFINITY);
        assert_eq!(within(f32::INFINITY), f32::INFINITY);
        let antipodes = (4.0 * UNITS * UNITS) as f32;
        assert!(within(chord_limit(20_015.1)) < antipodes);
        assert!(chord_limit(20_015.0) > antipodes);
    }

    #[test]
    fn antipodes_do_not_overflow() {
        let (a, b) = (fixed_point(0.0, 0.0), fixed_point(0.0, 180.0));
        assert!((chord_square(a, b).sqrt() - 2.0 * UNITS).abs() < 4.0);
    }

    #[test]
    fn boxes_that_touch_have_no_gap() {
        let mut a = Extent::EMPTY;
        a.include([0, 0, 0]);
        a.include([10, 10, 10]);
        let mut b = Extent::EMPTY;
        b.include([10, 13, 14]);
        assert!((a.gap_square(&b) - 25.0).abs() < f64::EPSILON);
        assert_eq!(a.widest(), (0, 10));
    }
}
