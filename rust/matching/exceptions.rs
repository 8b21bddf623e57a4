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
    /// Take over those of the given rows; `positions` tells where each row stands.
    #[must_use]
    pub fn build(p: &Population<'_>, settings: &Settings, rows: &[u32], positions: &[u32]) -> Self {
        let left = |days: f32| {
            let faded = (-f64::from(days) / settings.hide_scale_days).exp();
            (1.0 - settings.hide_strength * faded) as f32
        };
        let mut built = Self {
            starts: Vec::with_capacity(rows.len() + 1),
            values: Vec::with_capacity(
                rows.len() + p.excluded.values.len() + p.hidden.values.len(),
            ),
        };
        built.starts.push(0);
        let mut own = Vec::new();
        for &row in rows {
            let row = row as usize;
            let hidden = p.hidden.range(row);
            let hides = p.hidden.values[hidden.clone()].iter();
            let hides = hides.zip(&p.hidden_days[hidden]);
            own.clear();
            own.push((row as u32, NEVER));
            own.extend(p.excluded.row(row).iter().map(|&other| (other, NEVER)));
            own.extend(hides.map(|(&other, &days)| (other, left(days))));
            let known = own
                .iter()
                .filter(|other| positions[other.0 as usize] != NOBODY);
            let from = built.values.len();
            built.values.extend(known.map(|&(other, left)| Exception {
                position: positions[other as usize],
                left,
            }));
            let order = |e: &Exception| (e.position, e.left >= 0.0);
            built.values[from..].sort_unstable_by_key(order);
            built.starts.push(built.values.len());
        }
        built
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
