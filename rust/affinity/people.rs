//! From a log to the sorted keys of one user after the other.

use super::keys::{Event, Key, Layout};
use super::log::Log;
use crate::matching::vector::Vector;
use crate::threads::Watch;

/// The golden ratio, which spreads users over buckets.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
/// So many events share a bucket, or there are the most buckets.
const BUCKET_EVENTS: usize = 8;
const MOST_BUCKET_BITS: u32 = 12;

/// Brings the events of a log into order, and keeps the room for it.
#[derive(Debug, Default)]
pub struct People<K> {
    /// where each bucket ends
    ends: Vec<u32>,
    events: Vec<Event>,
    keys: Vec<K>,
    /// where keys are sorted
    room: Vec<K>,
}

impl<K: Key> People<K> {
    /// Meet the keys of a user in no order, then tell the user's id and keys, ascending; those told twice are still
    /// there twice. Users come in no order.
    #[inline(always)]
    pub fn each<V: Vector>(
        &mut self,
        layout: Layout,
        ids: &[i64],
        (partition, log): (usize, &Log),
        watch: &Watch,
        mut meet: impl FnMut(K),
        mut tell: impl FnMut(i64, &mut Vec<K>),
    ) {
        self.scatter(layout, log);
        let mut from = 0;
        for &end in &self.ends {
            let bucket = &mut self.events[from..end as usize];
            from = end as usize;
            if watch.is_stopped() {
                break;
            }
            let Some(&first) = bucket.first() else {
                continue;
            };
            watch.add(bucket.len());
            let mut others = 0;
            for &event in &*bucket {
                others |= layout.user::<K>(event) ^ layout.user::<K>(first);
            }
            if others != 0 {
                bucket.sort_unstable_by_key(|&event| layout.user::<K>(event));
            }
            for own in
                bucket.chunk_by(|&a, &b| others == 0 || layout.user::<K>(a) == layout.user::<K>(b))
            {
                let user_id = if layout.has_numbers() {
                    ids[layout.user::<K>(own[0]) as usize]
                } else {
                    layout.user_id::<K>(own[0], partition)
                };
                self.keys.clear();
                self.keys.resize(own.len(), K::default());
                for (key, &event) in self.keys.iter_mut().zip(own) {
                    *key = layout.key(event);
                    meet(*key);
                }
                K::sort::<V>(&mut self.keys, &mut self.room);
                tell(user_id, &mut self.keys);
            }
        }
    }

    /// Bring the events of each user into one bucket, by counting.
    #[inline(always)]
    fn scatter(&mut self, layout: Layout, log: &Log) {
        let n = log.len();
        let bits = (n / BUCKET_EVENTS).max(2).ilog2().min(MOST_BUCKET_BITS);
        let bucket = |event: Event| {
            let spread = layout.user::<K>(event).wrapping_mul(SPREAD);
            (spread >> (u64::BITS - bits)) as usize
        };
        self.ends.clear();
        self.ends.resize(1 << bits, 0);
        for block in log.blocks() {
            for &event in block {
                self.ends[bucket(event)] += 1;
            }
        }
        let mut sum = 0;
        for end in &mut self.ends {
            let count = *end;
            *end = sum;
            sum += count;
        }
        if self.events.len() < n {
            self.events.resize(n, 0);
        }
        for block in log.blocks() {
            for &event in block {
                let next = &mut self.ends[bucket(event)];
                self.events[*next as usize] = event;
                *next += 1;
            }
        }
    }
}
