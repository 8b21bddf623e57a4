//! Events of any order, collected chunk by chunk and partitioned by user.

use super::exclusions::Exclusions;
use super::log::{Event, KINDS, Kind, Log, moment};
use super::parts::in_parts;
use super::posts::Posts;
use super::settings::Settings;
use super::table::{NONE, mix};
use crate::matching::error::{Error, Result};
use crate::threads::{Tick, thread_count};

/// Partitions of users, by the highest bits of their mixed ids.
const PARTITIONS: usize = 1 << PARTITION_BITS;
const PARTITION_BITS: u32 = 8;
/// Events taken at once: bounds what is held of a chunk besides the events that count.
const STRIDE: usize = 1 << 20;
/// Fewer events are not worth a thread.
const THREAD_EVENTS: usize = 1 << 15;
const EVENT_KINDS: u8 = 10;
/// Events whose kinds are looked at together.
const BLOCK: usize = 1024;

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
        // The largest is found without a branch a kind.
        if self.kinds.iter().copied().fold(0, u8::max) >= EVENT_KINDS {
            let at = self
                .kinds
                .iter()
                .position(|&kind| kind >= EVENT_KINDS)
                .unwrap_or(0);
            return Err(Error::element(
                "kinds",
                at,
                self.kinds[at],
                "must be at most 9",
            ));
        }
        if self.occurred_at.contains(&i64::MIN) {
            let at = self
                .occurred_at
                .iter()
                .position(|&time| time == i64::MIN)
                .unwrap_or(0);
            return Err(Error::element("occurred_at", at, "NaT", "must be a time"));
        }
        Ok(())
    }

    fn slice(&self, from: usize, to: usize) -> Columns<'a> {
        Columns {
            user_ids: &self.user_ids[from..to],
            post_ids: &self.post_ids[from..to],
            kinds: &self.kinds[from..to],
            occurred_at: &self.occurred_at[from..to],
            dwell_ms: &self.dwell_ms[from..to],
        }
    }
}

/// An event that may count, before its user has a number.
#[derive(Debug, Clone, Copy)]
struct Staged {
    user_id: i64,
    moment: u64,
    post: u32,
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
    /// Weight of each `Kind`, as a number of 0 or more.
    pub weights: [f64; KINDS],
    /// `EventKind` -> `Kind`, where it can count.
    kinds: [Option<Kind>; EVENT_KINDS as usize],
}

/// Events that may count, and what is known besides.
#[derive(Debug)]
pub struct Collector {
    /// What is known besides.
    pub basis: Basis,
    /// The events, by partition.
    pub logs: Vec<Log>,
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
        let weights = [
            0.0,
            settings.like_weight,
            settings.view_weight,
            settings.comment_weight,
            settings.share_weight,
            settings.profile_view_weight,
            settings.hide_weight,
        ];
        // By the codes of `EventKind`: view, like, unlike, comment, share, profile view, hide.
        let mut kinds = [None; EVENT_KINDS as usize];
        for (code, kind, weighs) in [
            (2, Kind::View, settings.view_weight),
            (3, Kind::Like, settings.like_weight),
            (4, Kind::Unlike, settings.like_weight),
            (5, Kind::Comment, settings.comment_weight),
            (6, Kind::Share, settings.share_weight),
            (7, Kind::ProfileView, settings.profile_view_weight),
            (8, Kind::Hide, settings.hide_weight),
        ] {
            kinds[code] = (weighs > 0.0).then_some(kind);
        }
        Ok(Self {
            posts,
            settings,
            exclusions,
            as_of_us,
            weights,
            kinds,
        })
    }

    /// Pick what may count, by partition.
    fn pick(&self, columns: &Columns<'_>, staged: &mut [Vec<Staged>]) {
        let window_us = self.settings.window_us();
        let min_view_ms = self.settings.min_view_s * 1000.0;
        let counting = (0..EVENT_KINDS).filter(|&code| self.kinds[code as usize].is_some());
        let counting = counting.fold(0_u32, |bits, code| bits | 1 << code);
        let mut chosen = [0_u16; BLOCK];
        for (block, kinds) in columns.kinds.chunks(BLOCK).enumerate() {
            // Most events never count: their places are passed over without a branch.
            let mut count = 0;
            for (place, &code) in kinds.iter().enumerate() {
                chosen[count] = place as u16;
                count += (counting >> code & 1) as usize;
            }
            for &place in &chosen[..count] {
                let at = block * BLOCK + place as usize;
                let Some(kind) = self.kinds[columns.kinds[at] as usize] else {
                    continue;
                };
                // The difference of any two times fits an unsigned number.
                let time_us = columns.occurred_at[at];
                let age_us = self.as_of_us.wrapping_sub(time_us) as u64;
                let dwell_ms = columns.dwell_ms[at];
                let too_short = dwell_ms < 0 || f64::from(dwell_ms) < min_view_ms;
                let post = self.posts.find(columns.post_ids[at]);
                if age_us >= window_us
                    || time_us > self.as_of_us
                    || post == NONE
                    || (kind == Kind::View && too_short)
                {
                    continue;
                }
                let user_id = columns.user_ids[at];
                staged[partition(mix(user_id))].push(Staged {
                    user_id,
                    moment: moment(age_us, kind),
                    post,
                });
            }
        }
    }
}

