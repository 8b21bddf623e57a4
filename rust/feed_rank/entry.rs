//! A candidate as one number, to be sorted by.

/// A candidate, in the order of a list: larger scores have smaller keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry(u64);

impl Entry {
    /// A candidate by its score and place.
    #[inline(always)]
    pub fn new(score: f32, place: u32) -> Self {
        Self(u64::from(!rising(score)) << 32 | u64::from(place))
    }

    /// The candidate of a key.
    #[inline(always)]
    pub fn of(key: u64) -> Self {
        Self(key)
    }

    /// What candidates are sorted by.
    #[inline(always)]
    pub fn key(self) -> u64 {
        self.0
    }

    /// The place of the post.
    #[inline(always)]
    pub fn place(self) -> usize {
        self.0 as u32 as usize
    }

    /// The score.
    #[inline(always)]
    pub fn score(self) -> f32 {
        let bits = !(self.0 >> 32) as u32;
        f32::from_bits(bits ^ (((!bits as i32) >> 31) as u32 | 1 << 31))
    }
}

/// Bits that rise with the number; no score is -0.
#[inline(always)]
fn rising(score: f32) -> u32 {
    let bits = score.to_bits();
    bits ^ (((bits as i32) >> 31) as u32 | 1 << 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_by_score() {
        let scores = [-1.5, -0.5, -f32::MIN_POSITIVE, 0.0, 1e-30, 0.25, 0.5, 2.0];
        for pair in scores.windows(2) {
            assert!(Entry::new(pair[0], 0).key() > Entry::new(pair[1], u32::MAX).key());
        }
        for score in scores {
            let entry = Entry::new(score, 7);
            assert_eq!(entry.score().to_bits(), score.to_bits());
            assert_eq!(entry.place(), 7);
        }
    }
}
