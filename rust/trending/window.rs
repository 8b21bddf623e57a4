//! The time that is looked at: from the start of the window to the time of the figures, both included.

use crate::matching::error::{Error, Result};

use super::settings::Settings;

/// Microseconds of an hour.
pub const HOUR_US: u64 = 3_600_000_000;
const SECOND_US: f64 = 1_000_000.0;

/// Times inside it are told as microseconds since its start, fewer than 2^45.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    as_of_us: i64,
    start_us: i64,
    length_us: u64,
    recent_from: u64,
    takeback_us: u64,
    /// How far into a clock hour the start is.
    into_hour_us: u64,
}

impl Window {
    /// The window that ends at a time, in microseconds since 1970 UTC.
    pub fn new(as_of_us: i64, settings: &Settings) -> Result<Self> {
        let length_us = whole_us(settings.window_h * 3600.0);
        let Some(start_us) = as_of_us.checked_sub(length_us as i64) else {
            return Err(Error::argument(
                "as_of",
                as_of_us,
                "must leave room for the window before it, in microseconds since 1970",
            ));
        };
        Ok(Self {
            as_of_us,
            start_us,
            length_us,
            recent_from: length_us - whole_us(settings.velocity_window_h * 3600.0).min(length_us),
            takeback_us: whole_us(settings.takeback_s),
            into_hour_us: start_us.rem_euclid(HOUR_US as i64) as u64,
        })
    }

    /// Where a time lies in the window: `Err` of whether it is later than that, rather than earlier.
    pub fn place(&self, time_us: i64) -> std::result::Result<u64, bool> {
        let at = (time_us as u64).wrapping_sub(self.start_us as u64);
        if at <= self.length_us {
            Ok(at)
        } else {
            Err(time_us > self.as_of_us)
        }
    }

    /// The start, in microseconds since 1970 UTC.
    pub fn start_us(&self) -> i64 {
        self.start_us
    }

    /// How long before the end something was, in microseconds; 0 for what is later.
    pub fn age_us(&self, time_us: i64) -> u64 {
        if time_us > self.as_of_us {
            0
        } else {
            (self.as_of_us as u64).wrapping_sub(time_us as u64)
        }
    }

    /// Whether a post of this time is young enough.
    pub fn admits(&self, created_us: i64) -> bool {
        self.age_us(created_us) <= self.length_us
    }

    /// Whether a place counts for the velocity.
    pub fn is_recent(&self, at: u64) -> bool {
        at >= self.recent_from
    }

    /// How long after a like an unlike takes it back, in microseconds.
    pub fn takeback_us(&self) -> u64 {
        self.takeback_us
    }

    /// The clock hour of a place, counted from that of the start.
    pub fn hour(&self, at: u64) -> usize {
        ((at + self.into_hour_us) / HOUR_US) as usize
    }

    /// How many clock hours the window touches.
    pub fn hours(&self) -> usize {
        self.hour(self.length_us) + 1
    }

    /// The start of an hour, in microseconds since 1970 UTC; the least time there is where that is too early to tell.
    pub fn hour_start_us(&self, hour: usize) -> i64 {
        let since_start = hour as i64 * HOUR_US as i64 - self.into_hour_us as i64;
        self.start_us.saturating_add(since_start)
    }
}

/// Seconds as microseconds, to the nearest, halves up.
fn whole_us(seconds: f64) -> u64 {
    (seconds * SECOND_US + 0.5).floor() as u64
}
