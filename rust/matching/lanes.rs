//! The shape of vector work: lanes are viewers; eight make a group, four groups a tile.
//!
//! Every operation is written out lane by lane in a fixed order, without fused multiply-add: whatever instruction
//! set the compiler uses for it, the bits are the same.

/// Viewers in a group: one AVX2 register of f32, one u64 of bytes.
pub const LANES: usize = 8;
/// Groups in a tile.
pub const GROUPS: usize = 4;
/// Viewers in a tile: one AVX2 register of bytes.
pub const TILE: usize = LANES * GROUPS;

/// One number for each viewer of a group.
pub type Lanes<T = f32> = [T; LANES];

/// A byte for each viewer of a group, 0xFF for true and 0 for false; lane 0 is the lowest byte.
pub type Mask = u64;

/// Make each lane from its number.
#[inline(always)]
pub fn lanes<T: Copy + Default>(of: impl Fn(usize) -> T) -> Lanes<T> {
    let mut result = [T::default(); LANES];
    for (l, value) in result.iter_mut().enumerate() {
        *value = of(l);
    }
    result
}

/// The smaller of two numbers, neither a NaN: one instruction, which `f32::min` is not.
#[inline(always)]
#[must_use]
pub fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The larger of two numbers, neither a NaN.
#[inline(always)]
#[must_use]
pub fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The bytes of eight lanes as numbers.
#[inline(always)]
#[must_use]
pub fn counts(bytes: u64) -> Lanes {
    let bytes = bytes.to_le_bytes();
    lanes(|l| f32::from(bytes[l]))
}

/// Collect a test of each lane.
#[inline(always)]
pub fn mask(test: impl Fn(usize) -> bool) -> Mask {
    Mask::from_le_bytes(lanes(|l| if test(l) { 0xFF_u8 } else { 0 }))
}

/// The lanes where the mask is true, ascending.
#[inline(always)]
pub fn set_lanes(mut mask: Mask) -> impl Iterator<Item = usize> {
    mask &= 0x0101_0101_0101_0101;
    std::iter::from_fn(move || {
        let lane = (mask != 0).then(|| (mask.trailing_zeros() / 8) as usize);
        mask &= mask.wrapping_sub(1);
        lane
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_tell_their_lanes() {
        let mask = mask(|l| l % 3 == 1);
        assert_eq!(mask, 0xFF00_00FF_0000_FF00);
        assert_eq!(set_lanes(mask).collect::<Vec<_>>(), [1, 4, 7]);
    }
}
