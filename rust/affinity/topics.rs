//! The weight of a user's actions by topic.

use super::sums::Likings;

/// With no more topics than this, the sum of each has a place of its own, which stays in the nearest cache.
const MOST_PLACES: usize = 4096;
/// Parts of a weight, by the number of topics that share it.
const MOST_PARTS: usize = 65;

/// Sums by code.
#[derive(Debug)]
pub struct Topics {
    /// by code; empty where there are many codes
    sums: Vec<f64>,
    /// which sums were added to
    bits: Vec<u64>,
    /// the sums where there are many codes
    many: Likings,
    parts: [f64; MOST_PARTS],
    count: usize,
    codes: Vec<u32>,
    nets: Vec<f64>,
}

impl Topics {
    /// Sums for so many codes.
    #[must_use]
    pub fn new(codes: usize) -> Self {
        let places = if codes <= MOST_PLACES { codes } else { 0 };
        let mut parts = [0.0; MOST_PARTS];
        (1..MOST_PARTS).for_each(|count| parts[count] = 1.0 / count as f64);
        Self {
            sums: vec![0.0; places],
            bits: vec![0; places.div_ceil(64)],
            many: Likings::default(),
            parts,
            count: 0,
            codes: vec![0; places],
            nets: vec![0.0; places],
        }
    }

    /// Add the weight of a post to its topics, a part each.
    #[inline(always)]
    pub fn add(&mut self, topics: &[u32], weight: f64) {
        let part = weight * self.parts[topics.len()];
        if self.sums.is_empty() {
            for &topic in topics {
                self.many.act(topic, part);
            }
            return;
        }
        for &topic in topics {
            self.sums[topic as usize] += part;
            self.bits[topic as usize / 64] |= 1 << (topic % 64);
        }
    }

    /// Bring together the sums that were added to, and begin again.
    #[inline(always)]
    pub fn gather(&mut self) {
        self.count = 0;
        for (word, bits) in self.bits.iter_mut().enumerate() {
            let mut rest = std::mem::take(bits);
            while rest != 0 {
                let code = word * 64 + rest.trailing_zeros() as usize;
                rest &= rest - 1;
                self.codes[self.count] = code as u32;
                self.nets[self.count] = std::mem::take(&mut self.sums[code]);
                self.count += 1;
            }
        }
        if self.sums.is_empty() {
            self.codes.clear();
            self.nets.clear();
            for liking in self.many.entries() {
                self.codes.push(liking.code);
                self.nets.push(liking.positive);
            }
            self.count = self.codes.len();
            self.many.clear();
        }
    }

    /// What was gathered: codes and sums.
    #[inline(always)]
    #[must_use]
    pub fn gathered(&self) -> (&[u32], &[f64]) {
        (&self.codes[..self.count], &self.nets[..self.count])
    }

    /// The same, to take from it.
    pub fn gathered_mut(&mut self) -> (&[u32], &mut [f64]) {
        (&self.codes[..self.count], &mut self.nets[..self.count])
    }
}
