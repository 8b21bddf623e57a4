//! Events of any order, collected chunk by chunk and partitioned by user.

use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, PoisonError};

use super::exclusions::Exclusions;
use super::keys::{KINDS, Kind, Layout};
use super::log::Log;
use super::parts::in_parts;
use super::pick::{Batches, Pick, Shelves};
use super::posts::Posts;
use super::settings::Settings;
use super::table::{IdTable, NONE};
use crate::matching::error::{Error, Result};
use crate::matching::simd::Path;
use crate::threads::{Tick, thread_count};

/// Partitions of users, by the highest bits of their mixed ids.
pub const PARTITIONS: usize = 1 << PARTITION_BITS;
/// So many bits.
pub const PARTITION_BITS: u32 = 8;
/// Events that a thread takes at once.
const PIECE: usize = 1 << 16;
/// Fewer events are not worth a thread.
const THREAD_EVENTS: usize = 1 << 15;
/// Codes of kinds are below this.
pub const EVENT_KINDS: u8 = 10;

/// Columns of events; the fields are those of `PostEvents` in Python.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)] // python/feedscore/posts.py explains each
pub struct Columns<'a> {
    pub user_ids: &'a [i64],
    pub post_ids: &'a [i64],
    pub kinds: &'a [u8],
    /// microseconds; the least number is no time
    pub occurred_at: &'a [i64],
    pub dwell_ms: &'a [i32],
}

impl<'a> Columns<'a> {
    fn check(&self) -> Result<()> {
        let n = self.user_ids.len();
        for (name, length) in [
            ("post_ids", self.post_ids.len()),
            ("kinds", self.kinds.len()),
            ("occurred_at", self.occurred_at.len()),
            ("dwell_ms", self.dwell_ms.len()),
        ] {
            if length != n {
                let rule = format!("must be {n} for {n} events");
                return Err(Error::argument(&format!("len({name})"), length, &rule));
            }
        }
        Ok(())
    }

    /// The error of the first kind that there is not, or of the first row without a time.
    fn fault(&self, wrong_kind: usize, no_time: usize) -> Error {
        if let Some(kind) = self.kinds.get(wrong_kind) {
            return Error::element("kinds", wrong_kind, kind, "must be at most 9");
        }
        Error::element("occurred_at", no_time, "NaT", "must be a time")
    }

    /// Some of the rows.
    #[inline]
    #[must_use]
    pub fn slice(&self, from: usize, to: usize) -> Columns<'a> {
        Columns {
            user_ids: &self.user_ids[from..to],
            post_ids: &self.post_ids[from..to],
            kinds: &self.kinds[from..to],
            occurred_at: &self.occurred_at[from..to],
            dwell_ms: &self.dwell_ms[from..to],
        }
    }
}

/// What is known besides the events.
#[derive(Debug)]
pub struct Basis {
    /// The posts.
    pub posts: Posts,
    /// The settings.
    pub settings: Settings,
    /// Who is out for whom.
    pub exclusions: Exclusions,
    /// Microseconds since 1970: ages are counted until then.
    pub as_of_us: i64,
    /// The window.
    pub window_us: u64,
    /// Weight of each `Kind`, as a number of 0 or more.
    pub weights: [f64; KINDS],
    /// How events are packed.
    pub layout: Layout,
    /// `EventKind` -> `Kind`, and the shortest time in milliseconds with which it counts
    pub kinds: [(Kind, i64); 16],
    /// Bit of an `EventKind`: whether it can count.
    pub counting: u32,
}

/// Events that may count, and what is known besides.
#[derive(Debug)]
pub struct Collector {
    /// What is known besides.
    pub basis: Basis,
    /// The events, by partition.
    pub logs: Vec<Mutex<Log>>,
    /// The numbers of users, where the layout has them.
    pub numbers: Mutex<IdTable>,
}

