//! The best candidates of a user so far.

use std::cmp::Reverse;

/// A score and an id in one integer: larger is better, of two equal scores the smaller id rank.
#[inline]
fn key(score: f32, id_rank: u32) -> u64 {
    u64::from(rising(score)) << 32 | u64::from(!id_rank)
}

/// Bits that rise with the number; no score is -0.
#[inline]
fn rising(score: f32) -> u32 {
    let bits = score.to_bits();
    bits ^ (((bits as i32) >> 31) as u32 | 1 << 31)
}

/// A candidate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Entry {
    /// By descending key candidates are in order; no two of a user are equal.
    key: u64,
    /// The place of the post.
    pub place: u32,
    /// The code of its author.
    pub author: u32,
}

impl Entry {
    /// A candidate by its score, the rank of its id, its place and its author.
    #[inline]
    pub fn new(score: f32, id_rank: u32, place: u32, author: u32) -> Self {
        Self {
            key: key(score, id_rank),
            place,
            author,
        }
    }

    /// The score.
    pub fn score(&self) -> f32 {
        let bits = (self.key >> 32) as u32;
        f32::from_bits(bits ^ (((!bits as i32) >> 31) as u32 | 1 << 31))
    }
}

/// The largest scores are counted in so many steps; all that are lower are in the lowest.
const STEPS: usize = 512;
/// Steps of the bits of a score: 128 from one power of two to the next.
const STEP_BITS: u32 = 16;
/// Candidates pushed before the threshold is looked at again.
const SLACK: usize = 32;
/// Where more candidates than these share a step, a real sort is better.
const CROWD: u16 = 24;

/// The best of the candidates pushed so far: at least `most`, and none is left out that is better than one of them.
///
/// Scores are counted by steps, so that a threshold is found by counting from above, and the best are put in order by
/// their steps first. That costs less than to select and to sort.
#[derive(Debug)]
pub struct Best {
    /// `rising` of the upper end of the lowest step
    floor: u32,
    most: usize,
    entries: Vec<Entry>,
    counts: [u16; STEPS],
    /// What is below this step is not among the best.
    least: usize,
    /// No entry is above this step.
    highest: usize,
    /// how many entries there were when the threshold was looked at
    looked: usize,
    descending: Vec<Entry>,
    /// Whether something was left out.
    cut: bool,
}

impl Best {
    /// Prepare for scores up to `highest`.
    pub fn new(highest: f32) -> Self {
        Self {
            floor: rising(highest).saturating_sub((STEPS as u32) << STEP_BITS),
            most: 0,
            entries: Vec::new(),
            counts: [0; STEPS],
            least: 0,
            highest: 0,
            looked: 0,
            descending: Vec::new(),
            cut: false,
        }
    }

    /// Begin anew.
    pub fn clear(&mut self, most: usize) {
        self.entries.clear();
        self.counts = [0; STEPS];
        (self.most, self.least, self.highest) = (most, 0, 0);
        (self.looked, self.cut) = (0, false);
    }

    /// How many are wanted.
    pub fn most(&self) -> usize {
        self.most
    }

    /// The step of a score by its rising bits: it never falls when the score rises.
    #[inline]
    fn step(&self, rising: u32) -> usize {
        ((rising.saturating_sub(self.floor) >> STEP_BITS) as usize).min(STEPS - 1)
    }

    /// Whether no candidate of this score or a lower one can be among the best any more.
    #[inline]
    pub fn is_below(&self, score: f32) -> bool {
        self.step(rising(score)) < self.least
    }

    /// Leave candidates out that cannot be among the best.
    #[inline]
    pub fn leave_out(&mut self) {
        self.cut = true;
    }

    /// Whether nothing was left out: the entries are all candidates.
    pub fn is_complete(&self) -> bool {
        !self.cut
    }

    /// Take a candidate.
    #[inline]
    pub fn push(&mut self, entry: Entry) {
        let step = self.step((entry.key >> 32) as u32);
        if step < self.least {
            self.cut = true;
            return;
        }
        self.counts[step] += 1;
        self.highest = self.highest.max(step);
        self.entries.push(entry);
    }

    /// Raise the threshold, if enough was pushed since it rose.
    #[inline]
    pub fn raise(&mut self) {
        let enough = self.most.max(self.looked).saturating_add(SLACK);
        if self.entries.len() >= enough {
            self.raise_now();
        }
    }

    fn raise_now(&mut self) {
        self.looked = self.entries.len();
        let mut kept = 0;
        for step in (self.least..=self.highest).rev() {
            kept += usize::from(self.counts[step]);
            if kept >= self.most {
                self.least = step;
                return;
            }
        }
    }

    /// Put the best in descending order.
    pub fn sort(&mut self) {
        self.raise_now();
        // From here on a count is the place of the next entry of its step.
        let (mut before, mut largest) = (0, 0);
        for count in self.counts[self.least..=self.highest].iter_mut().rev() {
            largest = largest.max(*count);
            before += std::mem::replace(count, before);
        }
        self.descending.clear();
        self.descending
            .resize(usize::from(before), Entry::default());
        for entry in &self.entries {
            let step = self.step((entry.key >> 32) as u32);
            if step >= self.least {
                self.descending[usize::from(self.counts[step])] = *entry;
                self.counts[step] += 1;
            }
        }
        self.cut |= self.descending.len() < self.entries.len();
        if largest > CROWD {
            self.descending
                .sort_unstable_by_key(|entry| Reverse(entry.key));
        } else {
            insert_each(&mut self.descending);
        }
    }

    /// The best, as they were sorted.
    pub fn descending(&self) -> &[Entry] {
        &self.descending
    }
}

/// Sort in descending order what is nearly so.
fn insert_each(entries: &mut [Entry]) {
    for from in 1..entries.len() {
        let entry = entries[from];
        let mut at = from;
        while at > 0 && entries[at - 1].key < entry.key {
            entries[at] = entries[at - 1];
            at -= 1;
        }
        entries[at] = entry;
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
            assert_eq!(
                Entry::new(score, 7, 0, 0).score().to_bits(),
                score.to_bits()
            );
        }
    }

    #[test]
    fn equals_a_sort_whatever_the_order_of_arrival() {
        for (bits, highest) in [(28, 1.0), (12, 1.0), (28, 0.0), (28, 1e9), (12, 0.125)] {
            for (most, n) in [
                (1, 10),
                (3, 0),
                (3, 3),
                (76, 75),
                (76, 77),
                (76, 500),
                (usize::MAX, 500),
            ] {
                let mut best = Best::new(highest);
                best.clear(most);
                let largest = f64::from(u32::MAX >> bits);
                let share = |i: u32| f64::from(i.wrapping_mul(0x9E37_79B9) >> bits) / largest;
                let entry = |i: u32| Entry::new((share(i) * 2.0 - 1.0) as f32, i, i, i);
                for i in 0..n {
                    best.push(entry(i));
                    if i % 40 == 39 {
                        best.raise();
                    }
                }
                let mut expected: Vec<Entry> = (0..n).map(entry).collect();
                expected.sort_unstable_by_key(|entry| Reverse(entry.key));
                best.sort();
                let kept = best.descending().len();
                assert!(kept >= most.min(n as usize));
                assert_eq!(best.descending(), &expected[..kept], "{most} of {n}");
                assert_eq!(best.is_complete(), kept == n as usize);
            }
        }
    }
}
