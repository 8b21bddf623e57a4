//! The k largest keys of each lane.

/// A score and an id in one integer: larger is better. Scores are not negative; of two equal ones the smaller id rank wins.
#[inline(always)]
#[must_use]
pub fn key(score: f32, id_rank: u32) -> u64 {
    u64::from(score.to_bits()) << 32 | u64::from(!id_rank)
}

/// The score of a key.
#[inline(always)]
#[must_use]
pub fn score_of(key: u64) -> f32 {
    f32::from_bits((key >> 32) as u32)
}

/// The id rank of a key.
#[inline(always)]
#[must_use]
pub fn id_rank_of(key: u64) -> u32 {
    !(key as u32)
}

/// The k largest of the keys pushed so far, among some more.
///
/// Keys go to a buffer; when it is full, a selection halves it and raises the threshold. That costs less than
/// sifting a heap at every hit: most lists see only a few times k keys above the threshold.
#[derive(Debug)]
pub struct TopK {
    k: usize,
    keys: Vec<u64>,
    /// Keys below this one are not among the k largest.
    threshold: u64,
}

impl TopK {
    /// Room for k of at most `most` keys; k is 1 or more.
    #[must_use]
    pub fn new(k: usize, most: usize) -> Self {
        let k = k.min(most).max(1);
        let room = (k * 4).min(most.max(k) + 1).max(k + 1);
        Self {
            k,
            keys: Vec::with_capacity(room),
            threshold: 0,
        }
    }

    /// Keys below this one need not be pushed.
    #[inline(always)]
    #[must_use]
    pub fn threshold(&self) -> u64 {
        self.threshold
    }

    /// Take a key that is not below the threshold; tell whether the threshold rose.
    #[inline(always)]
    pub fn push(&mut self, key: u64) -> bool {
        self.keys.push(key);
        let full = self.keys.len() == self.keys.capacity();
        if full {
            self.cut();
        }
        full
    }

    /// The k largest, descending; the next list can then begin.
    pub fn take(&mut self, result: &mut Vec<u64>) {
        if self.keys.len() > self.k {
            self.cut();
        }
        self.keys.sort_unstable_by(|a, b| b.cmp(a));
        result.clear();
        result.extend_from_slice(&self.keys);
        self.keys.clear();
        self.threshold = 0;
    }

    #[cold]
    fn cut(&mut self) {
        let (_, &mut last, _) = self
            .keys
            .select_nth_unstable_by(self.k - 1, |a, b| b.cmp(a));
        self.threshold = last;
        self.keys.truncate(self.k);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_by_score_then_id() {
        assert!(key(0.5, 9) > key(0.4, 1));
        assert!(key(0.5, 1) > key(0.5, 2));
        assert_eq!(
            (score_of(key(0.25, 7)), id_rank_of(key(0.25, 7))),
            (0.25, 7)
        );
    }

    #[test]
    fn equals_a_sort_whatever_the_order_of_arrival() {
        for (k, n) in [(1, 10), (3, 0), (3, 3), (3, 2000), (200, 199), (200, 5000)] {
            let mut top = TopK::new(k, n);
            let keys: Vec<u64> = (0..n as u64)
                .map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7)
                .collect();
            for &key in &keys {
                if key >= top.threshold() {
                    top.push(key);
                }
            }
            let mut expected = keys.clone();
            expected.sort_unstable_by(|a, b| b.cmp(a));
            expected.truncate(k);
            let mut result = Vec::new();
            top.take(&mut result);
            assert_eq!(result, expected, "k {k} n {n}");
        }
    }
}
