//! From columns of events to those that may count, by partition of their users.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::events::{Basis, Columns, EVENT_KINDS, PARTITION_BITS, PARTITIONS};
use super::keys::{Event, Key, moment};
use super::log::Log;
use super::table::{IdTable, NONE, mix};
use crate::matching::simd::Work;
use crate::matching::vector::Vector;

/// Rows that are looked at together.
const BLOCK: usize = 1024;
/// Events of a partition that are handed over together.
const BATCH: usize = 32;

/// Where the picked events go; shared by the threads.
#[derive(Debug)]
pub struct Shelves<'a> {
    /// By partition.
    pub logs: &'a [Mutex<Log>],
    /// The numbers of users, where the layout has them.
    pub numbers: &'a Mutex<IdTable>,
    /// The first row with a kind that there is not.
    pub wrong_kind: AtomicUsize,
    /// The first row without a time.
    pub no_time: AtomicUsize,
}

/// The events of one thread that are not handed over yet.
#[derive(Debug, Clone)]
pub struct Batches {
    /// `BATCH` places a partition
    events: Vec<Event>,
    counts: [u8; PARTITIONS],
}

impl Default for Batches {
    fn default() -> Self {
        Self {
            events: vec![0; PARTITIONS * BATCH],
            counts: [0; PARTITIONS],
        }
    }
}

impl Batches {
    #[inline(always)]
    fn push(&mut self, partition: usize, event: Event, logs: &[Mutex<Log>]) {
        let count = self.counts[partition] as usize;
        self.events[partition * BATCH + count] = event;
        self.counts[partition] = count as u8 + 1;
        if count + 1 == BATCH {
            self.hand_over(partition, logs);
        }
    }

    #[inline(never)]
    fn hand_over(&mut self, partition: usize, logs: &[Mutex<Log>]) {
        let events = &self.events[partition * BATCH..][..self.counts[partition] as usize];
        let log = logs[partition].lock();
        log.unwrap_or_else(PoisonError::into_inner).extend(events);
        self.counts[partition] = 0;
    }

    /// Hand over what is left.
    pub fn finish(&mut self, logs: &[Mutex<Log>]) {
        for partition in 0..PARTITIONS {
            self.hand_over(partition, logs);
        }
    }
}

/// Picks what may count of some rows.
#[derive(Debug)]
pub struct Pick<'a> {
    /// What is known besides.
    pub basis: &'a Basis,
    /// The rows.
    pub columns: Columns<'a>,
    /// The place of the first row.
    pub first: usize,
    /// Where the events go, in the end.
    pub shelves: &'a Shelves<'a>,
    /// Where they go first.
    pub batches: &'a mut Batches,
}

impl Work for Pick<'_> {
    #[inline(always)]
    fn run<V: Vector>(&mut self) {
        let (columns, mut picked) = (self.columns, Picked::default());
        for from in (0..columns.kinds.len()).step_by(BLOCK) {
            let block = columns.slice(from, columns.kinds.len().min(from + BLOCK));
            if !self.is_right(&block, self.first + from) {
                return;
            }
            self.pick(&block, &mut picked);
            if self.basis.layout.is_short() {
                self.stage::<u64>(&picked);
            } else {
                self.stage::<u128>(&picked);
            }
        }
    }
}

/// Events of a block that may count.
struct Picked {
    count: usize,
    user_ids: [i64; BLOCK],
    ranks: [u32; BLOCK],
    moments: [u64; BLOCK],
}

impl Default for Picked {
    fn default() -> Self {
        Self {
            count: 0,
            user_ids: [0; BLOCK],
            ranks: [0; BLOCK],
            moments: [0; BLOCK],
        }
    }
}

impl Pick<'_> {
    /// Whether all kinds and times are what they should be; if not, tell which is the first that is not.
    #[inline(always)]
    fn is_right(&self, block: &Columns<'_>, first: usize) -> bool {
        let largest = block.kinds.iter().copied().fold(0, u8::max);
        let least = block.occurred_at.iter().copied().fold(i64::MAX, i64::min);
        if largest >= EVENT_KINDS {
            let at = block.kinds.iter().position(|&kind| kind >= EVENT_KINDS);
            let place = first + at.unwrap_or(0);
            self.shelves.wrong_kind.fetch_min(place, Ordering::Relaxed);
        }
        if least == i64::MIN {
            let at = block.occurred_at.iter().position(|&time| time == i64::MIN);
            let place = first + at.unwrap_or(0);
            self.shelves.no_time.fetch_min(place, Ordering::Relaxed);
        }
        largest < EVENT_KINDS && least > i64::MIN
    }

    #[inline(always)]
    fn pick(&self, block: &Columns<'_>, picked: &mut Picked) {
        let basis = self.basis;
        // Most events never count: their places are passed over without a branch.
        let mut chosen = [0_u16; BLOCK];
        let mut count = 0;
        for (place, &code) in block.kinds.iter().enumerate() {
            chosen[count] = place as u16;
            count += (basis.counting >> code & 1) as usize;
        }
        picked.count = 0;
        for &place in &chosen[..count] {
            let at = place as usize;
            let (kind, least_dwell_ms) = basis.kinds[block.kinds[at] as usize % basis.kinds.len()];
            let time_us = block.occurred_at[at];
            // The difference of any two times fits an unsigned number.
            let age_us = basis.as_of_us.wrapping_sub(time_us) as u64;
            let rank = basis.posts.find(block.post_ids[at]);
            let counts = (age_us < basis.window_us)
                & (time_us <= basis.as_of_us)
                & (i64::from(block.dwell_ms[at]) >= least_dwell_ms)
                & (rank != NONE);
            picked.user_ids[picked.count] = block.user_ids[at];
            picked.ranks[picked.count] = rank;
            picked.moments[picked.count] = moment(age_us, kind);
            picked.count += usize::from(counts);
        }
    }

    #[inline(always)]
    fn stage<K: Key>(&mut self, picked: &Picked) {
        let layout = self.basis.layout;
        let mut numbers = (layout.has_numbers() && picked.count > 0).then(|| {
            let numbers = self.shelves.numbers.lock();
            numbers.unwrap_or_else(PoisonError::into_inner)
        });
        for at in 0..picked.count {
            let id = picked.user_ids[at];
            let mixed = mix(id);
            let user = match &mut numbers {
                Some(numbers) => u64::from(numbers.intern(id, mixed)),
                None => mixed,
            };
            let event = layout.event::<K>(user, picked.ranks[at], picked.moments[at]);
            let partition = (mixed >> (u64::BITS - PARTITION_BITS)) as usize;
            self.batches.push(partition, event, self.shelves.logs);
        }
    }
}
