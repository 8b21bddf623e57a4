//! What a few vectors tell of many events at once, before any is looked at by itself.
//!
//! Plain loops over whole columns: compiled for the instruction set of who calls, they run at the speed of memory.

use super::gather::{AFTER_ENGAGEMENTS, Events, FIRST_ENGAGEMENT};

/// What is known of a stretch of events.
#[derive(Debug, Clone, Copy)]
pub struct Glance {
    /// The highest code of a kind.
    pub highest_kind: u8,
    /// How many events are engagements; at most as many as 16 bits count.
    pub engagements: u16,
    /// All times, or-ed: below 0 where any is from before 1970, as `NaT` is.
    signs: i64,
    /// All distances from the start of the window, and-ed: below 0 where all times are before it, as long as none is
    /// from before 1970.
    before: i64,
}

impl Glance {
    /// Look at fewer than 2^16 events.
    #[inline(always)]
    pub fn at(events: &Events<'_>, start_us: i64) -> Self {
        let (mut highest_kind, mut engagements) = (0, 0);
        for &kind in events.kinds {
            highest_kind = if kind > highest_kind {
                kind
            } else {
                highest_kind
            };
            engagements += u16::from(is_engagement(kind));
        }
        let (mut signs, mut before) = (start_us, -1);
        for &time in events.occurred_us {
            signs |= time;
            before &= time.wrapping_sub(start_us);
        }
        Self {
            highest_kind,
            engagements,
            signs,
            before,
        }
    }

    /// Whether all times, and the start of the window, are from 1970 on: none is missing then.
    #[inline(always)]
    pub fn is_after_1970(&self) -> bool {
        self.signs >= 0
    }

    /// Whether all events were before the window, as far as this tells.
    #[inline(always)]
    pub fn is_before_window(&self) -> bool {
        self.is_after_1970() && self.before < 0
    }
}

/// Whether a kind is one of interest.
#[inline(always)]
pub fn is_engagement(kind: u8) -> bool {
    (FIRST_ENGAGEMENT..AFTER_ENGAGEMENTS).contains(&kind)
}
