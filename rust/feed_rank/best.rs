//! The best candidates of a user so far.

/// A score and an id in one integer: larger is better, of two equal scores the smaller id rank.
#[inline]
pub fn key(score: f32, id_rank: u32) -> u64 {
    u64::from(rising(score)) << 32 | u64::from(!id_rank)
}

/// Bits that rise with the number; 0 has the same whatever its sign was, since no score is -0.
#[inline]
fn rising(score: f32) -> u32 {
    let bits = score.to_bits();
    bits ^ (((bits as i32) >> 31) as u32 | 1 << 31)
}

/// The score of a key.
#[inline]
pub fn score_of(key: u64) -> f32 {
    let bits = (key >> 32) as u32;
    f32::from_bits(bits ^ (((!bits as i32) >> 31) as u32 | 1 << 31))
}

/// The id rank of a key.
#[inline]
pub fn id_rank_of(key: u64) -> u32 {
    !(key as u32)
}

/// At least the `most` largest of the keys pushed so far, of which no two are equal.
#[derive(Debug, Default)]
pub struct Best {
    most: usize,
    keys: Vec<u64>,
    /// Keys below this one are not among the `most` largest.
    threshold: u64,
    /// Whether something was left out.
    cut: bool,
}

impl Best {
    /// Begin anew.
    pub fn clear(&mut self, most: usize) {
        self.keys.clear();
        (self.most, self.threshold, self.cut) = (most, 0, false);
    }

    /// How many are wanted.
    pub fn most(&self) -> usize {
        self.most
    }

    /// Whether no candidate of this score or a lower one can be among the best any more.
    #[inline]
    pub fn is_below(&self, score: f32) -> bool {
        key(score, 0) < self.threshold
    }

    /// Leave candidates out that cannot be among the best.
    #[inline]
    pub fn leave_out(&mut self) {
        self.cut = true;
    }

    /// Whether nothing was left out: the keys are those of all candidates.
    pub fn is_complete(&self) -> bool {
        !self.cut
    }

    /// Take a candidate.
    #[inline]
    pub fn push(&mut self, score: f32, id_rank: u32) {
        let key = key(score, id_rank);
        if key >= self.threshold {
            self.keys.push(key);
        } else {
            self.cut = true;
        }
    }

    /// Drop what is not among the best, and so raise the threshold.
    #[inline]
    pub fn settle(&mut self) {
        if self.keys.len() > self.most {
            let (_, last, _) = self
                .keys
                .select_nth_unstable_by(self.most - 1, |a, b| b.cmp(a));
            self.threshold = *last;
            self.keys.truncate(self.most);
            self.cut = true;
        }
    }

    /// Drop what is not among the best, and put the best in descending order.
    pub fn sort(&mut self) {
        self.settle();
        self.keys.sort_unstable_by(|a, b| b.cmp(a));
    }

    /// The keys, in order if nothing was pushed since they were sorted.
    pub fn keys(&self) -> &[u64] {
        &self.keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_by_score_then_id() {
        let scores = [-1.5, -0.5, -f32::MIN_POSITIVE, 0.0, 1e-30, 0.25, 0.5, 2.0];
        for pair in scores.windows(2) {
            assert!(key(pair[0], 0) < key(pair[1], u32::MAX), "{pair:?}");
        }
        for score in scores {
            assert!(key(score, 1) > key(score, 2));
            let key = key(score, 7);
            assert_eq!(
                (score_of(key).to_bits(), id_rank_of(key)),
                (score.to_bits(), 7)
            );
        }
    }

    #[test]
    fn equals_a_sort_whatever_the_order_of_arrival() {
        for (most, n) in [(1, 10), (3, 0), (3, 3), (76, 75), (76, 77), (76, 500)] {
            let mut best = Best::default();
            best.clear(most);
            let score = |i: u32| (i.wrapping_mul(0x9E37_79B9) >> 28) as f32 / 8.0 - 1.0;
            for i in 0..n {
                best.push(score(i), i);
                if i % 40 == 39 {
                    best.settle();
                }
            }
            let mut expected: Vec<u64> = (0..n).map(|i| key(score(i), i)).collect();
            expected.sort_unstable_by(|a, b| b.cmp(a));
            expected.truncate(most);
            best.sort();
            assert_eq!(best.keys(), expected, "{most} of {n}");
            assert_eq!(best.is_complete(), n as usize <= most);
        }
    }
}
