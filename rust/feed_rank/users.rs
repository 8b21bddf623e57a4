//! The columns of users as borrowed slices, and the check that they are what they should be.

use super::checks::{check_length, check_rows, check_shares};
use crate::matching::error::{Error, Result};
use crate::matching::population::Sparse;

/// Those who want a feed; the fields are those of `FeedUsers` in Python.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)] // python/feedscore/feed_rank.py explains each
pub struct Users<'a> {
    pub user_ids: &'a [i64],
    pub creators: Sparse<'a, i64>,
    pub creator_weights: &'a [f32],
    pub topics: Sparse<'a, u32>,
    pub topic_weights: &'a [f32],
    pub excluded_authors: Sparse<'a, i64>,
    pub excluded_posts: Sparse<'a, i64>,
    pub seen_posts: Sparse<'a, i64>,
}

impl Users<'_> {
    /// The number of users.
    #[must_use]
    pub fn len(&self) -> usize {
        self.user_ids.len()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.user_ids.is_empty()
    }

    /// Refuse what the kernel cannot rank for: the first fault, named with its argument, place and value.
    pub fn check(&self) -> Result<()> {
        let n = self.len();
        if n >= u32::MAX as usize {
            return Err(Error::argument(
                "len(user_ids)",
                n,
                "must be below 4294967295",
            ));
        }
        check_rows(("creator_offsets", "creator_ids"), &self.creators, n)?;
        check_rows(("topic_offsets", "topics"), &self.topics, n)?;
        for (offsets, values, sparse) in [
            (
                "excluded_author_offsets",
                "excluded_authors",
                &self.excluded_authors,
            ),
            (
                "excluded_post_offsets",
                "excluded_posts",
                &self.excluded_posts,
            ),
            ("seen_offsets", "seen_posts", &self.seen_posts),
        ] {
            check_rows((offsets, values), sparse, n)?;
        }
        let weights = self.creator_weights;
        check_length("creator_weights", weights.len(), self.creators.values.len())?;
        check_shares("creator_weights", weights)?;
        let weights = self.topic_weights;
        check_length("topic_weights", weights.len(), self.topics.values.len())?;
        check_shares("topic_weights", weights)
    }

    /// The creators of one user, each with a weight.
    pub(super) fn creators(&self, user: usize) -> impl Iterator<Item = (i64, f32)> {
        weighted(&self.creators, self.creator_weights, user)
    }

    /// The topics of one user, each with a weight.
    pub(super) fn topics(&self, user: usize) -> impl Iterator<Item = (u32, f32)> {
        weighted(&self.topics, self.topic_weights, user)
    }
}

fn weighted<T: Copy>(
    sparse: &Sparse<'_, T>,
    weights: &[f32],
    row: usize,
) -> impl Iterator<Item = (T, f32)> {
    let from = sparse.offsets[row] as usize;
    let values = sparse.row(row);
    let weights = &weights[from..from + values.len()];
    values.iter().copied().zip(weights.iter().copied())
}
