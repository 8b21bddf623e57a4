//! Events that may count, chunk by chunk, into the buckets of their posts.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::matching::error::{Error, Result};
use crate::matching::simd::{Path, Work};
use crate::matching::vector::Vector;
use crate::threads::{Tick, attended, thread_count};

use super::bucket::Bucket;
use super::glance::{Glance, is_engagement};
use super::posts::Table;
use super::record::{Kind, Record};
use super::window::Window;

/// Events that a thread takes at a time.
const BLOCK: usize = 1 << 16;
/// Events whose kinds are looked at before anything else of them is read.
const STEP: usize = 2048;
/// What stands for no time: `NaT`.
const NO_TIME: i64 = i64::MIN;
/// The codes of kinds in the order of `EventKind` in Python; None is of no interest here.
const KINDS: [Option<Kind>; 10] = [
    None,
    None,
    None,
    Some(Kind::Like),
    Some(Kind::Unlike),
    Some(Kind::Comment),
    Some(Kind::Share),
    Some(Kind::ProfileView),
    None,
    None,
];

/// The kinds of interest stand in a row: from this one on,
pub const FIRST_ENGAGEMENT: u8 = 3;
/// and before this one.
pub const AFTER_ENGAGEMENTS: u8 = 8;

/// Columns of events, one length.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)] // python/feedscore/posts.py explains each
pub struct Events<'a> {
    pub user_ids: &'a [i64],
    pub post_ids: &'a [i64],
    pub kinds: &'a [u8],
    pub occurred_us: &'a [i64],
}

/// How many events were ignored, each by the first cause that holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ignored {
    /// Of a kind that is no engagement.
    pub other_kinds: u64,
    /// After the time of the figures.
    pub late: u64,
    /// Before the window.
    pub early: u64,
    /// Of a post that is not known or too old.
    pub other_posts: u64,
    /// By the author.
    pub own: u64,
}

/// What was collected, by thread.
#[derive(Debug, Default)]
pub struct Gathered {
    lanes: Vec<Lane>,
    /// What was not.
    pub ignored: Ignored,
}

/// What one thread has collected.
#[derive(Debug, Default)]
struct Lane {
    buckets: Vec<Bucket>,
    /// Lengths before the chunk that is being taken in.
    lengths: Vec<usize>,
    ignored: Ignored,
}

impl Gathered {
    /// Take in a chunk; after an error everything is as before.
    pub fn add(
        &mut self,
        events: &Events<'_>,
        table: &Table,
        window: &Window,
        threads: usize,
        tick: &mut Tick<'_>,
    ) -> Result<()> {
        let length = events.kinds.len();
        let threads = thread_count(threads, length.div_ceil(BLOCK));
        while self.lanes.len() < threads {
            self.lanes.push(Lane::default());
        }
        let lanes = &mut self.lanes[..threads];
        for lane in &mut *lanes {
            lane.begin(table);
        }
        let (next, fault) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
        let path = Path::choose(None)?;
        let ended = attended(lanes, tick, |lane, watch| {
            while !watch.is_stopped() {
                let start = next.fetch_add(BLOCK, Ordering::Relaxed);
                // Blocks before a fault are still looked at: the first fault is the one to be named.
                if start >= length || start > fault.load(Ordering::Relaxed) {
                    break;
                }
                let mut taking = Taking {
                    lane: &mut *lane,
                    events: events.part(start, length.min(start + BLOCK)),
                    table,
                    window,
                    fault: None,
                };
                path.run(&mut taking);
                if let Some(at) = taking.fault {
                    fault.fetch_min(start + at, Ordering::Relaxed);
                }
                watch.add(length.min(start + BLOCK) - start);
            }
        });
        let fault = fault.into_inner();
        if ended.is_err() || fault < length {
            for lane in lanes {
                lane.undo();
            }
            return ended.and_then(|()| Err(events.fault(fault)));
        }
        for lane in lanes {
            self.ignored.add(&lane.ignored);
        }
        Ok(())
    }

    /// What was collected for the posts of a bucket, in blocks.
    pub fn bucket(&self, bucket: usize) -> impl Iterator<Item = &[Record]> {
        let lanes = self
            .lanes
            .iter()
            .filter_map(move |lane| lane.buckets.get(bucket));
        lanes.flat_map(Bucket::blocks)
    }

    /// The memory, in bytes.
    pub fn nbytes(&self) -> usize {
        let buckets = self.lanes.iter().flat_map(|lane| &lane.buckets);
        buckets.map(Bucket::nbytes).sum()
    }
}

