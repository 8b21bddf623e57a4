//! The k largest entries of a viewer.

/// A candidate for a list, with what its facts need of its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// As `key` makes it; no two of a list are equal.
    pub key: u64,
    /// The cosine of the quiz vectors.
    pub cosine: f32,
    /// The squared chord in units; infinite where a place is unknown.
    pub chord: f32,
}

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

/// The k largest of the entries pushed so far, among some more.
///
/// Entries go to a buffer; when it is full, a selection cuts it and raises the threshold. That costs less than
/// sifting a heap at every hit: most lists see only a few times k entries above the threshold.
#[derive(Debug)]
pub struct TopK {
    k: usize,
    entries: Vec<Entry>,
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
            entries: Vec::with_capacity(room),
            threshold: 0,
        }
    }

    /// Keys below this one need not be pushed.
    #[inline(always)]
    #[must_use]
    pub fn threshold(&self) -> u64 {
        self.threshold
    }

    /// Take an entry that is not below the threshold; tell whether the threshold rose.
    #[inline(always)]
    pub fn push(&mut self, entry: Entry) -> bool {
        self.entries.push(entry);
        let full = self.entries.len() == self.entries.capacity();
        if full {
            self.cut();
        }
        full
    }

    /// The k largest, descending; the next list can then begin.
    pub fn take(&mut self, result: &mut Vec<Entry>) {
        if self.entries.len() > self.k {
            self.cut();
        }
        self.entries
            .sort_unstable_by_key(|entry| std::cmp::Reverse(entry.key));
        result.clear();
        result.extend_from_slice(&self.entries);
        self.entries.clear();
        self.threshold = 0;
    }

    #[cold]
    fn cut(&mut self) {
        let (_, last, _) = self
            .entries
            .select_nth_unstable_by(self.k - 1, |a, b| b.key.cmp(&a.key));
        self.threshold = last.key;
        self.entries.truncate(self.k);
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
                    top.push(Entry {
                        key,
                        cosine: key as f32,
                        chord: 0.0,
                    });
                }
            }
            let mut expected = keys.clone();
            expected.sort_unstable_by(|a, b| b.cmp(a));
            expected.truncate(k);
            let mut result = Vec::new();
            top.take(&mut result);
            let keys: Vec<u64> = result.iter().map(|entry| entry.key).collect();
            assert_eq!(keys, expected, "k {k} n {n}");
            assert!(result.iter().all(|entry| entry.cosine == entry.key as f32));
        }
    }
}
