//! From the records of a bucket to what counts of each post: each user once.

use std::sync::{Mutex, PoisonError};

use crate::matching::error::Result;
use crate::threads::{Tick, Watch, attended, thread_count};

use super::distinct::{Distinct, mix};
use super::gather::Gathered;
use super::posts::Table;
use super::record::{COUNTED_KINDS, Kind, Record};
use super::settings::Settings;
use super::takebacks::Takebacks;
use super::window::Window;

/// More records of one post than this are counted in parts of users, so that the table stays in the caches.
const MOST_AT_ONCE: usize = 1 << 12;

/// What counts of one post.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// By kind, in the order of `Kind`.
    pub counts: [u32; COUNTED_KINDS],
    /// Those of the velocity window.
    pub recent: u32,
    /// The clock hour of the window with the most, the earliest of several; where there are any.
    pub busiest_hour: u32,
}

impl Tally {
    /// All that counts.
    pub fn engagements(&self) -> u32 {
        self.counts.iter().sum()
    }
}

/// What the settings say about counting.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    window: Window,
    comments: u64,
}

impl Rules {
    /// Take them from the settings.
    pub fn new(settings: &Settings, window: Window) -> Self {
        Self {
            window,
            comments: settings.comments_counted as u64,
        }
    }
}

/// Count for all posts of the table, by place.
pub fn count(
    gathered: &Gathered,
    table: &Table,
    rules: &Rules,
    threads: usize,
    tick: &mut Tick<'_>,
) -> Result<Vec<Tally>> {
    let mut tallies = vec![Tally::default(); table.rows.len()];
    let mut buckets: Vec<(usize, usize, &mut [Tally])> = tallies
        .chunks_mut(1 << table.post_bits)
        .enumerate()
        .map(|(bucket, posts)| {
            (
                gathered.bucket(bucket).map(<[Record]>::len).sum(),
                bucket,
                posts,
            )
        })
        .collect();
    let threads = thread_count(threads, buckets.len());
    // The largest come last, and are taken first: what is left for the end is small.
    buckets.sort_unstable_by_key(|&(size, bucket, _)| (size, bucket));
    let queue = Mutex::new(buckets);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut counters: Vec<Counter> = (0..threads).map(|_| Counter::new(*rules)).collect();
    attended(&mut counters, tick, |counter, watch| {
        while let Some((_, bucket, posts)) = next().filter(|_| !watch.is_stopped()) {
            counter.count_bucket(|| gathered.bucket(bucket), posts, watch);
            watch.add(posts.len());
        }
    })?;
    Ok(tallies)
}

/// The working memory of one thread.
struct Counter {
    rules: Rules,
    starts: Vec<usize>,
    by_post: Vec<Record>,
    by_user: Vec<Record>,
    takebacks: Takebacks,
    distinct: Distinct,
    hours: Vec<u32>,
}

impl Counter {
    fn new(rules: Rules) -> Self {
        Self {
            rules,
            starts: Vec::new(),
            by_post: Vec::new(),
            by_user: Vec::new(),
            takebacks: Takebacks::default(),
            distinct: Distinct::default(),
            hours: vec![0; rules.window.hours()],
        }
    }

    fn count_bucket<'a, I>(&mut self, blocks: impl Fn() -> I, posts: &mut [Tally], watch: &Watch)
    where
        I: Iterator<Item = &'a [Record]>,
    {
        self.takebacks.begin();
        for record in blocks()
            .flatten()
            .filter(|record| record.kind() == Kind::Unlike)
        {
            self.takebacks.add(record);
        }
        self.takebacks.prepare(self.rules.window.takeback_us());
        let mut by_post = std::mem::take(&mut self.by_post);
        let mut starts = std::mem::take(&mut self.starts);
        sort_by(
            &blocks,
            |record| record.post(),
            posts.len(),
            &mut by_post,
            &mut starts,
        );
        for (post, tally) in posts.iter_mut().enumerate() {
            if watch.is_stopped() {
                break;
            }
            self.count_post(&by_post[starts[post]..starts[post + 1]], tally);
        }
        (self.by_post, self.starts) = (by_post, starts);
    }

    fn count_post(&mut self, records: &[Record], tally: &mut Tally) {
        if records.len() <= MOST_AT_ONCE {
            self.count_users(records, tally);
        } else {
            let parts = (2 * records.len() / MOST_AT_ONCE).next_power_of_two();
            let part_of = |record: &Record| (mix(record.user) >> 32) as usize & (parts - 1);
            let (mut by_user, mut starts) = (std::mem::take(&mut self.by_user), Vec::new());
            let block = || std::iter::once(records);
            sort_by(block, part_of, parts, &mut by_user, &mut starts);
            for part in starts.windows(2) {
                self.count_users(&by_user[part[0]..part[1]], tally);
            }
            self.by_user = by_user;
        }
        let busiest = self.hours.iter().max().copied().unwrap_or(0);
        let earliest = self.hours.iter().position(|&hour| hour == busiest);
        tally.busiest_hour = earliest.unwrap_or(0) as u32;
        self.hours.fill(0);
    }

    /// Add what counts of some users, whose records are all here.
    fn count_users(&mut self, records: &[Record], tally: &mut Tally) {
        let [like, comment, unlike] =
            [Kind::Like, Kind::Comment, Kind::Unlike].map(|kind| kind as u64);
        self.distinct.begin(records.len());
        for record in records {
            let code = record.kind() as u64;
            if code == unlike || (code == like && self.takebacks.concern(record)) {
                continue;
            }
            let times = if code == comment {
                self.rules.comments
            } else {
                1
            };
            self.distinct
                .keep_first(record.user, code..code + times, record.at());
        }
        let (window, hours) = (&self.rules.window, &mut self.hours);
        self.distinct.drain(|code, at| {
            tally.counts[code.min(comment) as usize] += 1;
            tally.recent += u32::from(window.is_recent(at));
            hours[window.hour(at)] += 1;
        });
    }
}

/// Put records in the order of a key below `keys`, and tell where each key begins, and where the last ends.
fn sort_by<'a, I: Iterator<Item = &'a [Record]>>(
    blocks: impl Fn() -> I,
    key: impl Fn(&Record) -> usize,
    keys: usize,
    sorted: &mut Vec<Record>,
    starts: &mut Vec<usize>,
) {
    starts.clear();
    starts.resize(keys + 2, 0);
    for block in blocks() {
        for record in block {
            starts[key(record) + 2] += 1;
        }
    }
    for at in 2..starts.len() {
        starts[at] += starts[at - 1];
    }
    let length = starts[keys + 1];
    if sorted.len() < length {
        sorted.resize(length, Record::default());
    }
    for block in blocks() {
        for record in block {
            let next = &mut starts[key(record) + 1];
            sorted[*next] = *record;
            *next += 1;
        }
    }
    starts.truncate(keys + 1);
}
