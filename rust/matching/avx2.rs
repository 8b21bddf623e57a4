//! `Vector` on pairs of AVX2 registers. Its twin is `Plain`, against which the tests hold it.
//!
//! Only instances that `simd` compiles with AVX2 and BMI2, and calls on machines that have them, may use it.

use std::arch::x86_64::{
    __m128i, __m256, __m256i, _CMP_LE_OQ, _mm_cvtsi32_si128, _mm_loadl_epi64, _mm256_add_epi8,
    _mm256_add_epi32, _mm256_add_ps, _mm256_and_ps, _mm256_and_si256, _mm256_blendv_ps,
    _mm256_castps_si256, _mm256_castsi256_ps, _mm256_cmp_ps, _mm256_cmpeq_epi32,
    _mm256_cvtepi32_ps, _mm256_cvtepu8_epi32, _mm256_div_ps, _mm256_i32gather_ps, _mm256_loadu_ps,
    _mm256_loadu_si256, _mm256_max_epi32, _mm256_max_ps, _mm256_min_epi32, _mm256_min_ps,
    _mm256_movemask_ps, _mm256_mul_ps, _mm256_permute4x64_epi64, _mm256_permutevar8x32_ps,
    _mm256_sad_epu8, _mm256_set1_epi8, _mm256_set1_epi32, _mm256_set1_epi64x, _mm256_set1_ps,
    _mm256_setr_epi8, _mm256_setr_epi32, _mm256_setzero_si256, _mm256_shuffle_epi8,
    _mm256_shuffle_ps, _mm256_slli_epi32, _mm256_sqrt_ps, _mm256_srl_epi32, _mm256_srli_epi16,
    _mm256_storeu_ps, _mm256_storeu_si256, _mm256_sub_epi32, _mm256_sub_ps, _pext_u64,
};

use super::lanes::{LANES, Lanes};
use super::steps::{STEPS, Steps};
use super::vector::Vector;

/// Lanes of a register.
const HALF: usize = LANES / 2;

/// For each choice of eight lanes, their numbers.
const CHOSEN: [[u32; HALF]; 256] = {
    let mut chosen = [[0; HALF]; 256];
    let mut mask = 0;
    while mask < 256 {
        let (mut lane, mut kept) = (0, 0);
        while lane < HALF {
            if mask >> lane & 1 == 1 {
                chosen[mask][kept] = lane as u32;
                kept += 1;
            }
            lane += 1;
        }
        mask += 1;
    }
    chosen
};

/// Sixteen numbers in two registers.
#[derive(Debug, Clone, Copy)]
pub struct Avx2([__m256; 2]);

impl Avx2 {
    #[inline(always)]
    fn with(self, other: Self, of: impl Fn(__m256, __m256) -> __m256) -> Self {
        Self([of(self.0[0], other.0[0]), of(self.0[1], other.0[1])])
    }
}

// SAFETY, of every block below: who uses `Avx2` has AVX2 and BMI2, as said above; loads and stores go through references
// to arrays of the size that they read or write, the second half of an array at its ninth number.
impl Vector for Avx2 {
    #[inline(always)]
    fn of(lanes: &Lanes) -> Self {
        let halves = lanes.as_chunks::<HALF>().0;
        // SAFETY: as above.
        Self([0, 1].map(|half: usize| unsafe { _mm256_loadu_ps(halves[half].as_ptr()) }))
    }

    #[inline(always)]
    fn all(value: f32) -> Self {
        // SAFETY: as above.
        Self([unsafe { _mm256_set1_ps(value) }; 2])
    }

    #[inline(always)]
    fn lanes(self) -> Lanes {
        let mut lanes = [0.0; LANES];
        for (half, to) in lanes.as_chunks_mut::<HALF>().0.iter_mut().enumerate() {
            // SAFETY: as above.
            unsafe { _mm256_storeu_ps(to.as_mut_ptr(), self.0[half]) };
        }
        lanes
    }

