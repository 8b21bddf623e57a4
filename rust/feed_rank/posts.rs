//! The columns of posts as borrowed slices, and the check that they are what they should be.

use super::checks::{check_length, check_rows, check_shares};
use crate::matching::error::{Error, Result};
use crate::matching::population::Sparse;

/// No moment: how `NumPy` writes a missing one.
const NO_TIME: i64 = i64::MIN;

/// Posts with what is known of each; the fields are those of `Posts` in Python.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)] // python/feedscore/posts.py explains each
pub struct Posts<'a> {
    pub ids: &'a [i64],
    pub author_ids: &'a [i64],
    /// Microseconds since 1970, UTC.
    pub created_at: &'a [i64],
    pub topics: Sparse<'a, u32>,
    /// In [0, 1].
    pub trending: &'a [f32],
    /// In [0, 1].
    pub quality: &'a [f32],
}

impl Posts<'_> {
    /// The number of posts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Refuse what the kernel cannot rank: the first fault, named with its argument, place and value.
    pub fn check(&self) -> Result<()> {
        let n = self.len();
        if n >= u32::MAX as usize || self.topics.values.len() >= u32::MAX as usize {
            let rule = "must be below 4294967295, and the number of topics too";
            return Err(Error::argument("len(ids)", n, rule));
        }
        for (name, length) in [
            ("author_ids", self.author_ids.len()),
            ("created_at", self.created_at.len()),
            ("trending", self.trending.len()),
            ("quality", self.quality.len()),
        ] {
            check_length(name, length, n)?;
        }
        check_rows(("topic_offsets", "topics"), &self.topics, n)?;
        check_shares("trending", self.trending)?;
        check_shares("quality", self.quality)?;
        if let Some(at) = self.created_at.iter().position(|&time| time == NO_TIME) {
            return Err(Error::element("created_at", at, "NaT", "must be a time"));
        }
        self.check_unique()
    }

    fn check_unique(&self) -> Result<()> {
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        if !self.ids.is_sorted() {
            order.sort_unstable_by_key(|&row| (self.ids[row as usize], row));
        }
        let id = |row: u32| self.ids[row as usize];
        match order.windows(2).find(|pair| id(pair[0]) == id(pair[1])) {
            Some(pair) => Err(Error::element(
                "ids",
                pair[1] as usize,
                id(pair[1]),
                "must be unique",
            )),
            None => Ok(()),
        }
    }
}
