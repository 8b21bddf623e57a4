//! The feeds of many users, on several threads.

use std::sync::{Mutex, PoisonError};

use super::MAX_CANDIDATES;
use super::best::{Best, Entry};
use super::index::FeedIndex;
use super::spread::Spread;
use super::users::Users;
use super::viewer::Viewer;
use super::walk::Walk;
use crate::matching::error::{Error, Result};
use crate::threads::{Tick, attended, thread_count};

/// Users that a thread takes at a time.
const BATCH: usize = 64;
/// Candidates beyond the length of the list that are kept to set authors apart.
const SPARE: usize = 40;

/// Columns of lists: room for `length` entries a user.
#[derive(Debug)]
#[allow(missing_docs)] // python/feedscore/feed_rank.py explains each
pub struct Lists<'a> {
    pub posts: &'a mut [u32],
    pub post_ids: &'a mut [i64],
    pub scores: &'a mut [f32],
}

/// The room for the lists of some consecutive users.
struct Batch<'a> {
    first: usize,
    lengths: &'a mut [i64],
    lists: Lists<'a>,
}

/// Fill in what each user sees, at most `length` posts, and tell the offsets of the lists, one more than users.
pub fn rank(
    index: &FeedIndex,
    users: &Users<'_>,
    length: usize,
    lists: Lists<'_>,
    threads: usize,
    tick: &mut Tick<'_>,
) -> Result<Vec<i64>> {
    users.check()?;
    let room = users.len().checked_mul(length);
    for column in [lists.posts.len(), lists.post_ids.len(), lists.scores.len()] {
        if length == 0 || Some(column) != room {
            let rule = "must be 1 or more, with room for as many posts a user";
            return Err(Error::argument("length", length, rule));
        }
    }
    let mut offsets = vec![0; users.len() + 1];
    let Lists {
        posts,
        post_ids,
        scores,
    } = lists;
    let columns = posts
        .chunks_mut(BATCH * length)
        .zip(post_ids.chunks_mut(BATCH * length))
        .zip(scores.chunks_mut(BATCH * length));
    let batches = (0..)
        .step_by(BATCH)
        .zip(offsets[1..].chunks_mut(BATCH))
        .zip(columns);
    let queue = Mutex::new(
        batches.map(|((first, lengths), ((posts, post_ids), scores))| Batch {
            first,
            lengths,
            lists: Lists {
                posts,
                post_ids,
                scores,
            },
        }),
    );
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let mut workers = vec![(); thread_count(threads, users.len().div_ceil(BATCH))];
    attended(&mut workers, tick, |(), watch| {
        let mut ranker = Ranker::new(index);
        while let Some(batch) = next().filter(|_| !watch.is_stopped()) {
            let count = batch.lengths.len();
            ranker.fill(users, length, batch);
            watch.add(count);
        }
    })?;
    for at in 1..offsets.len() {
        offsets[at] += offsets[at - 1];
    }
    close_gaps(&offsets, length, posts);
    close_gaps(&offsets, length, post_ids);
    close_gaps(&offsets, length, scores);
    Ok(offsets)
}

/// What one thread needs to rank for one user after the other.
struct Ranker<'a> {
    viewer: Viewer<'a>,
    walk: Walk,
    best: Best,
    spread: Spread,
    authors: Vec<u32>,
    /// in the order in which they are shown
    shown: Vec<Entry>,
}

impl<'a> Ranker<'a> {
    fn new(index: &'a FeedIndex) -> Self {
        Self {
            viewer: Viewer::new(index),
            walk: Walk::default(),
            best: Best::new(index.highest_score()),
            spread: Spread::new(index.author_count()),
            authors: Vec::new(),
            shown: Vec::new(),
        }
    }

    fn fill(&mut self, users: &Users<'_>, length: usize, batch: Batch<'_>) {
        let Lists {
            posts,
            post_ids,
            scores,
        } = batch.lists;
        let columns = posts
            .chunks_mut(length)
            .zip(post_ids.chunks_mut(length))
            .zip(scores.chunks_mut(length));
        for ((user, list_length), ((posts, post_ids), scores)) in
            (batch.first..).zip(batch.lengths).zip(columns)
        {
            self.choose(users, user, length);
            *list_length = self.shown.len() as i64;
            for (at, entry) in self.shown.iter().enumerate() {
                let record = &self.viewer.index.records[entry.place as usize];
                (posts[at], post_ids[at], scores[at]) = (record.row, record.id, entry.score());
            }
        }
    }

    /// Choose what a user sees: first from the best candidates alone, and if these do not settle it, from all.
    fn choose(&mut self, users: &Users<'_>, user: usize, length: usize) {
        self.viewer.seat(users, user);
        if !self.choose_from(length, length + SPARE) {
            self.viewer.seat(users, user);
            self.choose_from(length, usize::MAX);
        }
    }

    /// Choose from the `most` best candidates; tell whether no other candidate could change the list.
    fn choose_from(&mut self, length: usize, most: usize) -> bool {
        let index = self.viewer.index;
        self.best.clear(most);
        self.walk.gather(&mut self.viewer, &mut self.best);
        self.best.sort();
        let best = self.best.descending();
        self.authors.clear();
        self.authors.extend(best.iter().map(|entry| entry.author));
        let order = if self.best.is_complete() {
            Some(self.spread.all(&self.authors, length))
        } else {
            let open = index.len().saturating_sub(self.viewer.hidden_at_most);
            let posts = |author| index.posts_of.row(author).len();
            self.spread
                .best(&self.authors, length, open.min(MAX_CANDIDATES), posts)
        };
        self.shown.clear();
        let Some(order) = order else { return false };
        self.shown.extend(order.iter().map(|&at| best[at]));
        true
    }
}

/// Move the lists together that were written k apart.
fn close_gaps<T: Copy>(offsets: &[i64], k: usize, values: &mut [T]) {
    for (slot, pair) in offsets.windows(2).enumerate() {
        let (from, to) = (pair[0] as usize, pair[1] as usize);
        if from != slot * k {
            values.copy_within(slot * k..slot * k + (to - from), from);
        }
    }
}
