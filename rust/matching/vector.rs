//! Sixteen numbers at once: the operations that scores are made of, on plain arrays and on registers.
//!
//! Each operation is one IEEE operation a lane, or an exact one, so all kinds give the same bits; sums are ordered by
//! who calls them. Compilers do not find this shape reliably in loops, hence the intrinsics.

use super::lanes::{LANES, Lanes, lanes, set_bits};
use super::masks;
use super::steps::Steps;

/// Sixteen numbers.
pub trait Vector: Copy {
    /// The numbers of an array.
    fn of(lanes: &Lanes) -> Self;
    /// Sixteen times the same.
    fn all(value: f32) -> Self;
    /// An array of the numbers.
    fn lanes(self) -> Lanes;
    /// Small whole numbers.
    fn of_bytes(bytes: &Lanes<u8>) -> Self;
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
    /// The first of two where the bit of the lane is set, else the second.
    fn either(chosen: u32, first: Self, second: Self) -> Self;
    /// Times 2 to the power n, where the low bits of the given numbers hold n.
    fn times_power(self, n: Self) -> Self;
    /// The value of the step that each lane is in, by the bits from `SHIFT` on.
    fn stepwise<const SHIFT: u32>(self, steps: &Steps) -> Self;
    /// Bit l: lane l is at most the other's.
    fn at_most(self, other: Self) -> u32;
    /// Write the chosen lanes to the front, in their order; the others of `to` may then hold anything.
    fn pack(self, chosen: u32, to: &mut Lanes);
    /// The same of numbers that are only bits.
    #[inline(always)]
    fn pack_bits(self, chosen: u32, to: &mut Lanes<u32>) {
        let mut bits = to.map(f32::from_bits);
        self.pack(chosen, &mut bits);
        *to = bits.map(f32::to_bits);
    }
    /// The same of the numbers first, first + 1, ...
    fn pack_places(first: u32, chosen: u32, to: &mut Lanes<u32>);
    /// The bits of a word that a mask has, moved together to the low end.
    fn extract(word: u64, mask: u64) -> u64;
    /// Sort, ascending.
    #[inline(always)]
    fn sort(keys: &mut [u64]) {
        keys.sort_unstable();
    }
    /// As `masks::ages_agree`.
    #[inline(always)]
    fn ages_agree(columns: [&Lanes<u8>; 3], viewer_age: u8, wanted: (u8, u8)) -> u32 {
        masks::ages_agree(columns, viewer_age, wanted)
    }
}

/// Sixteen numbers in an array.
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
    fn of_bytes(bytes: &Lanes<u8>) -> Self {
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
    fn either(chosen: u32, first: Self, second: Self) -> Self {
        Self(lanes(|l| {
            if chosen >> l & 1 == 1 {
                first.0[l]
            } else {
                second.0[l]
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
    fn stepwise<const SHIFT: u32>(self, steps: &Steps) -> Self {
        Self(lanes(|l| steps.at(self.0[l])))
    }

    #[inline(always)]
    fn at_most(self, other: Self) -> u32 {
        (0..LANES).fold(0, |mask, l| mask | u32::from(self.0[l] <= other.0[l]) << l)
    }

    #[inline(always)]
    fn pack(self, chosen: u32, to: &mut Lanes) {
        for (to, l) in to.iter_mut().zip(set_bits(u64::from(chosen))) {
            *to = self.0[l];
        }
    }

    #[inline(always)]
    fn pack_places(first: u32, chosen: u32, to: &mut Lanes<u32>) {
        for (to, l) in to.iter_mut().zip(set_bits(u64::from(chosen))) {
            *to = first + l as u32;
        }
    }

    #[inline(always)]
    fn extract(word: u64, mask: u64) -> u64 {
        let bit = |(to, from): (usize, usize)| (word >> from & 1) << to;
        set_bits(mask).enumerate().map(bit).sum()
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Every operation on two vectors, as bits: what the instances on registers are held against.
    pub fn all_operations<V: Vector>(a: &Lanes, b: &Lanes) -> Vec<u32> {
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
            V::either(0b1010_0110_1111_0001, x, y),
            V::all(1.5).times_power(V::all(f32::from_bits(5))),
            V::of_bytes(&bytes),
            V::offsets(&whole, -77),
            V::shared_bits(&words, &[u64::MAX, 0xF0F0_1234_FFFF_0101]),
        ];
        let mut bits: Vec<u32> = results
            .iter()
            .flat_map(|v| v.lanes().map(f32::to_bits))
            .collect();
        let chosen = x.at_most(y);
        bits.push(chosen);
        let kept = chosen.count_ones() as usize;
        let (mut numbers, mut places) = ([0.0; LANES], [0; LANES]);
        x.pack(chosen, &mut numbers);
        V::pack_places(1_000_000, chosen, &mut places);
        bits.extend(numbers[..kept].iter().map(|number| number.to_bits()));
        bits.extend(&places[..kept]);
        let extracted = V::extract(words[0][0], words[1][1]);
        bits.extend([extracted as u32, (extracted >> 32) as u32]);
        let ages = [0_u8, 1, 2].map(|shift| lanes(|l| bytes[l] >> shift));
        bits.push(V::ages_agree(
            [&ages[0], &ages[1], &ages[2]],
            bytes[3],
            (5, 99),
        ));
        bits
    }

    /// Pairs of vectors of all kinds of numbers.
    pub fn pairs() -> impl Iterator<Item = (Lanes, Lanes)> {
        let pick = [0.0, -0.0, 1.0, -1.5, 3.25, 1e-40, 1e30, 0.1, -7e8, 2.5e-3];
        (0..100_usize).map(move |seed| {
            let a = std::array::from_fn(|l| pick[(seed * 7 + l * 3) % 10]);
            (a, std::array::from_fn(|l| pick[(seed / 10 + l * 7) % 10]))
        })
    }

    #[test]
    fn plain_vectors_do_what_their_names_say() {
        let mut numbers = [7.0; LANES];
        numbers[..8].copy_from_slice(&[1.0, -2.0, 0.0, -0.0, 4.0, 9.0, 2.5, 1e-40]);
        let a = Plain::of(&numbers);
        let b = Plain::all(1.0);
        assert_eq!(a.at_most(b), 0b1000_1111);
        assert_eq!(a.choose(b, a).lanes()[..4], [1.0, -2.0, 1.0, -0.0]);
        assert_eq!(a.larger(b).lanes()[5], 9.0);
        assert_eq!(
            b.times_power(Plain::all(f32::from_bits(3))).lanes(),
            [8.0; LANES]
        );
        let words = [[0b1011; LANES], [u64::MAX; LANES]];
        let shared = Plain::shared_bits(&words, &[0b110, !1]).lanes();
        assert_eq!(shared, [64.0; LANES]);
        let mut packed = [0.0; LANES];
        a.pack(0b11_0010, &mut packed);
        assert_eq!(packed[..3], [-2.0, 4.0, 9.0]);
        assert_eq!(Plain::extract(0b1101_0110, 0b1100_0101), 0b1110);
    }
}
