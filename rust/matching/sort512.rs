//! Sorting up to 256 whole numbers on AVX-512 registers, by a network: no branch depends on them.
//!
//! The numbers stand in 4, 8, 16 or 32 rows of 8 lanes. The rows sort each lane by itself; then neighbouring lanes are
//! merged, then pairs of lanes, then fours: the sorted numbers run down the lanes, one lane after the other.

use std::arch::x86_64::{
    __m512i, _mm512_loadu_si512, _mm512_mask_blend_epi64, _mm512_max_epu64, _mm512_min_epu64,
    _mm512_permutexvar_epi64, _mm512_setr_epi64, _mm512_storeu_si512,
};

const MOST_ROWS: usize = 32;
const LANES: usize = 8;
/// The most numbers that a network sorts.
pub const MOST: usize = MOST_ROWS * LANES;

type Rows<const ROWS: usize> = [__m512i; ROWS];

/// Sort at most `MOST` numbers, ascending.
// SAFETY, of who calls it: AVX-512F is there. That of every block below: as said here; loads and stores go through
// references to arrays of the size that they read or write.
#[inline(always)]
pub unsafe fn sort(keys: &mut [u64]) {
    // SAFETY: as above.
    unsafe {
        match keys.len() {
            0..2 => (),
            2..=32 => sort_rows::<4>(keys),
            33..=64 => sort_rows::<8>(keys),
            65..=128 => sort_rows::<16>(keys),
            _ => sort_rows::<MOST_ROWS>(keys),
        }
    }
}

#[inline(always)]
unsafe fn sort_rows<const ROWS: usize>(keys: &mut [u64]) {
    let mut lines = [[u64::MAX; LANES]; ROWS];
    lines.as_flattened_mut()[..keys.len()].copy_from_slice(keys);
    // SAFETY: as above.
    unsafe {
        let mut rows: Rows<ROWS> =
            std::array::from_fn(|row| _mm512_loadu_si512(lines[row].as_ptr().cast::<__m512i>()));
        sort_lanes(&mut rows);
        merge_across::<1, ROWS>(&mut rows);
        merge_down(&mut rows);
        merge_across::<2, ROWS>(&mut rows);
        swap_lanes::<1, ROWS>(&mut rows);
        merge_down(&mut rows);
        merge_across::<4, ROWS>(&mut rows);
        swap_lanes::<2, ROWS>(&mut rows);
        swap_lanes::<1, ROWS>(&mut rows);
        merge_down(&mut rows);
        for (row, line) in rows.iter().zip(&mut lines) {
            _mm512_storeu_si512(line.as_mut_ptr().cast::<__m512i>(), *row);
        }
    }
    for (lane, sorted) in keys.chunks_mut(ROWS).enumerate() {
        for (line, key) in lines.iter().zip(sorted) {
            *key = line[lane];
        }
    }
}

/// The smaller of each two numbers to one row, the larger to the other.
#[inline(always)]
unsafe fn exchange<const ROWS: usize>(rows: &mut Rows<ROWS>, low: usize, high: usize) {
    let (a, b) = (rows[low], rows[high]);
    // SAFETY: as above.
    unsafe {
        rows[low] = _mm512_min_epu64(a, b);
        rows[high] = _mm512_max_epu64(a, b);
    }
}

/// Sort each lane, down the rows: Batcher's odd-even merges.
#[inline(always)]
unsafe fn sort_lanes<const ROWS: usize>(rows: &mut Rows<ROWS>) {
    let mut sorted = 1;
    while sorted < ROWS {
        let mut apart = sorted;
        while apart > 0 {
            let mut from = apart % sorted;
            while from + apart < ROWS {
                for row in from..(from + apart).min(ROWS - apart) {
                    if row / (2 * sorted) == (row + apart) / (2 * sorted) {
                        // SAFETY: as above.
                        unsafe { exchange(rows, row, row + apart) };
                    }
                }
                from += 2 * apart;
            }
            apart /= 2;
        }
        sorted *= 2;
    }
}

