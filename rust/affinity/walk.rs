//! From the sorted events of a user to what counts of each post.

use std::ops::Range;

use super::decay::Decay;
use super::events::Basis;
use super::log::{Event, KINDS, Kind};
use super::posts::{Post, Posts};

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

impl Share {
    /// One of so many parts of the weight.
    #[inline]
    #[must_use]
    pub fn part(&self, parts: usize) -> Self {
        Self {
            positive: self.positive / parts as f64,
            // Most have none, and a division takes as long as all the rest.
            negative: if self.hides == 0 {
                0.0
            } else {
                self.negative / parts as f64
            },
            ..*self
        }
    }
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

/// Walks the posts of one user after the other.
#[derive(Debug)]
pub struct Walk<'a> {
    basis: &'a Basis,
    scales: &'a Scales,
    selection: &'a Selection,
    /// The post of each event of the user.
    ahead: Vec<Post>,
}

impl<'a> Walk<'a> {
    /// Walk what is selected.
    #[must_use]
    pub fn new(basis: &'a Basis, scales: &'a Scales, selection: &'a Selection) -> Self {
        Self {
            basis,
            scales,
            selection,
            ahead: Vec::new(),
        }
    }

    /// The posts that are walked.
    #[must_use]
    pub fn posts(&self) -> &'a Posts {
        &self.basis.posts
    }

    /// Tell what counts of each post, by ascending id, and the age of each action; not of the user's own posts, nor of
    /// creators who are out.
    #[inline]
    pub fn user(
        &mut self,
        user_id: i64,
        events: &[Event],
        mut action: impl FnMut(u64),
        mut tell: impl FnMut(&Post, &Share),
    ) {
        let posts = &self.basis.posts;
        let own = posts.author(user_id);
        let excluded = self.basis.exclusions.of(user_id);
        // Looked up together, they do not wait for each other.
        self.ahead.clear();
        self.ahead
            .extend(events.iter().map(|event| posts.post(event.post())));
        let mut from = 0;
        while from < events.len() {
            let rank = events[from].post();
            let mut to = from + 1;
            while to < events.len() && events[to].post() == rank {
                to += 1;
            }
            let post = &self.ahead[from];
            let is_out = !excluded.is_empty() && excluded.binary_search(&post.author).is_ok();
            if post.author != own && !is_out {
                let share = self
                    .scales
                    .weigh(&events[from..to], self.selection, &mut action);
                if share.actions > 0 || share.hides > 0 {
                    tell(post, &share);
                }
            }
            from = to;
        }
    }
}
