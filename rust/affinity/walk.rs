//! From the sorted events of a user to what counts of each post.

use std::ops::Range;

use super::decay::Decay;
use super::events::Basis;
use super::log::{Event, KINDS, Kind};
use super::table::NONE;

/// What counts of one user and post.
#[derive(Debug, Clone, Copy, Default)]
pub struct Share {
    /// Weight of the actions.
    pub positive: f64,
    /// Weight of the hides.
    pub negative: f64,
    /// Number of actions.
    pub actions: u32,
    /// Number of hides.
    pub hides: u32,
    /// The age of the first action, in microseconds.
    pub first_us: u64,
}

/// Which events are asked for.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Only events of these ages, in microseconds; what takes a like back may be of any.
    pub ages_us: Range<u64>,
    /// Instead of what counts: likes that would count, had they not been taken back by an unlike younger than this.
    pub taken_back_below_us: Option<u64>,
}

impl Selection {
    /// Everything that counts.
    pub const ALL: Self = Self {
        ages_us: 0..u64::MAX,
        taken_back_below_us: None,
    };
}

/// Weighs events: what a walk needs besides the events themselves.
#[derive(Debug)]
pub struct Scales {
    decay: Decay,
    hide_decay: Decay,
    weights: [f64; KINDS],
    takeback_us: u64,
}

impl Scales {
    /// The scales of a basis.
    #[must_use]
    pub fn of(basis: &Basis) -> Self {
        let settings = &basis.settings;
        let window_us = settings.window_us();
        Self {
            decay: Decay::new(settings.decay_per_day, window_us),
            hide_decay: Decay::new(settings.hide_decay_per_day, window_us),
            weights: basis.weights,
            takeback_us: settings.takeback_us(),
        }
    }

    /// Whether any of the events of one user and post, sorted, is an action that counts.
    #[inline]
    #[must_use]
    pub fn engages(&self, events: &[Event]) -> bool {
        let mut unlike_us = None;
        events.iter().any(|event| {
            let (age_us, kind) = (event.age_us(), event.kind());
            if kind == Kind::Unlike as usize {
                unlike_us = Some(age_us);
            }
            let taken_back = unlike_us.is_some_and(|at| age_us - at <= self.takeback_us);
            kind != Kind::Hide as usize
                && kind != Kind::Unlike as usize
                && !(kind == Kind::Like as usize && taken_back)
        })
    }

    /// Add up the events of one user and post, sorted: the newest first.
    #[inline]
    #[must_use]
    pub fn weigh(
        &self,
        events: &[Event],
        selection: &Selection,
        mut action: impl FnMut(u64),
    ) -> Share {
        let mut share = Share::default();
        let mut unlike_us = None;
        for event in events {
            let (age_us, kind) = (event.age_us(), event.kind());
            if kind == Kind::Unlike as usize {
                unlike_us = Some(age_us);
                continue;
            }
            // The unlike next after the like decides.
            let taken_back_us = unlike_us
                .filter(|&at| kind == Kind::Like as usize && age_us - at <= self.takeback_us);
            let counts = match selection.taken_back_below_us {
                None => taken_back_us.is_none(),
                Some(limit) => taken_back_us.is_some_and(|at| at < limit),
            };
            if !counts || !selection.ages_us.contains(&age_us) {
                continue;
            }
            if kind == Kind::Hide as usize {
                share.negative += self.weights[kind] * self.hide_decay.at(age_us);
                share.hides += 1;
            } else {
                share.positive += self.weights[kind] * self.decay.at(age_us);
                share.actions += 1;
                share.first_us = share.first_us.max(age_us);
                action(age_us);
            }
        }
        share
    }
}

/// The events of each user of a sorted log.
pub fn users(events: &[Event]) -> impl Iterator<Item = &[Event]> {
    events.chunk_by(|a, b| a.user() == b.user())
}

/// The events of each post of one user that may count: not the user's own, not of creators who are out.
pub fn posts<'a>(
    basis: &'a Basis,
    user_id: i64,
    events: &'a [Event],
) -> impl Iterator<Item = (u32, &'a [Event])> {
    let own = basis.posts.author(user_id);
    let excluded = basis.exclusions.of(user_id);
    events
        .chunk_by(|a, b| a.post() == b.post())
        .map(|events| (events[0].post(), events))
        .filter(move |&(post, _)| {
            let author = basis.posts.post(post).author;
            // Nobody's rank is NONE, so a user who wrote nothing owns nothing.
            debug_assert_ne!(author, NONE);
            author != own && (excluded.is_empty() || excluded.binary_search(&author).is_err())
        })
}