/// Sort each lane that rises and then falls, or falls and then rises.
#[inline(always)]
unsafe fn merge_down<const ROWS: usize>(rows: &mut Rows<ROWS>) {
    let mut apart = ROWS / 2;
    while apart > 0 {
        for from in (0..ROWS).step_by(2 * apart) {
            for row in from..from + apart {
                // SAFETY: as above.
                unsafe { exchange(rows, row, row + apart) };
            }
        }
        apart /= 2;
    }
}

/// The lane that differs from each in the given bits.
#[inline(always)]
unsafe fn other_lanes(bits: i64) -> __m512i {
    let b = bits;
    // SAFETY: as above.
    unsafe { _mm512_setr_epi64(b, 1 ^ b, 2 ^ b, 3 ^ b, 4 ^ b, 5 ^ b, 6 ^ b, 7 ^ b) }
}

/// The lanes that have the given bit.
const fn lanes_with(bit: usize) -> u8 {
    match bit {
        1 => 0b1010_1010,
        2 => 0b1100_1100,
        _ => 0b1111_0000,
    }
}

/// Of each two neighbouring groups of sorted lanes, the smaller half of the numbers to the first group, the larger to
/// the second: the first of one meets the last of the other, and so on.
#[inline(always)]
unsafe fn merge_across<const GROUP: usize, const ROWS: usize>(rows: &mut Rows<ROWS>) {
    let second = lanes_with(GROUP);
    // SAFETY: as above.
    unsafe {
        let turned = other_lanes(2 * GROUP as i64 - 1);
        for row in 0..ROWS / 2 {
            let opposite = ROWS - 1 - row;
            let (a, b) = (rows[row], _mm512_permutexvar_epi64(turned, rows[opposite]));
            let (small, large) = (_mm512_min_epu64(a, b), _mm512_max_epu64(a, b));
            rows[row] = _mm512_mask_blend_epi64(second, small, large);
            let rest = _mm512_mask_blend_epi64(second, large, small);
            rows[opposite] = _mm512_permutexvar_epi64(turned, rest);
        }
    }
}

/// Of each two lanes that differ in one bit, the smaller numbers to the first, the larger to the second.
#[inline(always)]
unsafe fn swap_lanes<const BIT: usize, const ROWS: usize>(rows: &mut Rows<ROWS>) {
    // SAFETY: as above.
    unsafe {
        let others = other_lanes(BIT as i64);
        for row in rows {
            let other = _mm512_permutexvar_epi64(others, *row);
            let (small, large) = (_mm512_min_epu64(*row, other), _mm512_max_epu64(*row, other));
            *row = _mm512_mask_blend_epi64(lanes_with(BIT), small, large);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[target_feature(enable = "avx512f")]
    fn sorted(mut keys: Vec<u64>) -> Vec<u64> {
        // SAFETY: AVX-512F is there.
        unsafe { sort(&mut keys) };
        keys
    }

    #[test]
    fn equals_the_sort_of_the_standard_library() {
        if !is_x86_feature_detected!("avx512f") {
            return;
        }
        for length in 0..=MOST {
            for values in [2, 100, u64::MAX] {
                let noise = |i: u64| (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(21);
                let keys: Vec<u64> = (0..length as u64).map(|i| noise(i) % values).collect();
                let mut expected = keys.clone();
                expected.sort_unstable();
                // SAFETY: AVX-512F was found.
                assert_eq!(unsafe { sorted(keys) }, expected, "{length} of {values}");
            }
        }
    }

    #[test]
    fn every_sequence_of_zeros_and_ones_that_is_sorted_but_for_one_is_sorted() {
        if !is_x86_feature_detected!("avx512f") {
            return;
        }
        for ones in 0..=MOST {
            for odd in (0..MOST).step_by(7) {
                let mut keys: Vec<u64> =
                    (0..MOST).map(|i| u64::from(i * 37 % MOST < ones)).collect();
                keys[odd] ^= 1;
                let mut expected = keys.clone();
                expected.sort_unstable();
                // SAFETY: AVX-512F was found.
                assert_eq!(unsafe { sorted(keys) }, expected);
            }
        }
    }
}
