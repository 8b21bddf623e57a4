//! The weights and constants of trending v1.

use crate::matching::error::{Error, Result};

/// A year: what the clock of a record has bits for.
const MOST_HOURS: f64 = 8_784.0;
/// Most comments of one user on one post that may count.
const MOST_COMMENTS: f64 = 1_000.0;

/// Everything that can be set; the fields are those of `TrendingSettings` in Python.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)] // docs/algorithms.md explains each
pub struct Settings {
    pub like_weight: f64,
    pub comment_weight: f64,
    pub share_weight: f64,
    pub profile_view_weight: f64,
    pub comments_counted: f64,
    pub takeback_s: f64,
    pub window_h: f64,
    pub half_life_h: f64,
    pub velocity_window_h: f64,
    pub min_engagements: f64,
    pub trending_ratio: f64,
}

impl Settings {
    /// Refuse values that make no figures.
    pub fn check(&self) -> Result<()> {
        for (name, value) in [
            ("like_weight", self.like_weight),
            ("comment_weight", self.comment_weight),
            ("share_weight", self.share_weight),
            ("profile_view_weight", self.profile_view_weight),
        ] {
            within(name, value, 0.0, 1000.0)?;
        }
        within(
            "comments_counted",
            self.comments_counted,
            1.0,
            MOST_COMMENTS,
        )?;
        if self.comments_counted.fract() > 0.0 {
            return Err(Error::argument(
                "comments_counted",
                self.comments_counted,
                "must be a whole number",
            ));
        }
        within("takeback_s", self.takeback_s, 0.0, 86_400.0)?;
        within("window_h", self.window_h, 0.001, MOST_HOURS)?;
        within("half_life_h", self.half_life_h, 0.001, 1e9)?;
        within(
            "velocity_window_h",
            self.velocity_window_h,
            0.001,
            self.window_h,
        )?;
        within("min_engagements", self.min_engagements, 1.0, 1e9)?;
        within("trending_ratio", self.trending_ratio, 0.001, 1e9)
    }
}

fn within(name: &str, value: f64, low: f64, high: f64) -> Result<()> {
    if value >= low && value <= high {
        return Ok(());
    }
    let rule = format!("must be within {low} and {high}");
    Err(Error::argument(name, value, &rule))
}
