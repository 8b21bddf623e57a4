//! Pairs that are never shown, or whose score is lowered: each viewer's, in the order of the positions.

use super::index::NOBODY;
use super::population::Population;
use super::settings::Settings;

/// What a viewer remembers of one candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exception {
    /// The position of the candidate.
    pub position: u32,
    /// What is left of the score; below 0 where the pair is never shown.
    pub left: f32,
}

/// Stands in `Exception::left` where the pair is never shown.
const NEVER: f32 = -1.0;

/// The exceptions of everybody, by position: oneself, exclusions and hides.
#[derive(Debug, Default)]
pub struct Exceptions {
    starts: Vec<usize>,
    values: Vec<Exception>,
}

impl Exceptions {
    /// Nobody's yet, with room for so many people.
    #[must_use]
    pub fn new(people: usize) -> Self {
        let mut starts = Vec::with_capacity(people + 1);
        starts.push(0);
        Self {
            starts,
            values: Vec::new(),
        }
    }

    /// Take over those of the next person; `positions` tells where each row stands.
    pub fn push(&mut self, p: &Population<'_>, settings: &Settings, row: usize, positions: &[u32]) {
        let left = |days: f32| {
            let faded = (-f64::from(days) / settings.hide_scale_days).exp();
            (1.0 - settings.hide_strength * faded) as f32
        };
        let hidden = p.hidden.range(row);
        let hides = p.hidden.values[hidden.clone()].iter();
        let hides = hides.zip(&p.hidden_days[hidden]);
        let never = std::iter::once(row as u32).chain(p.excluded.row(row).iter().copied());
        let known = never
            .map(|other| (other, NEVER))
            .chain(hides.map(|(&other, &days)| (other, left(days))))
            .map(|(other, left)| Exception {
                position: positions[other as usize],
                left,
            })
            .filter(|exception| exception.position != NOBODY);
        let from = self.values.len();
        self.values.extend(known);
        let order = |e: &Exception| (e.position, e.left >= 0.0);
        self.values[from..].sort_unstable_by_key(order);
        self.starts.push(self.values.len());
    }

    /// Take over those of the people who come after.
    pub fn append(&mut self, next: &Self) {
        let before = self.values.len();
        self.values.extend_from_slice(&next.values);
        let starts = next.starts[1..].iter().map(|start| start + before);
        self.starts.extend(starts);
    }

    /// What one person remembers, by position; of one that was both hidden and excluded, the exclusion comes first.
    #[inline(always)]
    #[must_use]
    pub fn of(&self, position: usize) -> &[Exception] {
        &self.values[self.starts[position]..self.starts[position + 1]]
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        size_of_val(&*self.starts) + size_of_val(&*self.values)
    }
}
