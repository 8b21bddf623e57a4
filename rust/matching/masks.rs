//! Tests of many lanes at once, one bit a lane: the compare-and-movemask that compilers do not find by themselves.
//!
//! On x86-64 they are SSE2, which every machine of that architecture has and which the AVX instances of the callers
//! re-encode; elsewhere, and as the twin in the tests, they are the loops of `plain`. Comparisons have no rounding.

use super::lanes::{BLOCK, Lanes};

/// Bit l: the candidate's age is wanted by the viewer, and the viewer's age by the candidate.
#[inline(always)]
#[must_use]
pub fn ages_agree(
    [age, from, to]: [&[u8; BLOCK]; 3],
    viewer_age: u8,
    (viewer_from, viewer_to): (u8, u8),
) -> u32 {
    #[cfg(target_arch = "x86_64")]
    {
        sse2::ages_agree([age, from, to], viewer_age, (viewer_from, viewer_to))
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        plain::ages_agree([age, from, to], viewer_age, (viewer_from, viewer_to))
    }
}

/// Bit l: a[l] <= b[l].
#[inline(always)]
#[must_use]
pub fn at_most(a: &Lanes, b: &Lanes) -> u32 {
    #[cfg(target_arch = "x86_64")]
    {
        sse2::at_most(a, b)
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        plain::at_most(a, b)
    }
}

#[cfg(target_arch = "x86_64")]
mod sse2 {
    use super::{BLOCK, Lanes};
    use std::arch::x86_64::{
        __m128, __m128i, _mm_and_si128, _mm_cmpeq_epi8, _mm_cmple_ps, _mm_loadu_ps,
        _mm_loadu_si128, _mm_max_epu8, _mm_min_epu8, _mm_movemask_epi8, _mm_movemask_ps,
        _mm_set1_epi8,
    };

    #[inline(always)]
    pub fn ages_agree([age, from, to]: [&[u8; BLOCK]; 3], viewer_age: u8, wanted: (u8, u8)) -> u32 {
        // SAFETY: x86-64 has SSE2, and each load reads the 16 bytes of an array of that size.
        unsafe {
            let load = |bytes: &[u8; BLOCK]| _mm_loadu_si128(bytes.as_ptr().cast::<__m128i>());
            let all = |byte: u8| _mm_set1_epi8(byte as i8);
            let at_least = |x, low| _mm_cmpeq_epi8(_mm_min_epu8(x, low), low);
            let at_most = |x, high| _mm_cmpeq_epi8(_mm_max_epu8(x, high), high);
            let (age, mine) = (load(age), all(viewer_age));
            let theirs = _mm_and_si128(at_least(mine, load(from)), at_most(mine, load(to)));
            let wish = _mm_and_si128(at_least(age, all(wanted.0)), at_most(age, all(wanted.1)));
            _mm_movemask_epi8(_mm_and_si128(theirs, wish)) as u32
        }
    }

    #[inline(always)]
    pub fn at_most(a: &Lanes, b: &Lanes) -> u32 {
        // SAFETY: x86-64 has SSE2, and the loads read the first and the last 4 of 8 numbers.
        unsafe {
            let load = |lanes: &Lanes| -> [__m128; 2] {
                [
                    _mm_loadu_ps(lanes.as_ptr()),
                    _mm_loadu_ps(lanes.as_ptr().add(4)),
                ]
            };
            let (a, b) = (load(a), load(b));
            let [low, high] = [0, 1].map(|i: usize| _mm_movemask_ps(_mm_cmple_ps(a[i], b[i])));
            (low | high << 4) as u32
        }
    }
}

#[cfg(any(test, not(target_arch = "x86_64")))]
mod plain {
    use super::{BLOCK, Lanes};

    pub fn ages_agree([age, from, to]: [&[u8; BLOCK]; 3], mine: u8, wanted: (u8, u8)) -> u32 {
        (0..BLOCK).fold(0, |mask, l| {
            let theirs = (from[l]..=to[l]).contains(&mine);
            let wish = (wanted.0..=wanted.1).contains(&age[l]);
            mask | u32::from(theirs && wish) << l
        })
    }

    pub fn at_most(a: &Lanes, b: &Lanes) -> u32 {
        (0..a.len()).fold(0, |mask, l| mask | u32::from(a[l] <= b[l]) << l)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(seed: usize) -> [u8; BLOCK] {
        let pick = [0, 1, 17, 18, 30, 127, 128, 200, 254, 255];
        std::array::from_fn(|l| pick[(seed.wrapping_mul(31) + l * (seed + 3)) % pick.len()])
    }

    #[test]
    fn ages_agree_as_the_plain_twin_says() {
        for seed in 0..200 {
            let (age, from, to) = (bytes(seed), bytes(seed + 1), bytes(seed * 7 + 2));
            let columns = [&age, &from, &to];
            for [mine, low, high] in [[30, 18, 99], [0, 0, 255], [255, 128, 200], [18, 255, 0]] {
                assert_eq!(
                    ages_agree(columns, mine, (low, high)),
                    plain::ages_agree(columns, mine, (low, high))
                );
            }
        }
    }

    #[test]
    fn at_most_agrees_with_the_plain_twin() {
        let pick = [0.0, -0.0, -1.0, 1.0, 1e-40, f32::MAX, f32::INFINITY, 3.5];
        for seed in 0..64 {
            let a: Lanes = std::array::from_fn(|l| pick[(seed * 5 + l * 3) % 8]);
            let b: Lanes = std::array::from_fn(|l| pick[(seed / 8 + l * 5) % 8]);
            assert_eq!(at_most(&a, &b), plain::at_most(&a, &b));
        }
    }
}
