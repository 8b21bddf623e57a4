//! Eight numbers at once: the operations that scores are made of, on plain arrays and on AVX2 registers.
//!
//! Each operation is one IEEE operation a lane, or an exact one, so both kinds give the same bits; sums are ordered by
//! who calls them. Compilers do not find this shape reliably in loops, hence the intrinsics.

use super::lanes::{LANES, Lanes, lanes};

/// Eight numbers.
pub trait Vector: Copy {
    /// The numbers of an array.
    fn of(lanes: &Lanes) -> Self;
    /// Eight times the same.
    fn all(value: f32) -> Self;
    /// An array of the numbers.
    fn lanes(self) -> Lanes;
    /// Small whole numbers.
    fn of_bytes(bytes: Lanes<u8>) -> Self;
    /// Whole numbers less another, wrapping, rounded.
    fn offsets(from: &Lanes<i32>, less: i32) -> Self;
    /// How many bits each lane of some words has in common with the given words, at most 31 of them.
    fn shared_bits(words: &[Lanes<u64>], with: &[u64]) -> Self;
    /// Sum.
    fn plus(self, other: Self) -> Self;
    /// Difference.
    fn minus(self, other: Self) -> Self;
    /// Product.
    fn times(self, other: Self) -> Self;
    /// Quotient.
    fn over(self, other: Self) -> Self;
    /// The smaller; the other where they are equal.
    fn smaller(self, other: Self) -> Self;
    /// The larger; the other where they are equal.
    fn larger(self, other: Self) -> Self;
    /// Square root.
    fn root(self) -> Self;
    /// Without the sign.
    fn size(self) -> Self;
    /// The first of two where this is 0 or more, the second where it has the sign bit.
    fn choose(self, first: Self, second: Self) -> Self;
    /// Times 2 to the power n, where the low bits of the given numbers hold n.
    fn times_power(self, n: Self) -> Self;
    /// Bit l: lane l is at most the other's.
    fn at_most(self, other: Self) -> u32;
}

/// Eight numbers in an array.
#[derive(Debug, Clone, Copy)]
pub struct Plain(Lanes);

impl Plain {
    #[inline(always)]
    fn with(self, other: Self, of: impl Fn(f32, f32) -> f32) -> Self {
        Self(lanes(|l| of(self.0[l], other.0[l])))
    }
}

impl Vector for Plain {
    #[inline(always)]
    fn of(lanes: &Lanes) -> Self {
        Self(*lanes)
    }

    #[inline(always)]
    fn all(value: f32) -> Self {
        Self([value; LANES])
    }

    #[inline(always)]
    fn lanes(self) -> Lanes {
        self.0
    }

    #[inline(always)]
    fn of_bytes(bytes: Lanes<u8>) -> Self {
        Self(bytes.map(f32::from))
    }

    #[inline(always)]
    fn offsets(from: &Lanes<i32>, less: i32) -> Self {
        Self(lanes(|l| from[l].wrapping_sub(less) as f32))
    }

    #[inline(always)]
    fn shared_bits(words: &[Lanes<u64>], with: &[u64]) -> Self {
        let mut counts = [0_u32; LANES];
        for (words, with) in words.iter().zip(with) {
            for l in 0..LANES {
                counts[l] += (words[l] & with).count_ones();
            }
        }
        Self(lanes(|l| counts[l] as f32))
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.with(other, |a, b| a + b)
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.with(other, |a, b| a - b)
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        self.with(other, |a, b| a * b)
    }

    #[inline(always)]
    fn over(self, other: Self) -> Self {
        self.with(other, |a, b| a / b)
    }

    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        self.with(other, |a, b| if a < b { a } else { b })
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        self.with(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn root(self) -> Self {
        Self(self.0.map(f32::sqrt))
    }

    #[inline(always)]
    fn size(self) -> Self {
        Self(self.0.map(f32::abs))
    }

    #[inline(always)]
    fn choose(self, first: Self, second: Self) -> Self {
        Self(lanes(|l| {
            if self.0[l].is_sign_negative() {
                second.0[l]
            } else {
                first.0[l]
            }
        }))
    }

    #[inline(always)]
    fn times_power(self, n: Self) -> Self {
        self.with(n, |x, n| {
            f32::from_bits(x.to_bits().wrapping_add(n.to_bits() << 23))
        })
    }

    #[inline(always)]
    fn at_most(self, other: Self) -> u32 {
        (0..LANES).fold(0, |mask, l| mask | u32::from(self.0[l] <= other.0[l]) << l)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_vectors_do_what_their_names_say() {
        let a = Plain::of(&[1.0, -2.0, 0.0, -0.0, 4.0, 9.0, 2.5, 1e-40]);
        let b = Plain::all(1.0);
        assert_eq!(a.at_most(b), 0b1000_1111);
        assert_eq!(a.choose(b, a).lanes()[..4], [1.0, -2.0, 1.0, -0.0]);
        assert_eq!(a.larger(b).lanes()[5], 9.0);
        assert_eq!(
            b.times_power(Plain::all(f32::from_bits(3))).lanes(),
            [8.0; 8]
        );
        let words = [[0b1011; 8], [u64::MAX; 8]];
        assert_eq!(Plain::shared_bits(&words, &[0b110, !1]).lanes(), [64.0; 8]);
    }
}
