//! From counts to figures.

use super::count::Tally;
use super::posts::Table;
use super::record::Kind;
use super::settings::Settings;
use super::window::{HOUR_US, Window};

/// What stands for no time: `NaT`.
const NO_TIME: i64 = i64::MIN;

/// The figures of all posts, one entry a post, in the order given; the fields are those of `TrendingPosts` in Python.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)] // python/feedscore/trending.py explains each
pub struct Trends {
    pub gated: Vec<bool>,
    pub engagements: Vec<i32>,
    pub recent: Vec<i32>,
    pub popularity: Vec<f32>,
    pub velocity: Vec<f32>,
    pub decay_multiplier: Vec<f32>,
    pub peak_us: Vec<i64>,
    pub is_trending: Vec<bool>,
    pub avg_velocity: f64,
}

/// Make the figures; operations stand in a fixed order, so that equal counts make equal bits.
pub fn trends(table: &Table, tallies: &[Tally], window: &Window, settings: &Settings) -> Trends {
    let posts = table.age_us.len();
    let mut all = vec![Tally::default(); posts];
    for (&row, &tally) in table.rows.iter().zip(tallies) {
        all[row as usize] = tally;
    }
    let gated: Vec<bool> = all
        .iter()
        .map(|tally| f64::from(tally.engagements()) >= settings.min_engagements)
        .collect();
    let of_gated = || all.iter().zip(&gated).filter(|(_, is_in)| **is_in);
    let count = of_gated().count() as f64;
    let recent: u64 = of_gated().map(|(tally, _)| u64::from(tally.recent)).sum();
    // Compared as whole numbers where the ratio is one: no mean is rounded before.
    let bar = settings.trending_ratio * recent as f64;
    let minutes = settings.velocity_window_h * 60.0;
    let decay: Vec<f64> = table
        .age_us
        .iter()
        .map(|&age| libm::exp2(-(age as f64 / HOUR_US as f64) / settings.half_life_h))
        .collect();
    Trends {
        engagements: all.iter().map(|tally| whole(tally.engagements())).collect(),
        recent: all.iter().map(|tally| whole(tally.recent)).collect(),
        popularity: all
            .iter()
            .zip(&decay)
            .map(|(tally, decay)| (weighted(tally, settings) * decay) as f32)
            .collect(),
        velocity: all
            .iter()
            .map(|tally| (f64::from(tally.recent) / minutes) as f32)
            .collect(),
        decay_multiplier: decay.iter().map(|&decay| decay as f32).collect(),
        peak_us: all
            .iter()
            .map(|tally| match tally.engagements() {
                0 => NO_TIME,
                _ => window.hour_start_us(tally.busiest_hour as usize),
            })
            .collect(),
        is_trending: all
            .iter()
            .zip(&gated)
            .map(|(tally, &is_in)| is_in && f64::from(tally.recent) * count > bar)
            .collect(),
        avg_velocity: recent as f64 / count.max(1.0) / minutes,
        gated,
    }
}

fn weighted(tally: &Tally, settings: &Settings) -> f64 {
    let count = |kind: Kind| f64::from(tally.counts[kind as usize]);
    settings.like_weight * count(Kind::Like)
        + settings.comment_weight * count(Kind::Comment)
        + settings.share_weight * count(Kind::Share)
        + settings.profile_view_weight * count(Kind::ProfileView)
}

fn whole(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
