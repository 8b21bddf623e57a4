//! `Vector` on AVX-512 registers. Its twin is `Plain`, against which the tests hold it.
//!
//! Only instances that `simd` compiles with the features named there, and calls on machines that have them, may use it.

use std::arch::x86_64::{
    __m128i, __m512, __m512i, _CMP_LE_OQ, _mm_cmple_epu8_mask, _mm_loadu_si128,
    _mm_mask_cmple_epu8_mask, _mm_set1_epi8, _mm512_abs_ps, _mm512_add_epi32, _mm512_add_epi64,
    _mm512_add_ps, _mm512_and_si512, _mm512_castps_si512, _mm512_castsi512_ps, _mm512_cmp_ps_mask,
    _mm512_cvtepi32_ps, _mm512_cvtepu8_epi32, _mm512_div_ps, _mm512_loadu_ps, _mm512_loadu_si512,
    _mm512_mask_blend_ps, _mm512_maskz_compress_epi32, _mm512_maskz_compress_ps, _mm512_max_epi32,
    _mm512_max_ps, _mm512_min_epi32, _mm512_min_ps, _mm512_movepi32_mask, _mm512_mul_ps,
    _mm512_permutex2var_epi32, _mm512_permutex2var_ps, _mm512_popcnt_epi64, _mm512_set1_epi32,
    _mm512_set1_epi64, _mm512_set1_ps, _mm512_setr_epi32, _mm512_setzero_si512, _mm512_slli_epi32,
    _mm512_sqrt_ps, _mm512_srli_epi32, _mm512_storeu_ps, _mm512_storeu_si512, _mm512_sub_epi32,
    _mm512_sub_ps, _pext_u64,
};

use super::lanes::{LANES, Lanes};
use super::sort512;
use super::steps::Steps;
use super::vector::Vector;

/// Sixteen numbers in a register.
#[derive(Debug, Clone, Copy)]
pub struct Avx512(__m512);