impl Basis {
    /// Check the settings.
    pub fn new(
        posts: Posts,
        exclusions: Exclusions,
        as_of_us: i64,
        settings: Settings,
    ) -> Result<Self> {
        settings.check()?;
        let mut weights = [0.0; KINDS];
        let mut kinds = [(Kind::Unlike, i64::MIN); 16];
        let mut counting = 0;
        let least_dwell_ms = (settings.min_view_s * 1000.0).ceil() as i64;
        // By the codes of `EventKind`: view, like, unlike, comment, share, profile view, hide.
        for (code, kind, weighs) in [
            (2, Kind::View, settings.view_weight),
            (3, Kind::Like, settings.like_weight),
            (4, Kind::Unlike, settings.like_weight),
            (5, Kind::Comment, settings.comment_weight),
            (6, Kind::Share, settings.share_weight),
            (7, Kind::ProfileView, settings.profile_view_weight),
            (8, Kind::Hide, settings.hide_weight),
        ] {
            let is_view = kind == Kind::View;
            kinds[code] = (kind, if is_view { least_dwell_ms } else { i64::MIN });
            counting |= u32::from(weighs > 0.0) << code;
            weights[kind as usize] = weighs;
        }
        weights[Kind::Unlike as usize] = 0.0;
        let window_us = settings.window_us();
        Ok(Self {
            window_us,
            layout: Layout::of(posts.len(), window_us, settings.takeback_us()),
            posts,
            settings,
            exclusions,
            as_of_us,
            weights,
            kinds,
            counting,
        })
    }
}

impl Basis {
    /// Whose posts do not count for a user: the user's own, and those of creators who are out.
    #[inline]
    pub fn left_out(&self, user_id: i64) -> impl Iterator<Item = u32> {
        let own = self.posts.author(user_id);
        let excluded = self.exclusions.of(user_id).iter().copied();
        (own != NONE).then_some(own).into_iter().chain(excluded)
    }
}

impl Collector {
    /// Nothing collected yet.
    #[must_use]
    pub fn new(basis: Basis) -> Self {
        let mut logs = Vec::new();
        logs.resize_with(PARTITIONS, Mutex::default);
        Self {
            basis,
            logs,
            numbers: Mutex::default(),
        }
    }

    /// The events held.
    #[must_use]
    pub fn len(&mut self) -> usize {
        self.logs().map(|log| log.len()).sum()
    }

    /// Whether none are held.
    #[must_use]
    pub fn is_empty(&mut self) -> bool {
        self.len() == 0
    }

    /// The memory of the events held, in bytes, with what is reserved.
    #[must_use]
    pub fn nbytes(&mut self) -> usize {
        self.logs().map(|log| log.nbytes()).sum()
    }

    fn logs(&mut self) -> impl Iterator<Item = &mut Log> {
        let logs = self.logs.iter_mut();
        logs.map(|log| log.get_mut().unwrap_or_else(PoisonError::into_inner))
    }

    /// Take a chunk of events, or nothing of it if it is refused.
    ///
    /// Interrupted, it has taken a part: the same chunk may be given again, since events told twice count once.
    pub fn add(
        &mut self,
        columns: &Columns<'_>,
        threads: usize,
        tick: &mut Tick<'_>,
    ) -> Result<()> {
        columns.check()?;
        let lengths: Vec<usize> = self.logs().map(|log| log.len()).collect();
        let shelves = Shelves {
            logs: &self.logs,
            numbers: &self.numbers,
            wrong_kind: AtomicUsize::new(usize::MAX),
            no_time: AtomicUsize::new(usize::MAX),
        };
        let n = columns.user_ids.len();
        let mut batches =
            vec![Batches::default(); thread_count(threads, n.div_ceil(THREAD_EVENTS))];
        let done = pick_all(&self.basis, columns, &shelves, &mut batches, tick);
        for own in &mut batches {
            own.finish(&self.logs);
        }
        let places = (
            shelves.wrong_kind.into_inner(),
            shelves.no_time.into_inner(),
        );
        if places != (usize::MAX, usize::MAX) {
            for (log, len) in self.logs().zip(lengths) {
                log.truncate(len);
            }
            return Err(columns.fault(places.0, places.1));
        }
        done
    }
}

/// Pick from all rows, a piece at a time.
fn pick_all(
    basis: &Basis,
    columns: &Columns<'_>,
    shelves: &Shelves<'_>,
    batches: &mut [Batches],
    tick: &mut Tick<'_>,
) -> Result<()> {
    let path = Path::choose(None)?;
    let n = columns.user_ids.len();
    let pick = |batches: &mut Batches, first: usize| {
        path.run(&mut Pick {
            basis,
            columns: columns.slice(first, n.min(first + PIECE)),
            first,
            shelves,
            batches,
        });
    };
    if batches.len() == 1 && n <= PIECE {
        pick(&mut batches[0], 0);
        return Ok(());
    }
    let firsts = (0..n).step_by(PIECE).collect();
    in_parts(firsts, batches, tick, |batches, first, _| {
        pick(batches, first);
    })?;
    Ok(())
}
