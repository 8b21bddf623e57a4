//! Functions as polynomials, the same bits whatever the vectors are.

use super::vector::Vector;

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
#[must_use]
pub fn arc_sine<V: Vector>(x: V) -> V {
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
}
