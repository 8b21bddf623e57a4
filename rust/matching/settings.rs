//! The weights and constants of match score v1.

use super::error::{Error, Result};

/// The weights of the factors, in the order of the formula.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)] // named as in the formula
pub struct Weights {
    pub quiz: f64,
    pub interests: f64,
    pub proximity: f64,
    pub goals: f64,
    pub age_fit: f64,
    pub rating_quality: f64,
    pub rating_fit: f64,
    pub newness: f64,
}

/// Everything that can be set; the fields are those of `MatchSettings` in Python.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)] // docs/algorithms.md explains each
pub struct Settings {
    pub weights: Weights,
    pub proximity_scale_km: f64,
    pub proximity_unknown: f64,
    pub newness_scale_days: f64,
    pub hide_strength: f64,
    pub hide_scale_days: f64,
    pub tier_a_score: f64,
    pub quiz_reason_value: f64,
    pub nearby_reason_km: f64,
    pub highly_rated_value: f64,
    pub new_here_days: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            weights: Weights {
                quiz: 0.30,
                interests: 0.20,
                proximity: 0.15,
                goals: 0.10,
                age_fit: 0.05,
                rating_quality: 0.08,
                rating_fit: 0.07,
                newness: 0.05,
            },
            proximity_scale_km: 50.0,
            proximity_unknown: 0.25,
            newness_scale_days: 14.0,
            hide_strength: 0.9,
            hide_scale_days: 90.0,
            tier_a_score: 0.6,
            quiz_reason_value: 0.6,
            nearby_reason_km: 25.0,
            highly_rated_value: 0.75,
            new_here_days: 14.0,
        }
    }
}

impl Settings {
    /// Refuse values that make no score, or facts that do not fit their bits.
    pub fn check(&self) -> Result<()> {
        let w = &self.weights;
        for (name, value) in [
            ("quiz_weight", w.quiz),
            ("interests_weight", w.interests),
            ("proximity_weight", w.proximity),
            ("goals_weight", w.goals),
            ("age_fit_weight", w.age_fit),
            ("rating_quality_weight", w.rating_quality),
            ("rating_fit_weight", w.rating_fit),
            ("newness_weight", w.newness),
        ] {
            within(name, value, 0.0, 1000.0)?;
        }
        for (name, value) in [
            ("proximity_scale_km", self.proximity_scale_km),
            ("newness_scale_days", self.newness_scale_days),
            ("hide_scale_days", self.hide_scale_days),
        ] {
            within(name, value, 1e-3, 1e9)?;
        }
        for (name, value) in [
            ("tier_a_score", self.tier_a_score),
            ("highly_rated_value", self.highly_rated_value),
            ("new_here_days", self.new_here_days),
        ] {
            within(name, value, f64::MIN_POSITIVE, f64::MAX)?;
        }
        within(
            "proximity_unknown",
            self.proximity_unknown,
            f64::MIN_POSITIVE,
            1.0,
        )?;
        within("hide_strength", self.hide_strength, f64::MIN_POSITIVE, 1.0)?;
        // The packed facts hold percents from 60 and whole kilometres up to 31.
        within("quiz_reason_value", self.quiz_reason_value, 0.6, f64::MAX)?;
        within(
            "nearby_reason_km",
            self.nearby_reason_km,
            f64::MIN_POSITIVE,
            31.0,
        )
    }
}

fn within(name: &str, value: f64, low: f64, high: f64) -> Result<()> {
    if value >= low && value <= high {
        return Ok(());
    }
    let rule = if high == f64::MAX && low == f64::MIN_POSITIVE {
        "must be finite and above 0".to_string()
    } else if high == f64::MAX {
        format!("must be finite and at least {low}")
    } else if low == f64::MIN_POSITIVE {
        format!("must be above 0 and at most {high}")
    } else {
        format!("must be within {low} and {high}")
    };
    Err(Error::argument(name, value, &rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_pass_and_a_nan_is_named() {
        assert_eq!(Settings::default().check(), Ok(()));
        let broken = Settings {
            hide_scale_days: f64::NAN,
            ..Settings::default()
        };
        let text = broken.check().map_err(|e| e.to_string());
        assert_eq!(
            text,
            Err("hide_scale_days = NaN: must be within 0.001 and 1000000000".into())
        );
    }
}
