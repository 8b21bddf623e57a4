//! Sorting numbers, few or many.

use crate::matching::vector::Vector;

/// So many are sorted at once; more are first parted by their highest bits.
const FEW: usize = 256;
/// Parts are meant to have so many.
const PART: usize = 64;
const MOST_PARTS: usize = 1 << 10;

/// Sort, ascending, in some room.
#[inline(always)]
pub fn sort<V: Vector>(keys: &mut [u64], room: &mut Vec<u64>) {
    if keys.len() <= FEW {
        V::sort(keys);
        return;
    }
    let (mut least, mut greatest) = (u64::MAX, 0);
    for &key in &*keys {
        (least, greatest) = (least.min(key), greatest.max(key));
    }
    let parts = (keys.len() / PART).next_power_of_two().min(MOST_PARTS);
    // Numbers less the least have so many bits; the highest tell the part.
    let bits = u64::BITS - (greatest - least).leading_zeros();
    let shift = bits.saturating_sub(parts.ilog2());
    let part = |key: u64| ((key - least) >> shift) as usize;
    let mut ends = [0_u32; MOST_PARTS];
    for &key in &*keys {
        ends[part(key)] += 1;
    }
    let mut sum = 0;
    for end in &mut ends[..parts] {
        (*end, sum) = (sum, sum + *end);
    }
    room.clear();
    room.extend_from_slice(keys);
    for &key in &*room {
        let next = &mut ends[part(key)];
        keys[*next as usize] = key;
        *next += 1;
    }
    let mut from = 0;
    for &end in &ends[..parts] {
        V::sort(&mut keys[from..end as usize]);
        from = end as usize;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::vector::Plain;

    #[test]
    fn equals_the_sort_of_the_standard_library() {
        let mut room = Vec::new();
        for length in [0, 1, 256, 257, 5000, 70_000] {
            for values in [1, 2, 1000, u64::MAX] {
                let noise = |i: u64| (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(21);
                let mut keys: Vec<u64> = (0..length).map(|i| noise(i) % values + 7).collect();
                let mut expected = keys.clone();
                expected.sort_unstable();
                sort::<Plain>(&mut keys, &mut room);
                assert_eq!(keys, expected, "{length} of {values}");
            }
        }
    }
}