// SAFETY, of every block below: who uses `Avx512` has the features, as said above; loads and stores go through references
// to arrays of the size that they read or write.
impl Vector for Avx512 {
    #[inline(always)]
    fn of(lanes: &Lanes) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_loadu_ps(lanes.as_ptr()) })
    }

    #[inline(always)]
    fn all(value: f32) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_set1_ps(value) })
    }

    #[inline(always)]
    fn lanes(self) -> Lanes {
        let mut lanes = [0.0; LANES];
        // SAFETY: as above.
        unsafe { _mm512_storeu_ps(lanes.as_mut_ptr(), self.0) };
        lanes
    }

    #[inline(always)]
    fn of_bytes(bytes: &Lanes<u8>) -> Self {
        // SAFETY: as above.
        Self(unsafe {
            let bytes = _mm_loadu_si128(bytes.as_ptr().cast::<__m128i>());
            _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes))
        })
    }

    #[inline(always)]
    fn offsets(from: &Lanes<i32>, less: i32) -> Self {
        // SAFETY: as above.
        Self(unsafe {
            let from = _mm512_loadu_si512(from.as_ptr().cast::<__m512i>());
            _mm512_cvtepi32_ps(_mm512_sub_epi32(from, _mm512_set1_epi32(less)))
        })
    }

    #[inline(always)]
    fn shared_bits(words: &[Lanes<u64>], with: &[u64]) -> Self {
        // SAFETY: as above.
        let mut halves = [unsafe { _mm512_setzero_si512() }; 2];
        for (words, &with) in words.iter().zip(with) {
            for (half, count) in words.as_chunks::<8>().0.iter().zip(&mut halves) {
                // SAFETY: as above.
                unsafe {
                    let own = _mm512_loadu_si512(half.as_ptr().cast::<__m512i>());
                    let both = _mm512_and_si512(own, _mm512_set1_epi64(with as i64));
                    *count = _mm512_add_epi64(*count, _mm512_popcnt_epi64(both));
                }
            }
        }
        // SAFETY: as above.
        Self(unsafe {
            let low = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            _mm512_cvtepi32_ps(_mm512_permutex2var_epi32(halves[0], low, halves[1]))
        })
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn over(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_div_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_min_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_max_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn root(self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_sqrt_ps(self.0) })
    }

    #[inline(always)]
    fn size(self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_abs_ps(self.0) })
    }

    #[inline(always)]
    fn choose(self, first: Self, second: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe {
            let signs = _mm512_movepi32_mask(_mm512_castps_si512(self.0));
            _mm512_mask_blend_ps(signs, first.0, second.0)
        })
    }

    #[inline(always)]
    fn either(chosen: u32, first: Self, second: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_mask_blend_ps(chosen as u16, second.0, first.0) })
    }

    #[inline(always)]
    fn times_power(self, n: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe {
            let power = _mm512_slli_epi32::<23>(_mm512_castps_si512(n.0));
            _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(self.0), power))
        })
    }

    #[inline(always)]
    fn stepwise<const SHIFT: u32>(self, steps: &Steps) -> Self {
        let halves = steps.values.as_chunks::<LANES>().0;
        // SAFETY: as above. Of a place only the low five bits count.
        Self(unsafe {
            let place = _mm512_srli_epi32::<SHIFT>(_mm512_castps_si512(self.0));
            let place = _mm512_max_epi32(place, _mm512_set1_epi32(steps.first as i32));
            let place = _mm512_min_epi32(place, _mm512_set1_epi32(steps.last() as i32));
            let low = _mm512_loadu_ps(halves[0].as_ptr());
            _mm512_permutex2var_ps(low, place, _mm512_loadu_ps(halves[1].as_ptr()))
        })
    }

    #[inline(always)]
    fn at_most(self, other: Self) -> u32 {
        // SAFETY: as above.
        u32::from(unsafe { _mm512_cmp_ps_mask::<_CMP_LE_OQ>(self.0, other.0) })
    }

    #[inline(always)]
    fn pack(self, chosen: u32, to: &mut Lanes) {
        // In a register first: a compressing store is slow on AMD.
        // SAFETY: as above.
        unsafe {
            let packed = _mm512_maskz_compress_ps(chosen as u16, self.0);
            _mm512_storeu_ps(to.as_mut_ptr(), packed);
        }
    }

    #[inline(always)]
    fn pack_places(first: u32, chosen: u32, to: &mut Lanes<u32>) {
        // SAFETY: as above.
        unsafe {
            let lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
            let places = _mm512_add_epi32(lanes, _mm512_set1_epi32(first as i32));
            let packed = _mm512_maskz_compress_epi32(chosen as u16, places);
            _mm512_storeu_si512(to.as_mut_ptr().cast::<__m512i>(), packed);
        }
    }

    #[inline(always)]
    fn extract(word: u64, mask: u64) -> u64 {
        // SAFETY: as above.
        unsafe { _pext_u64(word, mask) }
    }

    #[inline(always)]
    fn sort(keys: &mut [u64]) {
        if keys.len() > sort512::MOST {
            keys.sort_unstable();
        } else {
            // SAFETY: as above.
            unsafe { sort512::sort(keys) };
        }
    }

    #[inline(always)]
    fn ages_agree([age, from, to]: [&Lanes<u8>; 3], viewer_age: u8, wanted: (u8, u8)) -> u32 {
        // SAFETY: as above.
        unsafe {
            let load = |bytes: &Lanes<u8>| _mm_loadu_si128(bytes.as_ptr().cast::<__m128i>());
            let all = |byte: u8| _mm_set1_epi8(byte as i8);
            let (age, mine) = (load(age), all(viewer_age));
            let agree = _mm_cmple_epu8_mask(load(from), mine);
            let agree = _mm_mask_cmple_epu8_mask(agree, mine, load(to));
            let agree = _mm_mask_cmple_epu8_mask(agree, all(wanted.0), age);
            u32::from(_mm_mask_cmple_epu8_mask(agree, age, all(wanted.1)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::simd::Path;
    use crate::matching::vector::Plain;
    use crate::matching::vector::tests::{all_operations, pairs};

    #[target_feature(enable = "bmi2,avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq")]
    fn on_avx512(a: &Lanes, b: &Lanes) -> Vec<u32> {
        all_operations::<Avx512>(a, b)
    }

    #[test]
    fn every_operation_equals_its_plain_twin() {
        if Path::choose(Some("avx512")).is_err() {
            return;
        }
        for (a, b) in pairs() {
            // SAFETY: `Path` found the features.
            let fast = unsafe { on_avx512(&a, &b) };
            assert_eq!(fast, all_operations::<Plain>(&a, &b), "{a:?} {b:?}");
        }
    }
}
