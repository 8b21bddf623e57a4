//! The feeds of many users, on several threads.

use std::sync::{Mutex, PoisonError};

use super::MAX_CANDIDATES;
use super::best::Best;
use super::entry::Entry;
use super::index::FeedIndex;
use super::spread::Spread;
use super::users::Users;
use super::viewer::Viewer;
use super::walk::Walk;
use crate::matching::error::{Error, Result};
use crate::matching::simd::{Path, Work};
use crate::matching::vector::Vector;
use crate::threads::{Tick, Watch, attended, thread_count};

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

/// How to run.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// The instruction set.
    pub path: Path,
    /// 0 is one a core.
    pub threads: usize,
}

/// Fill in what each user sees, at most `length` posts, and tell the offsets of the lists, one more than users.
pub fn rank(
    index: &FeedIndex,
    users: &Users<'_>,
    length: usize,
    lists: Lists<'_>,
    run: Run,
    tick: &mut Tick<'_>,
) -> Result<Vec<i64>> {
    let Run { path, threads } = run;
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
        path.run(&mut Shift {
            ranker: Ranker::new(index),
            users,
            length,
            next: &next,
            watch,
        });
    })?;
    for at in 1..offsets.len() {
        offsets[at] += offsets[at - 1];
    }
    close_gaps(&offsets, length, posts);
    close_gaps(&offsets, length, post_ids);
    close_gaps(&offsets, length, scores);
    Ok(offsets)
}

/// All that one thread does.
struct Shift<'a, N> {
    ranker: Ranker<'a>,
    users: &'a Users<'a>,
    length: usize,
    next: N,
    watch: &'a Watch,
}

