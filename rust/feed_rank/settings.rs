//! The weights and constants of feed rank v1.

use crate::matching::error::{Error, Result};

/// Everything that can be set; the fields are those of `FeedSettings` in Python.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)] // docs/algorithms.md explains each
pub struct Settings {
    pub creator_weight: f64,
    pub topic_weight: f64,
    pub trending_weight: f64,
    pub quality_weight: f64,
    pub freshness_weight: f64,
    pub seen_weight: f64,
    pub window_days: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            creator_weight: 0.30,
            topic_weight: 0.25,
            trending_weight: 0.15,
            quality_weight: 0.10,
            freshness_weight: 0.20,
            seen_weight: 0.5,
            window_days: 7.0,
        }
    }
}

const MICROSECONDS_PER_DAY: f64 = 86_400_000_000.0;

impl Settings {
    /// Refuse values that make no score.
    pub fn check(&self) -> Result<()> {
        for (name, value, most) in [
            ("creator_weight", self.creator_weight, 1000.0),
            ("topic_weight", self.topic_weight, 1000.0),
            ("trending_weight", self.trending_weight, 1000.0),
            ("quality_weight", self.quality_weight, 1000.0),
            ("freshness_weight", self.freshness_weight, 1000.0),
            ("seen_weight", self.seen_weight, 1000.0),
            ("window_days", self.window_days, 36_500.0),
        ] {
            if !(0.0..=most).contains(&value) {
                let rule = format!("must be within 0 and {most}");
                return Err(Error::argument(name, value, &rule));
            }
        }
        Ok(())
    }

    /// No score is lower.
    #[must_use]
    pub fn lowest_score(&self) -> f32 {
        (0.0 - self.seen_weight) as f32 + 0.0
    }

    /// The length of the window in microseconds, parts of one cut.
    #[must_use]
    pub fn window(&self) -> i64 {
        (self.window_days * MICROSECONDS_PER_DAY) as i64
    }
}
