//! The k largest keys of each lane.

use super::lanes::TILE;

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

/// The k largest of the keys pushed so far to each lane, among some more.
///
/// Keys go to a buffer; when it is full, a selection cuts it down and raises the threshold. That costs less than
/// sifting a heap at every hit: most lists see only a few times k keys above the threshold.
#[derive(Debug)]
pub struct TopK {
    k: usize,
    /// Keys that a lane has room for, more than k.
    room: usize,
    keys: Vec<u64>,
    lengths: [usize; TILE],
}

impl TopK {
    /// Room for k of at most `most` keys a lane; k is 1 or more.
    #[must_use]
    pub fn new(k: usize, most: usize) -> Self {
        let k = k.min(most).max(1);
        let room = (k * 5 / 2).min(most + 1).max(k + 1);
        Self {
            k,
            room,
            keys: vec![0; room * TILE],
            lengths: [0; TILE],
        }
    }

    /// Take a key; where that filled the lane, tell the new threshold: smaller keys need not be pushed any more.
    #[inline(always)]
    pub fn push(&mut self, lane: usize, key: u64) -> Option<u64> {
        let length = &mut self.lengths[lane];
        self.keys[lane * self.room + *length] = key;
        *length += 1;
        (*length == self.room).then(|| self.cut(lane))
    }

    /// The k largest of a lane, descending; its next list can then begin.
    pub fn take(&mut self, lane: usize) -> &[u64] {
        if self.lengths[lane] > self.k {
            self.cut(lane);
        }
        let length = std::mem::take(&mut self.lengths[lane]);
        let keys = &mut self.keys[lane * self.room..][..length];
        keys.sort_unstable_by(|a, b| b.cmp(a));
        keys
    }

    #[cold]
    fn cut(&mut self, lane: usize) -> u64 {
        let keys = &mut self.keys[lane * self.room..][..self.lengths[lane]];
        self.lengths[lane] = self.k;
        *keys.select_nth_unstable_by(self.k - 1, |a, b| b.cmp(a)).1
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
        for (k, n) in [
            (1, 10),
            (3, 0),
            (3, 3),
            (3, 2000),
            (200, 199),
            (200, 5000),
            (9, 5),
        ] {
            let mut top = TopK::new(k, n);
            let keys: Vec<u64> = (0..n as u64)
                .map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7)
                .collect();
            let mut threshold = 0;
            for &key in &keys {
                if key >= threshold {
                    threshold = top.push(5, key).unwrap_or(threshold);
                }
            }
            let mut expected = keys.clone();
            expected.sort_unstable_by(|a, b| b.cmp(a));
            expected.truncate(k);
            assert_eq!(top.take(5), expected, "k {k} n {n}");
            assert!(top.take(5).is_empty());
        }
    }
}
