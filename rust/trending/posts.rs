//! From the id of a post to its place, by a table of open addresses.

use crate::matching::error::{Error, Result};

use super::record::MOST_POST_BITS;
use super::window::Window;

/// Buckets there are at least where there are as many posts: 2^8, each small enough for the caches.
const BUCKET_BITS: u32 = 8;
const NO_POST: u32 = u32::MAX;
/// Fibonacci hashing: the golden ratio of 2^64.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Columns of posts, one length.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)] // python/feedscore/posts.py explains each
pub struct Posts<'a> {
    pub ids: &'a [i64],
    pub author_ids: &'a [i64],
    pub created_us: &'a [i64],
}

/// A post that is young enough, where the table has one.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    id: i64,
    /// Who wrote it.
    pub author: i64,
    /// Which of the posts that are young enough it is.
    pub place: u32,
}

/// The posts that are young enough, by id.
#[derive(Debug)]
pub struct Table {
    entries: Vec<Entry>,
    shift: u32,
    /// Neighbouring places, 2 to the power of this, share a bucket.
    pub post_bits: u32,
    /// The age of every post in microseconds, in the order given.
    pub age_us: Vec<u64>,
    /// The row of each post that is young enough, ascending.
    pub rows: Vec<u32>,
}

impl Table {
    /// Check the columns and enter the posts that are young enough.
    pub fn build(posts: &Posts<'_>, window: &Window) -> Result<Self> {
        check(posts)?;
        let young = (0..posts.ids.len() as u32)
            .filter(|&row| window.admits(posts.created_us[row as usize]));
        let rows: Vec<u32> = young.collect();
        let bits = (2 * rows.len().max(1)).next_power_of_two().ilog2();
        let empty = Entry {
            id: 0,
            author: 0,
            place: NO_POST,
        };
        let mut table = Self {
            entries: vec![empty; 1 << bits],
            shift: 64 - bits,
            post_bits: bits.saturating_sub(BUCKET_BITS + 1).min(MOST_POST_BITS),
            age_us: posts.created_us.iter().map(|&t| window.age_us(t)).collect(),
            rows: Vec::new(),
        };
        for (place, &row) in rows.iter().enumerate() {
            let (id, author) = (posts.ids[row as usize], posts.author_ids[row as usize]);
            let slot = table.slot(id);
            table.entries[slot] = Entry {
                id,
                author,
                place: place as u32,
            };
        }
        table.rows = rows;
        Ok(table)
    }

    /// Find a post.
    #[inline]
    pub fn find(&self, id: i64) -> Option<Entry> {
        let entry = self.entries[self.slot(id)];
        (entry.place != NO_POST).then_some(entry)
    }

    /// How many buckets of posts there are.
    pub fn buckets(&self) -> usize {
        self.rows.len().div_ceil(1 << self.post_bits)
    }

    /// The memory, in bytes.
    pub fn nbytes(&self) -> usize {
        size_of_val(&*self.entries) + size_of_val(&*self.age_us) + size_of_val(&*self.rows)
    }

    /// Where the post stands, or would; half of the table is empty, so the search ends.
    #[inline]
    fn slot(&self, id: i64) -> usize {
        let mask = self.entries.len() - 1;
        let mut slot = ((id as u64).wrapping_mul(GOLDEN) >> self.shift) as usize & mask;
        while self.entries[slot].place != NO_POST && self.entries[slot].id != id {
            slot = (slot + 1) & mask;
        }
        slot
    }
}

fn check(posts: &Posts<'_>) -> Result<()> {
    if posts.ids.len() >= NO_POST as usize {
        return Err(Error::argument(
            "len(ids)",
            posts.ids.len(),
            "must be below 4294967295",
        ));
    }
    if let Some(row) = posts.created_us.iter().position(|&time| time == i64::MIN) {
        return Err(Error::element("created_at", row, "NaT", "must be a time"));
    }
    let mut order: Vec<u32> = (0..posts.ids.len() as u32).collect();
    order.sort_unstable_by_key(|&row| (posts.ids[row as usize], row));
    let twice = order
        .windows(2)
        .filter(|pair| posts.ids[pair[0] as usize] == posts.ids[pair[1] as usize])
        .map(|pair| pair[1] as usize)
        .min();
    match twice {
        Some(row) => Err(Error::element("ids", row, posts.ids[row], "must be unique")),
        None => Ok(()),
    }
}
