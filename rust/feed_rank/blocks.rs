//! Sets of places, 512 at a time: one cache line.

/// Places a block.
pub const BLOCK: usize = 512;
const WORDS: usize = BLOCK / 64;

/// Which of 512 consecutive places are in a set; bit i of word w is place 64 w + i.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(align(64))]
pub struct Block(pub [u64; WORDS]);

impl Block {
    /// The first `count` places, at most 512.
    #[inline(always)]
    pub fn first(count: usize) -> Self {
        let mut block = Self::default();
        for (w, word) in block.0.iter_mut().enumerate() {
            *word = match count.saturating_sub(64 * w) {
                0 => 0,
                left if left >= 64 => u64::MAX,
                left => (1 << left) - 1,
            };
        }
        block
    }

    /// Put a place in.
    #[inline(always)]
    pub fn insert(&mut self, place: usize) {
        self.0[place / 64 % WORDS] |= 1 << (place % 64);
    }

    /// Take the 64 places out that share a word with this one.
    #[inline(always)]
    pub fn remove_word(&mut self, place: usize) {
        self.0[place / 64 % WORDS] = 0;
    }

    /// Whether a place is in.
    #[inline(always)]
    pub fn contains(&self, place: usize) -> bool {
        self.0[place / 64 % WORDS] >> (place % 64) & 1 == 1
    }

    /// Word by word; a plain loop, which is compiled for the instruction set of who calls it.
    #[inline(always)]
    fn with(mut self, other: &Self, of: impl Fn(u64, u64) -> u64) -> Self {
        for (word, &other) in self.0.iter_mut().zip(&other.0) {
            *word = of(*word, other);
        }
        self
    }

    /// What is in both.
    #[inline(always)]
    pub fn and(self, other: &Self) -> Self {
        self.with(other, |a, b| a & b)
    }

    /// What is in this one and not in the other.
    #[inline(always)]
    pub fn without(self, other: &Self) -> Self {
        self.with(other, |a, b| a & !b)
    }

    /// The number of places in it.
    #[inline(always)]
    pub fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Its first `most` places, and how many these are.
    #[inline(always)]
    pub fn take(&self, most: usize) -> (Self, usize) {
        let (mut taken, mut left) = (*self, most);
        for word in &mut taken.0 {
            let count = word.count_ones() as usize;
            if count <= left {
                left -= count;
                continue;
            }
            let mut rest = *word;
            for _ in 0..std::mem::take(&mut left) {
                rest &= rest - 1;
            }
            *word &= !rest;
        }
        (taken, most - left)
    }

    /// Call with each of its places, ascending, while the call says so.
    #[inline(always)]
    pub fn each(&self, mut call: impl FnMut(usize) -> bool) {
        for (w, &word) in self.0.iter().enumerate() {
            let mut rest = word;
            while rest != 0 {
                if !call(64 * w + rest.trailing_zeros() as usize) {
                    return;
                }
                rest &= rest - 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(block: &Block) -> Vec<usize> {
        let mut found = Vec::new();
        block.each(|place| {
            found.push(place);
            true
        });
        found
    }

    #[test]
    fn the_first_places_are_taken_and_the_rest_stays() {
        let mut block = Block::default();
        let all = [0, 1, 63, 64, 200, 201, 511];
        for place in all {
            block.insert(place);
        }
        assert_eq!(places(&block), all);
        for most in 0..9 {
            let (taken, count) = block.take(most);
            assert_eq!(count, most.min(all.len()));
            assert_eq!(places(&taken), all[..count]);
            assert_eq!(block.without(&taken).with(&taken, |a, b| a | b), block);
            assert_eq!((taken.count(), taken.and(&block)), (count, taken));
        }
    }

    #[test]
    fn the_first_places_of_a_block() {
        for count in [0, 1, 63, 64, 65, 511, 512] {
            let block = Block::first(count);
            assert_eq!(block.count(), count);
            assert!(places(&block).into_iter().eq(0..count));
        }
    }
}
