//! Pairs that are never shown, or whose score is lowered: each viewer's, in the order of the positions.

use super::population::Population;
use super::settings::Settings;

/// What a viewer remembers of one candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exception {
    /// The home of the candidate, by which `Homes` finds the position.
    pub position: u32,
    /// What is left of the score; below 0 where the pair is never shown.
    pub left: f32,
}

impl Exception {
    /// By position; of one that was both hidden and excluded, the exclusion first.
    #[must_use]
    pub fn order(self) -> (u32, bool) {
        (self.position, self.left >= 0.0)
    }
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

    /// Take over those of the next person, whose own home is given; `homes` tells by which position each row is remembered.
    pub fn push(
        &mut self,
        p: &Population<'_>,
        settings: &Settings,
        row: usize,
        home: u32,
        homes: &[u32],
    ) {
        let left = |days: f32| {
            let faded = (-f64::from(days) / settings.hide_scale_days).exp();
            (1.0 - settings.hide_strength * faded) as f32
        };
        let hidden = p.hidden.range(row);
        let hides = p.hidden.values[hidden.clone()].iter();
        let hides = hides.zip(&p.hidden_days[hidden]);
        let never = p.excluded.row(row).iter().map(|&other| (other, NEVER));
        let known = never
            .chain(hides.map(|(&other, &days)| (other, left(days))))
            .map(|(other, left)| (homes[other as usize], left))
            .chain(std::iter::once((home, NEVER)))
            .map(|(position, left)| Exception { position, left });
        let from = self.values.len();
        self.values.extend(known);
        self.values[from..].sort_unstable_by_key(|e| e.order());
        self.starts.push(self.values.len());
    }

    /// Keep those of the first people only, or have some more who remember nobody.
    pub fn resize(&mut self, people: usize) {
        self.starts.resize(people + 1, self.values.len());
        self.values.truncate(self.starts[people]);
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
