//! How likely it is, by the words of a lexicon, that a text is not safe for work.

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::readings::Readings;
use crate::matching::error::{Error, Result};

/// A lexicon, compiled.
#[derive(Debug)]
pub struct Lexicon {
    patterns: AhoCorasick,
    /// the entry of each pattern
    entries: Vec<u32>,
    /// the weight of each entry; 0 = innocent, hides what it covers
    weights: Vec<f64>,
}

/// Room for looking through one text after the other.
#[derive(Debug, Default)]
pub struct Scratch {
    readings: Readings,
    innocent: Vec<(usize, usize)>,
    hits: Vec<(usize, usize, u32)>,
}

impl Lexicon {
    /// Compile patterns, words between single spaces, each of an entry with a weight.
    ///
    /// # Errors
    /// A pattern has no entry, a weight is not from 0 to below 1, or the patterns are too many.
    pub fn new(patterns: &[String], entries: &[i32], weights: &[f64]) -> Result<Self> {
        if patterns.len() != entries.len() {
            return Err(Error::argument(
                "entries",
                entries.len(),
                "one for each pattern",
            ));
        }
        if let Some(place) = entries
            .iter()
            .position(|&entry| entry < 0 || entry as usize >= weights.len())
        {
            return Err(Error::element(
                "entries",
                place,
                entries[place],
                "no such weight",
            ));
        }
        if let Some(place) = weights
            .iter()
            .position(|weight| !(0.0..1.0).contains(weight))
        {
            return Err(Error::element(
                "weights",
                place,
                weights[place],
                "from 0 to below 1",
            ));
        }
        let between = patterns.iter().map(|pattern| format!(" {pattern} "));
        let compiled = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .build(between)
            .map_err(|error| Error::argument("patterns", error, "cannot be compiled"))?;
        Ok(Self {
            patterns: compiled,
            entries: entries.iter().map(|&entry| entry as u32).collect(),
            weights: weights.to_vec(),
        })
    }

    /// The probability for a bare text: 1 - (1 - strongest weight) * product of (1 - share * weight) over the other
    /// entries found, each once; `share`, within 0 and 1, is less for a long text, which meets more words by chance.
    pub fn probability(&self, bare: &str, share: f64, scratch: &mut Scratch) -> f32 {
        let Scratch {
            readings,
            innocent,
            hits,
        } = scratch;
        innocent.clear();
        hits.clear();
        for found in self.patterns.find_overlapping_iter(readings.read(bare)) {
            let entry = self.entries[found.pattern()];
            if self.weights[entry as usize] > 0.0 {
                hits.push((found.start(), found.end(), entry));
            } else {
                innocent.push((found.start(), found.end()));
            }
        }
        hits.retain(|&(start, end, _)| {
            !innocent
                .iter()
                .any(|&(from, until)| from <= start && end <= until)
        });
        let mut entries: Vec<u32> = hits.iter().map(|&(_, _, entry)| entry).collect();
        entries.sort_unstable();
        entries.dedup();
        let weights: Vec<f64> = entries
            .iter()
            .map(|&entry| self.weights[entry as usize])
            .collect();
        let Some(strongest) = (0..weights.len())
            .rev()
            .max_by(|&one, &other| weights[one].total_cmp(&weights[other]))
        else {
            return 0.0;
        };
        let none = weights
            .iter()
            .enumerate()
            .fold(1.0, |none, (place, weight)| {
                none * (1.0
                    - if place == strongest {
                        *weight
                    } else {
                        share * weight
                    })
            });
        (1.0 - none) as f32
    }
}
