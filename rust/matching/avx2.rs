//! `Vector` on AVX2 registers. Its twin is `Plain`, against which the tests hold it.
//!
//! Only instances that `simd` compiles with AVX2, and calls on machines that have it, may use it.

use std::arch::x86_64::{
    __m128i, __m256, __m256i, _CMP_LE_OQ, _mm_loadl_epi64, _mm256_add_epi8, _mm256_add_epi32,
    _mm256_add_ps, _mm256_and_ps, _mm256_and_si256, _mm256_blendv_ps, _mm256_castps_si256,
    _mm256_castsi256_ps, _mm256_cmp_ps, _mm256_cvtepi32_ps, _mm256_cvtepu8_epi32, _mm256_div_ps,
    _mm256_loadu_ps, _mm256_loadu_si256, _mm256_max_ps, _mm256_min_ps, _mm256_movemask_ps,
    _mm256_mul_ps, _mm256_permute4x64_epi64, _mm256_sad_epu8, _mm256_set1_epi8, _mm256_set1_epi32,
    _mm256_set1_epi64x, _mm256_set1_ps, _mm256_setr_epi8, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_shuffle_ps, _mm256_slli_epi32, _mm256_sqrt_ps, _mm256_srli_epi16,
    _mm256_storeu_ps, _mm256_sub_epi32, _mm256_sub_ps,
};

use super::lanes::{LANES, Lanes};
use super::vector::Vector;

/// Eight numbers in a register.
#[derive(Debug, Clone, Copy)]
pub struct Avx2(__m256);

// SAFETY, of every block below: who uses `Avx2` has AVX2, as said above; loads and stores go through references to
// arrays of the size that they read or write.
impl Vector for Avx2 {
    #[inline(always)]
    fn of(lanes: &Lanes) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_loadu_ps(lanes.as_ptr()) })
    }

    #[inline(always)]
    fn all(value: f32) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_set1_ps(value) })
    }

    #[inline(always)]
    fn lanes(self) -> Lanes {
        let mut lanes = [0.0; LANES];
        // SAFETY: as above.
        unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), self.0) };
        lanes
    }

    #[inline(always)]
    fn of_bytes(bytes: Lanes<u8>) -> Self {
        // SAFETY: as above; 8 bytes are read.
        Self(unsafe {
            let bytes = _mm_loadl_epi64(bytes.as_ptr().cast::<__m128i>());
            _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes))
        })
    }

    #[inline(always)]
    fn offsets(from: &Lanes<i32>, less: i32) -> Self {
        // SAFETY: as above.
        Self(unsafe {
            let from = _mm256_loadu_si256(from.as_ptr().cast::<__m256i>());
            _mm256_cvtepi32_ps(_mm256_sub_epi32(from, _mm256_set1_epi32(less)))
        })
    }

    #[inline(always)]
    fn shared_bits(words: &[Lanes<u64>], with: &[u64]) -> Self {
        // SAFETY: as above; the second load begins at the fifth of eight words.
        Self(unsafe {
            let table = _mm256_setr_epi8(
                0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, //
                0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
            );
            let nibble = _mm256_set1_epi8(15);
            let mut bytes = [_mm256_setzero_si256(); 2];
            for (words, &with) in words.iter().zip(with) {
                let with = _mm256_set1_epi64x(with as i64);
                for (half, bytes) in bytes.iter_mut().enumerate() {
                    let own = words.as_ptr().add(4 * half).cast::<__m256i>();
                    let both = _mm256_and_si256(_mm256_loadu_si256(own), with);
                    let low = _mm256_and_si256(both, nibble);
                    let high = _mm256_and_si256(_mm256_srli_epi16::<4>(both), nibble);
                    let low = _mm256_shuffle_epi8(table, low);
                    let high = _mm256_shuffle_epi8(table, high);
                    *bytes = _mm256_add_epi8(*bytes, _mm256_add_epi8(low, high));
                }
            }
            let none = _mm256_setzero_si256();
            let low = _mm256_castsi256_ps(_mm256_sad_epu8(bytes[0], none));
            let high = _mm256_castsi256_ps(_mm256_sad_epu8(bytes[1], none));
            // The low words of both, in the order of the lanes.
            let mixed = _mm256_castps_si256(_mm256_shuffle_ps::<0b10_00_10_00>(low, high));
            _mm256_cvtepi32_ps(_mm256_permute4x64_epi64::<0b11_01_10_00>(mixed))
        })
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn over(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_div_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_min_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_max_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn root(self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_sqrt_ps(self.0) })
    }

    #[inline(always)]
    fn size(self) -> Self {
        // SAFETY: as above.
        Self(unsafe {
            let all_but_sign = _mm256_castsi256_ps(_mm256_set1_epi32(i32::MAX));
            _mm256_and_ps(self.0, all_but_sign)
        })
    }

    #[inline(always)]
    fn choose(self, first: Self, second: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_blendv_ps(first.0, second.0, self.0) })
    }

    #[inline(always)]
    fn times_power(self, n: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe {
            let power = _mm256_slli_epi32::<23>(_mm256_castps_si256(n.0));
            _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(self.0), power))
        })
    }

    #[inline(always)]
    fn at_most(self, other: Self) -> u32 {
        // SAFETY: as above.
        unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_LE_OQ>(self.0, other.0)) as u32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::vector::Plain;

    /// Every operation on two vectors, as bits.
    fn all_operations<V: Vector>(a: &Lanes, b: &Lanes) -> Vec<u32> {
        let (x, y) = (V::of(a), V::of(b));
        let bytes = std::array::from_fn(|l| a[l].to_bits() as u8);
        let whole = std::array::from_fn(|l| b[l].to_bits() as i32);
        let words = [*a, *b].map(|v| v.map(|x| u64::from(x.to_bits()) * 0x1_0001_0003));
        let results = [
            x.plus(y),
            x.minus(y),
            x.times(y),
            x.smaller(y),
            x.larger(y),
            x.size(),
            x.size().root(),
            x.over(y.size().plus(V::all(1.0))),
            x.choose(y, V::all(2.0)),
            V::all(1.5).times_power(V::all(f32::from_bits(5))),
            V::of_bytes(bytes),
            V::offsets(&whole, -77),
            V::shared_bits(&words, &[u64::MAX, 0xF0F0_1234_FFFF_0101]),
        ];
        let mut bits: Vec<u32> = results
            .iter()
            .flat_map(|v| v.lanes().map(f32::to_bits))
            .collect();
        bits.push(x.at_most(y));
        bits
    }

    #[target_feature(enable = "avx2")]
    fn on_avx2(a: &Lanes, b: &Lanes) -> Vec<u32> {
        all_operations::<Avx2>(a, b)
    }

    #[test]
    fn every_operation_equals_its_plain_twin() {
        if !is_x86_feature_detected!("avx2") {
            return;
        }
        let pick = [0.0, -0.0, 1.0, -1.5, 3.25, 1e-40, 1e30, 0.1, -7e8, 2.5e-3];
        for seed in 0..100_usize {
            let a = std::array::from_fn(|l| pick[(seed * 7 + l * 3) % 10]);
            let b = std::array::from_fn(|l| pick[(seed / 10 + l * 7) % 10]);
            // SAFETY: AVX2 was found.
            let fast = unsafe { on_avx2(&a, &b) };
            assert_eq!(fast, all_operations::<Plain>(&a, &b), "{a:?} {b:?}");
        }
    }
}
