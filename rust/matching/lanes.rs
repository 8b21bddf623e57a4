//! The shape of vector work: lanes are candidates; sixteen neighbours in the order make a block.
//!
//! Arithmetic is written out lane by lane in a fixed order, without fused multiply-add: whatever instruction set the
//! compiler uses for it, the bits are the same. Which lanes pass is kept as one bit a lane.

/// Candidates in a block: one AVX-512 register of f32, two of AVX2.
pub const LANES: usize = 16;
/// A bit for each.
pub const ALL_LANES: u32 = (1 << LANES) - 1;

/// One number for each candidate of a block.
pub type Lanes<T = f32> = [T; LANES];

/// Make each lane from its number.
#[inline(always)]
pub fn lanes<T: Copy + Default>(of: impl Fn(usize) -> T) -> Lanes<T> {
    let mut result = [T::default(); LANES];
    for (l, value) in result.iter_mut().enumerate() {
        *value = of(l);
    }
    result
}

/// The places of the bits that are set, ascending.
#[inline(always)]
pub fn set_bits(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = (bits != 0).then(|| bits.trailing_zeros() as usize);
        bits &= bits.wrapping_sub(1);
        place
    })
}

/// The block and the lane of a position.
#[inline(always)]
#[must_use]
pub fn place(position: usize) -> (usize, usize) {
    (position / LANES, position % LANES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_tell_their_places() {
        assert_eq!(set_bits(0b1001_0010).collect::<Vec<_>>(), [1, 4, 7]);
        assert_eq!(set_bits(1 << 63).collect::<Vec<_>>(), [63]);
        assert_eq!(set_bits(0).count(), 0);
    }
}