    #[inline(always)]
    fn of_bytes(bytes: &Lanes<u8>) -> Self {
        let halves = bytes.as_chunks::<HALF>().0;
        // SAFETY: as above; 8 bytes are read.
        Self([0, 1].map(|half: usize| unsafe {
            let bytes = _mm_loadl_epi64(halves[half].as_ptr().cast::<__m128i>());
            _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes))
        }))
    }

    #[inline(always)]
    fn offsets(from: &Lanes<i32>, less: i32) -> Self {
        let halves = from.as_chunks::<HALF>().0;
        // SAFETY: as above.
        Self([0, 1].map(|half: usize| unsafe {
            let from = _mm256_loadu_si256(halves[half].as_ptr().cast::<__m256i>());
            _mm256_cvtepi32_ps(_mm256_sub_epi32(from, _mm256_set1_epi32(less)))
        }))
    }

    #[inline(always)]
    fn shared_bits(words: &[Lanes<u64>], with: &[u64]) -> Self {
        // SAFETY: as above.
        let mut quarters = [unsafe { _mm256_setzero_si256() }; 4];
        for (words, &with) in words.iter().zip(with) {
            for (quarter, count) in words.as_chunks::<4>().0.iter().zip(&mut quarters) {
                // SAFETY: as above.
                unsafe {
                    let own = _mm256_loadu_si256(quarter.as_ptr().cast::<__m256i>());
                    let both = _mm256_and_si256(own, _mm256_set1_epi64x(with as i64));
                    *count = _mm256_add_epi8(*count, bits_of_bytes(both));
                }
            }
        }
        let [a, b, c, d] = quarters;
        // SAFETY: as above.
        Self(unsafe { [counts(a, b), counts(c, d)] })
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        // SAFETY: as above.
        self.with(other, |a, b| unsafe { _mm256_add_ps(a, b) })
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        // SAFETY: as above.
        self.with(other, |a, b| unsafe { _mm256_sub_ps(a, b) })
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        // SAFETY: as above.
        self.with(other, |a, b| unsafe { _mm256_mul_ps(a, b) })
    }

    #[inline(always)]
    fn over(self, other: Self) -> Self {
        // SAFETY: as above.
        self.with(other, |a, b| unsafe { _mm256_div_ps(a, b) })
    }

    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        // SAFETY: as above.
        self.with(other, |a, b| unsafe { _mm256_min_ps(a, b) })
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        // SAFETY: as above.
        self.with(other, |a, b| unsafe { _mm256_max_ps(a, b) })
    }

    #[inline(always)]
    fn root(self) -> Self {
        // SAFETY: as above.
        Self(self.0.map(|a| unsafe { _mm256_sqrt_ps(a) }))
    }

    #[inline(always)]
    fn size(self) -> Self {
        // SAFETY: as above.
        Self(self.0.map(|a| unsafe {
            let all_but_sign = _mm256_castsi256_ps(_mm256_set1_epi32(i32::MAX));
            _mm256_and_ps(a, all_but_sign)
        }))
    }

    #[inline(always)]
    fn choose(self, first: Self, second: Self) -> Self {
        let (a, b) = (first.0, second.0);
        // SAFETY: as above.
        Self([0, 1].map(|half| unsafe { _mm256_blendv_ps(a[half], b[half], self.0[half]) }))
    }

    #[inline(always)]
    fn either(chosen: u32, first: Self, second: Self) -> Self {
        let ([a, b], [c, d]) = (first.0, second.0);
        // SAFETY: as above.
        Self(unsafe { [blend(chosen, a, c), blend(chosen >> HALF, b, d)] })
    }

    #[inline(always)]
    fn times_power(self, n: Self) -> Self {
        // SAFETY: as above.
        self.with(n, |a, n| unsafe {
            let power = _mm256_slli_epi32::<23>(_mm256_castps_si256(n));
            _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), power))
        })
    }

    #[inline(always)]
    fn stepwise<const SHIFT: u32>(self, steps: &Steps) -> Self {
        let mut values = self.0;
        for half in &mut values {
            // SAFETY: as above. The low five bits of a place are one of the `STEPS` values.
            *half = unsafe {
                let place =
                    _mm256_srl_epi32(_mm256_castps_si256(*half), _mm_cvtsi32_si128(SHIFT as i32));
                let place = _mm256_max_epi32(place, _mm256_set1_epi32(steps.first as i32));
                let place = _mm256_min_epi32(place, _mm256_set1_epi32(steps.last() as i32));
                let low = _mm256_and_si256(place, _mm256_set1_epi32(STEPS as i32 - 1));
                _mm256_i32gather_ps::<4>(steps.values.as_ptr(), low)
            };
        }
        Self(values)
    }

    #[inline(always)]
    fn at_most(self, other: Self) -> u32 {
        // SAFETY: as above.
        let [low, high] = self
            .with(other, |a, b| unsafe { _mm256_cmp_ps::<_CMP_LE_OQ>(a, b) })
            .0;
        // SAFETY: as above.
        unsafe { _mm256_movemask_ps(low) as u32 | (_mm256_movemask_ps(high) as u32) << HALF }
    }

    #[inline(always)]
    fn pack(self, chosen: u32, to: &mut Lanes) {
        let (low, high) = (chosen as usize & 0xFF, chosen as usize >> HALF & 0xFF);
        // SAFETY: as above; the second store begins at most at the ninth of sixteen numbers.
        unsafe {
            let order = |mask: usize| _mm256_loadu_si256(CHOSEN[mask].as_ptr().cast::<__m256i>());
            let to = to.as_mut_ptr();
            _mm256_storeu_ps(to, _mm256_permutevar8x32_ps(self.0[0], order(low)));
            let to = to.add(low.count_ones() as usize);
            _mm256_storeu_ps(to, _mm256_permutevar8x32_ps(self.0[1], order(high)));
        }
    }

    #[inline(always)]
    fn pack_places(first: u32, chosen: u32, to: &mut Lanes<u32>) {
        let (low, high) = (chosen as usize & 0xFF, chosen as usize >> HALF & 0xFF);
        // SAFETY: as above; the second store begins at most at the ninth of sixteen numbers.
        unsafe {
            let place = |mask: usize, first: u32| {
                let lanes = _mm256_loadu_si256(CHOSEN[mask].as_ptr().cast::<__m256i>());
                _mm256_add_epi32(lanes, _mm256_set1_epi32(first as i32))
            };
            let to = to.as_mut_ptr();
            _mm256_storeu_si256(to.cast::<__m256i>(), place(low, first));
            let to = to.add(low.count_ones() as usize);
            _mm256_storeu_si256(to.cast::<__m256i>(), place(high, first + HALF as u32));
        }
    }

    #[inline(always)]
    fn extract(word: u64, mask: u64) -> u64 {
        // SAFETY: as above.
        unsafe { _pext_u64(word, mask) }
    }
}