/// A block that a thread takes in.
struct Taking<'a> {
    lane: &'a mut Lane,
    events: Events<'a>,
    table: &'a Table,
    window: &'a Window,
    /// where the first event stands that is not valid
    fault: Option<usize>,
}

impl Work for Taking<'_> {
    #[inline(always)]
    fn run<V: Vector>(&mut self) {
        let taken = self.lane.take(&self.events, self.table, self.window);
        self.fault = taken.err();
    }
}

impl Lane {
    fn begin(&mut self, table: &Table) {
        self.buckets.resize_with(table.buckets(), Bucket::default);
        self.lengths.clear();
        self.lengths.extend(self.buckets.iter().map(Bucket::len));
        self.ignored = Ignored::default();
    }

    fn undo(&mut self) {
        for (bucket, &length) in self.buckets.iter_mut().zip(&self.lengths) {
            bucket.truncate(length);
        }
    }

    /// Take in a block; `Err` tells where the first event stands that is not valid.
    #[inline(always)]
    fn take(
        &mut self,
        events: &Events<'_>,
        table: &Table,
        window: &Window,
    ) -> std::result::Result<(), usize> {
        for start in (0..events.kinds.len()).step_by(STEP) {
            let step = events.part(start, events.kinds.len().min(start + STEP));
            let glance = Glance::at(&step, window.start_us());
            let is_valid = usize::from(glance.highest_kind) < KINDS.len() && glance.is_after_1970();
            if let Some(at) = (!is_valid).then(|| step.first_fault()).flatten() {
                return Err(start + at);
            }
            // Events come about in the order of time: long stretches are from before the window.
            if glance.is_before_window() {
                let early = u64::from(glance.engagements);
                self.ignored.early += early;
                self.ignored.other_kinds += step.kinds.len() as u64 - early;
            } else {
                self.take_step(&step, table, window);
            }
        }
        Ok(())
    }

    #[inline(never)]
    fn take_step(&mut self, events: &Events<'_>, table: &Table, window: &Window) {
        let (mut picked, mut count) = ([0_u16; STEP], 0);
        for (row, &kind) in events.kinds.iter().enumerate() {
            picked[count] = row as u16;
            count += usize::from(is_engagement(kind));
        }
        self.ignored.other_kinds += (events.kinds.len() - count) as u64;
        let in_bucket = (1 << table.post_bits) - 1;
        for &row in &picked[..count] {
            let row = usize::from(row);
            let Some(kind) = KINDS[usize::from(events.kinds[row])] else {
                continue;
            };
            let at = match window.place(events.occurred_us[row]) {
                Ok(at) => at,
                Err(is_late) => {
                    self.ignored.late += u64::from(is_late);
                    self.ignored.early += u64::from(!is_late);
                    continue;
                }
            };
            let Some(post) = table.find(events.post_ids[row]) else {
                self.ignored.other_posts += 1;
                continue;
            };
            if post.author == events.user_ids[row] {
                self.ignored.own += 1;
                continue;
            }
            let place = post.place as usize;
            let record = Record::new(events.user_ids[row], place & in_bucket, kind, at);
            self.buckets[place >> table.post_bits].push(record);
        }
    }
}

impl<'a> Events<'a> {
    fn part(&self, start: usize, stop: usize) -> Events<'a> {
        Events {
            user_ids: &self.user_ids[start..stop],
            post_ids: &self.post_ids[start..stop],
            kinds: &self.kinds[start..stop],
            occurred_us: &self.occurred_us[start..stop],
        }
    }

    fn first_fault(&self) -> Option<usize> {
        (0..self.kinds.len()).find(|&row| {
            usize::from(self.kinds[row]) >= KINDS.len() || self.occurred_us[row] == NO_TIME
        })
    }

    fn fault(&self, row: usize) -> Error {
        if usize::from(self.kinds[row]) >= KINDS.len() {
            Error::element("kinds", row, self.kinds[row], "must be at most 9")
        } else {
            Error::element("occurred_at", row, "NaT", "must be a time")
        }
    }
}

impl Ignored {
    fn add(&mut self, more: &Self) {
        self.other_kinds += more.other_kinds;
        self.late += more.late;
        self.early += more.early;
        self.other_posts += more.other_posts;
        self.own += more.own;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_of_interest_are_those_with_a_code() {
        for (kind, code) in KINDS.iter().enumerate() {
            assert_eq!(is_engagement(kind as u8), code.is_some());
        }
    }
}
