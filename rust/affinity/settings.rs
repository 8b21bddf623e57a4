//! The weights and constants of affinity v1.

use crate::matching::error::{Error, Result};

const US_PER_DAY: f64 = 86_400e6;

/// Everything that can be set; the fields are those of `AffinitySettings` in Python.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)] // docs/algorithms.md explains each
pub struct Settings {
    pub like_weight: f64,
    pub comment_weight: f64,
    pub share_weight: f64,
    pub profile_view_weight: f64,
    pub view_weight: f64,
    pub hide_weight: f64,
    pub decay_per_day: f64,
    pub hide_decay_per_day: f64,
    pub window_days: f64,
    pub min_view_s: f64,
    pub takeback_s: f64,
    pub min_actions: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            like_weight: 1.0,
            comment_weight: 2.0,
            share_weight: 3.0,
            profile_view_weight: 0.5,
            view_weight: 0.2,
            hide_weight: 3.0,
            decay_per_day: 0.95,
            hide_decay_per_day: 0.99,
            window_days: 90.0,
            min_view_s: 2.0,
            takeback_s: 10.0,
            min_actions: 10.0,
        }
    }
}

impl Settings {
    /// Refuse values that make no profile.
    pub fn check(&self) -> Result<()> {
        for (name, value, low, high) in [
            ("like_weight", self.like_weight, 0.0, 1000.0),
            ("comment_weight", self.comment_weight, 0.0, 1000.0),
            ("share_weight", self.share_weight, 0.0, 1000.0),
            ("profile_view_weight", self.profile_view_weight, 0.0, 1000.0),
            ("view_weight", self.view_weight, 0.0, 1000.0),
            ("hide_weight", self.hide_weight, 0.0, 1000.0),
            ("decay_per_day", self.decay_per_day, 0.01, 1.0),
            ("hide_decay_per_day", self.hide_decay_per_day, 0.01, 1.0),
            ("window_days", self.window_days, 0.001, 36_525.0),
            ("min_view_s", self.min_view_s, 0.0, 1e6),
            ("takeback_s", self.takeback_s, 0.0, 86_400.0),
            ("min_actions", self.min_actions, 1.0, 1e9),
        ] {
            if !(value >= low && value <= high) {
                let rule = format!("must be within {low} and {high}");
                return Err(Error::argument(name, value, &rule));
            }
        }
        Ok(())
    }

    /// The window in microseconds: events of this age or older are out.
    #[must_use]
    pub fn window_us(&self) -> u64 {
        (self.window_days * US_PER_DAY).round_ties_even() as u64
    }

    /// A like that is taken back within this many microseconds does not count.
    #[must_use]
    pub fn takeback_us(&self) -> u64 {
        (self.takeback_s * 1e6).round_ties_even() as u64
    }
}
