//! How evenly weights are spread.

/// Weights that are added up side by side: the order of sums does not depend on the machine.
const LANES: usize = 8;
const MANTISSA_BITS: u32 = 52;
/// The bits of the root of a half.
const ROOT_OF_HALF: u64 = 0x3FE6_A09E_667F_3BCD;

/// Entropy over the weights above 0, by the logarithm of their number: in [0, 1], 0 for fewer than two.
#[inline(always)]
#[must_use]
pub fn entropy(weights: &[f64]) -> f64 {
    let (mut counts, mut sums) = ([0_u64; LANES], [0.0; LANES]);
    for chunk in weights.chunks(LANES) {
        for (lane, &weight) in chunk.iter().enumerate() {
            counts[lane] += u64::from(weight > 0.0);
            sums[lane] += weight;
        }
    }
    let (count, sum) = (counts.iter().sum::<u64>(), sums.iter().sum::<f64>());
    if count < 2 {
        return 0.0;
    }
    let mut terms = [0.0; LANES];
    let (chunks, rest) = weights.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            let share = chunk[lane] / sum;
            terms[lane] += share * ln(share);
        }
    }
    for (lane, &weight) in rest.iter().enumerate() {
        let share = weight / sum;
        terms[lane] += share * ln(share);
    }
    let total: f64 = terms.iter().sum();
    (-total / ln(count as f64)).clamp(0.0, 1.0)
}

/// The natural logarithm of a normal number above 0, to about 1e-14; of 0 some number. It has no branch, so that many
/// are found at once by vectors, with the same bits.
#[inline(always)]
#[must_use]
pub fn ln(x: f64) -> f64 {
    // x = m * 2^e with m between the roots of a half and of 2.
    let bits = x.to_bits().wrapping_sub(ROOT_OF_HALF);
    let e = (bits as i64 >> MANTISSA_BITS) as f64;
    let low = bits & ((1 << MANTISSA_BITS) - 1);
    let m = f64::from_bits(low.wrapping_add(ROOT_OF_HALF));
    // ln m = 2 artanh s
    let s = (m - 1.0) / (m + 1.0);
    let s2 = s * s;
    let mut sum = 0.0;
    for odd in [17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0] {
        sum = sum * s2 + 1.0 / odd;
    }
    e * std::f64::consts::LN_2 + 2.0 * s * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_exact_enough() {
        let mut x = 1e-300;
        while x < 1e300 {
            let exact = libm::log(x);
            assert!((ln(x) - exact).abs() <= 1e-13 * exact.abs().max(1.0), "{x}");
            x *= 1.37;
        }
        assert!(ln(1.0).abs() < 1e-15 && ln(0.0).is_finite());
    }

    #[test]
    fn equal_weights_are_spread_most_and_one_least() {
        for n in 2..40 {
            assert!((entropy(&vec![0.3; n]) - 1.0).abs() < 1e-12);
        }
        let weights = [1.0, 0.0, 3.0];
        let expected = -(0.25 * libm::log(0.25) + 0.75 * libm::log(0.75)) / libm::log(2.0);
        assert!((entropy(&weights) - expected).abs() < 1e-12);
        for few in [&[][..], &[5.0], &[5.0, 0.0]] {
            assert!(entropy(few).abs() <= 0.0);
        }
    }
}
