//! The test of the ages of sixteen candidates at once, and of flags, one bit a lane.
//!
//! On x86-64 it is SSE2, which every machine of that architecture has and which the AVX instances of the callers
//! re-encode; elsewhere, and as the twin in the tests, it is the loop of `plain`.

use super::lanes::LANES;

/// Bit l: the candidate's age is wanted by the viewer, and the viewer's age by the candidate.
#[inline(always)]
#[must_use]
pub fn ages_agree(
    [age, from, to]: [&[u8; LANES]; 3],
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

/// Bit l: the byte has the given bit.
#[inline(always)]
#[must_use]
pub fn bytes_with(bytes: &[u8; LANES], bit: u8) -> u32 {
    #[cfg(target_arch = "x86_64")]
    {
        sse2::bytes_with(bytes, bit)
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        plain::bytes_with(bytes, bit)
    }
}

#[cfg(target_arch = "x86_64")]
mod sse2 {
    use super::LANES;
    use std::arch::x86_64::{
        __m128i, _mm_and_si128, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_max_epu8, _mm_min_epu8,
        _mm_movemask_epi8, _mm_set1_epi8,
    };

    #[inline(always)]
    pub fn bytes_with(bytes: &[u8; LANES], bit: u8) -> u32 {
        // SAFETY: x86-64 has SSE2, and the load reads the 16 bytes of an array of that size.
        unsafe {
            let bits = _mm_set1_epi8(bit as i8);
            let bytes = _mm_loadu_si128(bytes.as_ptr().cast::<__m128i>());
            _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_and_si128(bytes, bits), bits)) as u32
        }
    }

    #[inline(always)]
    pub fn ages_agree([age, from, to]: [&[u8; LANES]; 3], viewer_age: u8, wanted: (u8, u8)) -> u32 {
        // SAFETY: x86-64 has SSE2, and each load reads the 16 bytes of an array of that size.
        unsafe {
            let load = |bytes: &[u8; LANES]| _mm_loadu_si128(bytes.as_ptr().cast::<__m128i>());
            let all = |byte: u8| _mm_set1_epi8(byte as i8);
            let at_least = |x, low| _mm_cmpeq_epi8(_mm_min_epu8(x, low), low);
            let at_most = |x, high| _mm_cmpeq_epi8(_mm_max_epu8(x, high), high);
            let (age, mine) = (load(age), all(viewer_age));
            let theirs = _mm_and_si128(at_least(mine, load(from)), at_most(mine, load(to)));
            let wish = _mm_and_si128(at_least(age, all(wanted.0)), at_most(age, all(wanted.1)));
            _mm_movemask_epi8(_mm_and_si128(theirs, wish)) as u32
        }
    }
}

#[cfg(any(test, not(target_arch = "x86_64")))]
mod plain {
    use super::LANES;

    pub fn bytes_with(bytes: &[u8; LANES], bit: u8) -> u32 {
        (0..LANES).fold(0, |mask, l| mask | u32::from(bytes[l] & bit == bit) << l)
    }

    pub fn ages_agree([age, from, to]: [&[u8; LANES]; 3], mine: u8, wanted: (u8, u8)) -> u32 {
        (0..LANES).fold(0, |mask, l| {
            let theirs = (from[l]..=to[l]).contains(&mine);
            let wish = (wanted.0..=wanted.1).contains(&age[l]);
            mask | u32::from(theirs && wish) << l
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(seed: usize) -> [u8; LANES] {
        let pick = [0, 1, 17, 18, 30, 127, 128, 200, 254, 255];
        std::array::from_fn(|l| pick[(seed.wrapping_mul(31) + l * (seed + 3)) % pick.len()])
    }

    #[test]
    fn ages_agree_as_the_plain_twin_says() {
        for seed in 0..200 {
            let (age, from, to) = (bytes(seed), bytes(seed + 1), bytes(seed * 7 + 2));
            let columns = [&age, &from, &to];
            for bit in [1, 16, 128] {
                assert_eq!(bytes_with(&age, bit), plain::bytes_with(&age, bit));
            }
            for [mine, low, high] in [[30, 18, 99], [0, 0, 255], [255, 128, 200], [18, 255, 0]] {
                assert_eq!(
                    ages_agree(columns, mine, (low, high)),
                    plain::ages_agree(columns, mine, (low, high))
                );
            }
        }
    }
}
