//! Where tiles of lists go that threads finish in any order: to columns, in the order of the tiles, without gaps.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::lists::Written;

/// Columns of lists, to be filled in.
#[derive(Debug)]
#[allow(missing_docs)] // python/feedscore/population.py explains each
pub struct Lists<'a> {
    pub candidates: &'a mut [u32],
    pub scores: &'a mut [f32],
    /// Empty where facts are not asked for.
    pub facts: &'a mut [i64],
}

impl Lists<'_> {
    /// Take the first entries away.
    fn take(&mut self, entries: usize) -> Self {
        let facts = if self.facts.is_empty() { 0 } else { entries };
        Self {
            candidates: self.candidates.split_off_mut(..entries).unwrap_or_default(),
            scores: self.scores.split_off_mut(..entries).unwrap_or_default(),
            facts: self.facts.split_off_mut(..facts).unwrap_or_default(),
        }
    }

    fn fill(self, from: &Written) {
        self.candidates.copy_from_slice(&from.candidates);
        self.scores.copy_from_slice(&from.scores);
        self.facts.copy_from_slice(&from.facts);
    }
}

/// What is left of the columns, and the tiles that wait for others before them.
#[derive(Debug)]
pub struct Outlet<'a>(Mutex<(Lists<'a>, usize, BTreeMap<usize, Written>)>);

impl<'a> Outlet<'a> {
    /// Room for all tiles.
    #[must_use]
    pub fn new(lists: Lists<'a>) -> Self {
        Self(Mutex::new((lists, 0, BTreeMap::new())))
    }

    /// Take the lists of a tile; each comes once.
    pub fn put(&self, tile: usize, written: Written) {
        let mut ready = Vec::new();
        {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let (rest, next, waiting) = &mut *state;
            waiting.insert(tile, written);
            while let Some(written) = waiting.remove(next) {
                ready.push((rest.take(written.candidates.len()), written));
                *next += 1;
            }
        }
        for (place, written) in ready {
            place.fill(&written);
        }
    }
}

/// Bring lists that stand in the order of their places in `order` into the order of those numbers.
pub fn reorder<T: Copy>(column: &mut [T], order: &[usize], offsets: &[i64]) {
    let range = |list: usize| offsets[list] as usize..offsets[list + 1] as usize;
    let moved = column.to_vec();
    let mut from = 0;
    for &list in order {
        let to = &mut column[range(list)];
        to.copy_from_slice(&moved[from..from + to.len()]);
        from += to.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(values: &[u32]) -> Written {
        Written {
            candidates: values.to_vec(),
            scores: values.iter().map(|&value| value as f32).collect(),
            facts: Vec::new(),
        }
    }

    #[test]
    fn tiles_come_out_in_their_order_whatever_order_they_come_in() {
        let (mut candidates, mut scores) = ([9; 7], [9.0; 7]);
        let outlet = Outlet::new(Lists {
            candidates: &mut candidates,
            scores: &mut scores,
            facts: &mut [],
        });
        outlet.put(2, written(&[4, 5]));
        outlet.put(0, written(&[1]));
        outlet.put(3, written(&[]));
        outlet.put(1, written(&[2, 3]));
        assert_eq!(candidates, [1, 2, 3, 4, 5, 9, 9]);
        assert_eq!(scores[..5], [1.0, 2.0, 3.0, 4.0, 5.0]);
    }

    #[test]
    fn lists_are_brought_into_order() {
        let mut column = [30, 31, 10, 20];
        reorder(&mut column, &[2, 0, 1], &[0, 1, 2, 4]);
        assert_eq!(column, [10, 20, 30, 31]);
    }
}