/// The first of two where the bit of the lane is set, else the second.
// SAFETY, of who calls it: AVX2 is there.
#[inline(always)]
unsafe fn blend(chosen: u32, first: __m256, second: __m256) -> __m256 {
    // SAFETY: as above.
    unsafe {
        let bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
        let own = _mm256_and_si256(_mm256_set1_epi32(chosen as i32), bits);
        let holds = _mm256_castsi256_ps(_mm256_cmpeq_epi32(own, bits));
        _mm256_blendv_ps(second, first, holds)
    }
}

/// How many bits are set in each byte.
// SAFETY, of who calls it: AVX2 is there.
#[inline(always)]
unsafe fn bits_of_bytes(words: __m256i) -> __m256i {
    // SAFETY: as above.
    unsafe {
        let table = _mm256_setr_epi8(
            0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, //
            0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
        );
        let nibble = _mm256_set1_epi8(15);
        let low = _mm256_and_si256(words, nibble);
        let high = _mm256_and_si256(_mm256_srli_epi16::<4>(words), nibble);
        let low = _mm256_shuffle_epi8(table, low);
        _mm256_add_epi8(low, _mm256_shuffle_epi8(table, high))
    }
}

/// The sums of the bytes of each of eight words.
// SAFETY, of who calls it: AVX2 is there.
#[inline(always)]
unsafe fn counts(low: __m256i, high: __m256i) -> __m256 {
    // SAFETY: as above.
    unsafe {
        let none = _mm256_setzero_si256();
        let low = _mm256_castsi256_ps(_mm256_sad_epu8(low, none));
        let high = _mm256_castsi256_ps(_mm256_sad_epu8(high, none));
        // The low words of both, in the order of the lanes.
        let mixed = _mm256_castps_si256(_mm256_shuffle_ps::<0b10_00_10_00>(low, high));
        _mm256_cvtepi32_ps(_mm256_permute4x64_epi64::<0b11_01_10_00>(mixed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::vector::Plain;
    use crate::matching::vector::tests::{all_operations, pairs};

    #[target_feature(enable = "avx2,bmi2")]
    fn on_avx2(a: &Lanes, b: &Lanes) -> Vec<u32> {
        all_operations::<Avx2>(a, b)
    }

    #[test]
    fn every_operation_equals_its_plain_twin() {
        if !(is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi2")) {
            return;
        }
        for (a, b) in pairs() {
            // SAFETY: AVX2 and BMI2 were found.
            let fast = unsafe { on_avx2(&a, &b) };
            assert_eq!(fast, all_operations::<Plain>(&a, &b), "{a:?} {b:?}");
        }
    }
}