impl<'a, N: Fn() -> Option<Batch<'a>>> Work for Shift<'_, N> {
    #[inline(always)]
    fn run<V: Vector>(&mut self) {
        while let Some(batch) = (self.next)().filter(|_| !self.watch.is_stopped()) {
            let count = batch.lengths.len();
            self.ranker.fill::<V>(self.users, self.length, batch);
            self.watch.add(count);
        }
    }
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
            best: Best::new(index.settings.lowest_score()),
            spread: Spread::new(index.author_count()),
            authors: Vec::new(),
            shown: Vec::new(),
        }
    }

    #[inline(always)]
    fn fill<V: Vector>(&mut self, users: &Users<'_>, length: usize, batch: Batch<'_>) {
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
            // From the best alone, and only where these do not settle it from more, and at last from all.
            for most in [length + SPARE, 2 * (length + SPARE), usize::MAX] {
                self.viewer.seat(users, user);
                if self.choose_from::<V>(length, most) {
                    break;
                }
            }
            *list_length = self.shown.len() as i64;
            let slots = posts.iter_mut().zip(post_ids).zip(scores);
            for (entry, ((row, id), score)) in self.shown.iter().zip(slots) {
                let face = &self.viewer.index.faces[entry.place()];
                (*row, *id, *score) = (face.row, face.id, entry.score());
            }
        }
    }

    /// Choose from the `most` best candidates; tell whether no other candidate could change the list.
    #[inline(always)]
    fn choose_from<V: Vector>(&mut self, length: usize, most: usize) -> bool {
        let index = self.viewer.index;
        self.best.clear(most);
        self.walk.gather::<V>(&mut self.viewer, &mut self.best);
        self.best.sort::<V>(&index.id_ranks);
        let (count, best) = (self.best.len(), self.best.sorted());
        self.authors.clear();
        let author = |at: usize| index.faces[best(at).place()].author;
        self.authors.extend((0..count).map(author));
        let order = if self.best.is_complete() {
            Some(self.spread.all(&self.authors, length))
        } else {
            let open = index.len().saturating_sub(self.viewer.hidden_at_most);
            let others_at_least = open.min(MAX_CANDIDATES).saturating_sub(length);
            let diligent = index.authors_above(others_at_least);
            self.spread.best(&self.authors, length, diligent)
        };
        self.shown.clear();
        let Some(order) = order else { return false };
        self.shown.extend(order.iter().map(|&at| best(at)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed_rank::posts::Posts;
    use crate::feed_rank::settings::Settings;
    use crate::matching::population::Sparse;

    const POSTS: usize = 3000;
    const USERS: usize = 40;
    const EACH: usize = 20;

    /// Numbers below `below`, drawn with some of them far more often than others.
    fn drawn(seed: u64, count: usize, below: u64) -> Vec<i64> {
        let noise = |i: u64| {
            (i + seed)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .rotate_left(29)
        };
        let noise = (0..count as u64).map(|i| noise(noise(i)) >> 40);
        noise
            .map(|x| (x % below * (x >> 9) % below) as i64)
            .collect()
    }

    fn offsets(rows: usize, each: usize) -> Vec<i64> {
        (0..=rows).map(|row| (row * each) as i64).collect()
    }

    #[test]
    fn every_path_gives_the_same_lists() -> Result<()> {
        let shares = |seed, count| -> Vec<f32> {
            let drawn = drawn(seed, count, 1000);
            drawn.into_iter().map(|x| x as f32 / 1000.0).collect()
        };
        let codes = |seed, count| -> Vec<u32> {
            let drawn = drawn(seed, count, 90);
            drawn.into_iter().map(|x| x as u32).collect()
        };
        let ids: Vec<i64> = (0..POSTS as i64).rev().collect();
        let (authors, times) = (drawn(1, POSTS, 300), drawn(2, POSTS, 600_000_000_000));
        let (trending, quality) = (shares(3, POSTS), shares(4, POSTS));
        let (topic_offsets, topics) = (offsets(POSTS, 8), codes(5, 8 * POSTS));
        let posts = Posts {
            ids: &ids,
            author_ids: &authors,
            created_at: &times,
            topics: Sparse {
                offsets: &topic_offsets,
                values: &topics,
            },
            trending: &trending,
            quality: &quality,
        };
        let index = FeedIndex::build(&posts, 600_000_000_000, &Settings::default())?;
        let (user_ids, rows) = (drawn(6, USERS, 400), offsets(USERS, EACH));
        let (creators, liked) = (drawn(7, USERS * EACH, 300), codes(8, USERS * EACH));
        let (creator_weights, topic_weights) = (shares(9, USERS * EACH), shares(10, USERS * EACH));
        let (blocked, hidden) = (drawn(11, USERS * EACH, 3000), drawn(12, USERS * EACH, 3000));
        let seen = drawn(13, USERS * EACH, 3000);
        let users = Users {
            user_ids: &user_ids,
            creators: Sparse {
                offsets: &rows,
                values: &creators,
            },
            creator_weights: &creator_weights,
            topics: Sparse {
                offsets: &rows,
                values: &liked,
            },
            topic_weights: &topic_weights,
            excluded_authors: Sparse {
                offsets: &rows,
                values: &blocked,
            },
            excluded_posts: Sparse {
                offsets: &rows,
                values: &hidden,
            },
            seen_posts: Sparse {
                offsets: &rows,
                values: &seen,
            },
        };
        let mut found = Vec::new();
        for path in Path::available() {
            let room = 60 * USERS;
            let (mut posts, mut post_ids) = (vec![0; room], vec![0; room]);
            let mut scores = vec![0.0; room];
            let lists = Lists {
                posts: &mut posts,
                post_ids: &mut post_ids,
                scores: &mut scores,
            };
            let run = Run { path, threads: 1 };
            let offsets = rank(&index, &users, 60, lists, run, &mut |_| true)?;
            assert_eq!(offsets[USERS], room as i64);
            found.push((
                posts,
                post_ids,
                scores.iter().map(|s| s.to_bits()).collect::<Vec<_>>(),
            ));
        }
        assert!(found.windows(2).all(|pair| pair[0] == pair[1]));
        Ok(())
    }
}
