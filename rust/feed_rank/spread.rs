//! The order in which posts are shown: the best first, but no author twice in a row where avoidable.
//!
//! Each slot takes the best that is left of another author than the last one. But when all others together are fewer
//! than half of the slots left, they are needed to keep one author's posts apart: then that author's best goes
//! next. No two authors can crowd at once: each one's posts would be among the others of the other.
//!
//! Why this is enough: with L slots left, and at least as many candidates, an order without a repetition exists if and
//! only if, for every author, the others number at least L/2, rounded up for the author shown last and down for all
//! else. Taking somebody who crowds, or, if nobody does, anybody but the last, keeps this true for L - 1. Where it
//! is false from the start, one author has too many: taking turns with all others uses each of them as a separator.

/// Chooses the order; keeps its memory from one list to the next.
#[derive(Debug, Default)]
pub struct Spread {
    /// which of the candidates, best first, are shown, in the order in which they are
    chosen: Vec<usize>,
    taken: Vec<bool>,
    /// candidates that have to wait until another author was shown
    waiting: Vec<usize>,
    /// author -> candidates left; all 0 between two lists
    left_of: Vec<u32>,
}

impl Spread {
    /// Prepare for authors with codes below `authors`.
    pub fn new(authors: usize) -> Self {
        Self {
            left_of: vec![0; authors],
            ..Self::default()
        }
    }

    /// Order all candidates, given by their authors, best first.
    pub fn all(&mut self, authors: &[u32], length: usize) -> &[usize] {
        let slots = length.min(authors.len());
        for &author in authors {
            self.left_of[author as usize] += 1;
        }
        self.begin(authors.len());
        let others = |left: usize, author: u32| left - self.left_of[author as usize] as usize;
        let may_crowd = authors
            .iter()
            .any(|&author| others(authors.len(), author) < slots);
        let (mut last, mut front) = (None, 0);
        for slot in 0..slots {
            while self.taken[front] {
                front += 1;
            }
            let left = authors.len() - slot;
            let crowds =
                |author: u32| 2 * (left - self.left_of[author as usize] as usize) < slots - slot;
            let is_free = |at: &usize| !self.taken[*at] && Some(authors[*at]) != last;
            let free = || (front..authors.len()).filter(is_free);
            let crowding = may_crowd.then(|| free().find(|&at| crowds(authors[at])));
            let pick = crowding
                .flatten()
                .or_else(|| free().next())
                .unwrap_or(front);
            self.take(pick);
            self.left_of[authors[pick] as usize] -= 1;
            last = Some(authors[pick]);
        }
        for &author in authors {
            self.left_of[author as usize] = 0;
        }
        &self.chosen
    }

    /// Order the best of more candidates, given by their authors, best first; None if others may be needed to do so.
    ///
    /// Authors below `diligent` have so many posts that they might crowd.
    #[inline(always)]
    pub fn best(&mut self, authors: &[u32], length: usize, diligent: u32) -> Option<&[usize]> {
        if self.may_crowd(authors, length, diligent) {
            return None;
        }
        self.chosen.clear();
        self.waiting.clear();
        // Those who wait are all by one author, and came up right after another post of theirs.
        let (mut last, mut waits_for, mut called) = (None, None, 0);
        let mut candidates = authors.iter().enumerate();
        for _ in 0..length {
            if called < self.waiting.len() && last != waits_for {
                self.chosen.push(self.waiting[called]);
                (last, called) = (waits_for, called + 1);
                continue;
            }
            loop {
                let (at, &author) = candidates.next()?;
                if Some(author) != last {
                    self.chosen.push(at);
                    last = Some(author);
                    break;
                }
                self.waiting.push(at);
                waits_for = last;
            }
        }
        Some(&self.chosen)
    }

    /// Whether an author might crowd: never while the others number at least `length` at the start, since each slot
    /// takes one of them at most.
    #[inline(always)]
    fn may_crowd(&mut self, authors: &[u32], length: usize, diligent: u32) -> bool {
        let Some(spare) = authors.len().checked_sub(length) else {
            return true;
        };
        let by_diligent = authors.iter().filter(|&&author| author < diligent);
        by_diligent.count() > spare && self.crowds(authors, spare, diligent)
    }

    #[cold]
    #[inline(never)]
    fn crowds(&mut self, authors: &[u32], spare: usize, diligent: u32) -> bool {
        let by_diligent = || authors.iter().filter(|&&author| author < diligent);
        let mut crowded = false;
        for &author in by_diligent() {
            let count = &mut self.left_of[author as usize];
            *count += 1;
            crowded |= *count as usize > spare;
        }
        for &author in by_diligent() {
            self.left_of[author as usize] = 0;
        }
        crowded
    }

    fn begin(&mut self, candidates: usize) {
        self.chosen.clear();
        self.taken.clear();
        self.taken.resize(candidates, false);
    }

    fn take(&mut self, at: usize) {
        self.taken[at] = true;
        self.chosen.push(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fewest meetings of an author with themselves in any order of any `length` of the candidates.
    fn fewest(counts: &mut [u32], last: Option<usize>, length: usize) -> u32 {
        if length == 0 {
            return 0;
        }
        let mut fewest_here = u32::MAX;
        for author in 0..counts.len() {
            if counts[author] > 0 {
                counts[author] -= 1;
                let meets = u32::from(last == Some(author));
                fewest_here = fewest_here.min(meets + fewest(counts, Some(author), length - 1));
                counts[author] += 1;
            }
        }
        fewest_here
    }

    /// All sequences of up to seven candidates by up to three authors.
    fn sequences() -> impl Iterator<Item = Vec<u32>> {
        (0..=7_u32).flat_map(|n| {
            (0..3_u32.pow(n)).map(move |code| (0..n).map(|i| code / 3_u32.pow(i) % 3).collect())
        })
    }

    #[test]
    fn no_avoidable_repetition_remains() {
        let mut spread = Spread::new(3);
        for authors in sequences() {
            for length in 0..=authors.len() {
                let order = spread.all(&authors, length);
                let meets = order
                    .windows(2)
                    .filter(|pair| authors[pair[0]] == authors[pair[1]])
                    .count();
                let mut counts = [0; 3];
                for &author in &authors {
                    counts[author as usize] += 1;
                }
                let least = fewest(&mut counts, None, length);
                assert_eq!(meets as u32, least, "{length} of {authors:?}: {order:?}");
                assert_eq!(order.len(), length);
            }
        }
    }

    #[test]
    fn the_best_alone_give_the_same_order_as_all() {
        let (mut spread, mut reference) = (Spread::new(3), Spread::new(3));
        let mut sufficed = 0;
        for authors in sequences() {
            let posts = |author| authors.iter().filter(|&&other| other == author).count();
            for length in 1..=authors.len() {
                // Authors are those with a code below `diligent` who might crowd, so all that might must come first.
                let might = |author| posts(author) + length > authors.len();
                let diligent = (0..3)
                    .rev()
                    .find(|&author| might(author))
                    .map_or(0, |last| last + 1);
                for prefix in 0..authors.len() {
                    let best = spread.best(&authors[..prefix], length, diligent);
                    if let Some(order) = best {
                        sufficed += 1;
                        assert_eq!(order, reference.all(&authors, length), "{authors:?}");
                    }
                }
            }
        }
        assert!(sufficed > 1000);
    }
}