impl Collector {
    /// Nothing collected yet.
    #[must_use]
    pub fn new(basis: Basis) -> Self {
        let mut logs = Vec::new();
        logs.resize_with(PARTITIONS, Log::default);
        Self { basis, logs }
    }

    /// The events held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.logs.iter().map(Log::len).sum()
    }

    /// Whether none are held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The memory of the events held, in bytes, with what is reserved.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        self.logs.iter().map(Log::nbytes).sum()
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
        let n = columns.user_ids.len();
        let threads = thread_count(threads, n.min(STRIDE).div_ceil(THREAD_EVENTS));
        let mut staging: Vec<Vec<Vec<Staged>>> = vec![vec![Vec::new(); PARTITIONS]; threads];
        for from in (0..n).step_by(STRIDE) {
            let stride = columns.slice(from, n.min(from + STRIDE));
            if threads == 1 && n <= THREAD_EVENTS {
                self.basis.pick(&stride, &mut staging[0]);
                number(&staging, 0, &mut self.logs);
            } else {
                self.stage(&stride, &mut staging, tick)?;
                self.number(&staging, tick)?;
            }
        }
        Ok(())
    }

    /// Pick what may count, by partition; a thread for each part of the stride.
    fn stage(
        &self,
        stride: &Columns<'_>,
        staging: &mut [Vec<Vec<Staged>>],
        tick: &mut Tick<'_>,
    ) -> Result<()> {
        let (n, threads) = (stride.user_ids.len(), staging.len());
        let width = n.div_ceil(threads).max(1);
        let parts: Vec<_> = staging.iter_mut().enumerate().collect();
        in_parts(
            parts,
            &mut vec![(); threads],
            tick,
            |(), (at, staged), _| {
                staged.iter_mut().for_each(Vec::clear);
                let own = stride.slice(n.min(at * width), n.min((at + 1) * width));
                self.basis.pick(&own, staged);
            },
        )?;
        Ok(())
    }

    /// Give users their numbers and hold the events; a thread for some of the partitions.
    fn number(&mut self, staging: &[Vec<Vec<Staged>>], tick: &mut Tick<'_>) -> Result<()> {
        let width = PARTITIONS.div_ceil(staging.len());
        let parts: Vec<_> = self.logs.chunks_mut(width).enumerate().collect();
        in_parts(
            parts,
            &mut vec![(); staging.len()],
            tick,
            |(), (at, logs), _| {
                number(staging, at * width, logs);
            },
        )?;
        Ok(())
    }
}

/// Take into some logs what is staged for them, from the given partition on.
fn number(staging: &[Vec<Vec<Staged>>], first: usize, logs: &mut [Log]) {
    for (partition, log) in (first..).zip(logs) {
        for staged in staging.iter().flat_map(|staged| &staged[partition]) {
            let user = log.users.intern(staged.user_id, mix(staged.user_id));
            log.push(Event::new(user, staged.post, staged.moment));
        }
    }
}

#[inline]
fn partition(mixed: u64) -> usize {
    (mixed >> (64 - PARTITION_BITS)) as usize
}
