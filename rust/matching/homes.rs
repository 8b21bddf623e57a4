//! By which position people remember each other: a home, which stays the same when somebody moves within the index.

use std::borrow::Cow;

use super::exceptions::Exception;
use super::index::NOBODY;

/// Row -> home -> position. Where nobody has moved, homes are positions.
#[derive(Debug, Default)]
pub struct Homes {
    /// Row -> home: the position at first, or a number beyond all of those.
    pub of: Vec<u32>,
    /// Home -> position; `NOBODY` for who cannot be matched. Empty where nobody has moved.
    positions: Vec<u32>,
    /// The first home that is no position.
    first_free: u32,
    /// The next home to give away.
    next: u32,
}

impl Homes {
    /// Homes of everybody; those who have no position get one from `first_free` on.
    #[must_use]
    pub fn new(positions: &[u32], first_free: usize) -> Self {
        let mut homes = Self {
            of: Vec::with_capacity(positions.len()),
            positions: Vec::new(),
            first_free: first_free as u32,
            next: first_free as u32,
        };
        for &position in positions {
            homes.of.push(position);
            if position == NOBODY {
                homes.settle(homes.of.len() - 1);
            }
        }
        homes
    }

    /// Give homes to rows up to so many.
    pub fn grow(&mut self, rows: usize) {
        while self.of.len() < rows {
            self.of.push(NOBODY);
            self.settle(self.of.len() - 1);
        }
    }

    fn settle(&mut self, row: usize) {
        self.of[row] = self.next;
        self.next += 1;
    }

    /// Note where some rows stand now; all others stand where they stood at first.
    pub fn move_to(&mut self, moved: impl Iterator<Item = (u32, u32)>) {
        self.positions.clear();
        self.positions.extend(0..self.first_free);
        self.positions.resize(self.next as usize, NOBODY);
        for (row, position) in moved {
            self.positions[self.of[row as usize] as usize] = position;
        }
    }

    /// The same exceptions by position, in order; of people who cannot be matched none.
    #[inline(always)]
    #[must_use]
    pub fn resolve<'a>(&self, exceptions: &'a [Exception]) -> Cow<'a, [Exception]> {
        if self.positions.is_empty() {
            return Cow::Borrowed(exceptions);
        }
        self.resolve_moved(exceptions)
    }

    #[inline(never)]
    fn resolve_moved<'a>(&self, exceptions: &'a [Exception]) -> Cow<'a, [Exception]> {
        let stays = |e: &Exception| self.positions[e.position as usize] == e.position;
        if exceptions.iter().all(stays) {
            return Cow::Borrowed(exceptions);
        }
        let resolved = exceptions.iter().map(|e| Exception {
            position: self.positions[e.position as usize],
            left: e.left,
        });
        let mut resolved: Vec<_> = resolved.filter(|e| e.position != NOBODY).collect();
        resolved.sort_unstable_by_key(|e| e.order());
        Cow::Owned(resolved)
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        size_of_val(&*self.of) + size_of_val(&*self.positions)
    }
}
