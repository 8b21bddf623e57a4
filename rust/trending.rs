//! Trending v1: what people did with the posts of the last two days, counted once per person, and which posts stand out.
//!
//! `posts` finds a post by its id, `glance` passes over stretches of events that cannot count, `gather` sorts the others
//! into buckets of posts, `count` counts each person once with the help of `distinct`, `trends` makes the figures.

#![allow(
    clippy::missing_errors_doc,
    reason = "every error is a fault of an argument, or an interruption"
)]
#![allow(
    clippy::inline_always,
    reason = "what runs under a target feature must be inlined to be compiled for it"
)]

mod bucket;
mod count;
mod distinct;
mod gather;
mod glance;
mod posts;
mod record;
mod settings;
mod takebacks;
mod trends;
mod window;

use crate::matching::error::Result;
use crate::threads::Tick;

use gather::Gathered;
use posts::Table;
use window::Window;

pub use gather::{Events, Ignored};
pub use posts::Posts;
pub use settings::Settings;
pub use trends::Trends;

/// Events, collected chunk by chunk, of posts that may be trending.
#[derive(Debug)]
pub struct TrendingEvents {
    settings: Settings,
    window: Window,
    table: Table,
    gathered: Gathered,
}

impl TrendingEvents {
    /// Prepare the posts, as of a time in microseconds since 1970 UTC.
    pub fn new(posts: &Posts<'_>, as_of_us: i64, settings: Settings) -> Result<Self> {
        settings.check()?;
        let window = Window::new(as_of_us, &settings)?;
        let table = Table::build(posts, &window)?;
        Ok(Self {
            settings,
            window,
            table,
            gathered: Gathered::default(),
        })
    }

    /// Take in a chunk of events; after an error everything is as before.
    pub fn add(&mut self, events: &Events<'_>, threads: usize, tick: &mut Tick<'_>) -> Result<()> {
        self.gathered
            .add(events, &self.table, &self.window, threads, tick)
    }

    /// The figures of all posts, in their order, from the events so far.
    pub fn trends(&self, threads: usize, tick: &mut Tick<'_>) -> Result<Trends> {
        let rules = count::Rules::new(&self.settings, self.window);
        let tallies = count::count(&self.gathered, &self.table, &rules, threads, tick)?;
        Ok(trends::trends(
            &self.table,
            &tallies,
            &self.window,
            &self.settings,
        ))
    }

    /// How many events were ignored so far, by cause.
    #[must_use]
    pub fn ignored(&self) -> Ignored {
        self.gathered.ignored
    }

    /// The memory that is held, in bytes.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        self.table.nbytes() + self.gathered.nbytes()
    }
}
