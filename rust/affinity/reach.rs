//! How many users engaged each creator and topic.

use super::events::Basis;
use super::log::Log;
use super::parts::in_parts;
use super::posts::Posts;
use super::walk::{Scales, posts, users};
use crate::matching::error::{Error, Result};
use crate::threads::{Tick, Watch, thread_count};

/// Distinct users.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Who have an action that counts.
    pub users: u32,
    /// By rank of the creator.
    pub creators: Vec<u32>,
    /// By code of the topic.
    pub topics: Vec<u32>,
}

/// A count of distinct users, and the last user counted.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    last: u32,
    users: u32,
}

impl Cell {
    #[inline]
    fn see(&mut self, user: u32) {
        self.users += u32::from(self.last != user);
        self.last = user;
    }
}

/// What one thread counted.
#[derive(Debug)]
struct Counts {
    users: u32,
    creators: Vec<Cell>,
    topics: Vec<Cell>,
}

impl Counts {
    fn of(posts: &Posts) -> Self {
        Self {
            users: 0,
            creators: vec![Cell::default(); posts.author_ids().len()],
            topics: vec![Cell::default(); posts.topic_count],
        }
    }
}

/// Count the users of all logs.
pub fn reach(
    basis: &Basis,
    logs: &mut [Log],
    threads: usize,
    tick: &mut Tick<'_>,
) -> Result<Reach> {
    let scales = Scales::of(basis);
    // As many groups of partitions as threads: each keeps counts of its own.
    let width = logs.len().div_ceil(thread_count(threads, logs.len()));
    let groups = logs.chunks_mut(width).collect();
    let counted = in_parts(groups, threads, tick, || {
        |group: &mut [Log], watch: &Watch| {
            let mut counts = Counts::of(&basis.posts);
            for log in group {
                if watch.is_stopped() {
                    break;
                }
                count(basis, &scales, log, &mut counts);
                watch.add(log.len());
            }
            counts
        }
    })?;
    let mut reach = Reach {
        users: 0,
        creators: vec![0; basis.posts.author_ids().len()],
        topics: vec![0; basis.posts.topic_count],
    };
    for counts in counted {
        reach.users += counts.users;
        for (sum, cell) in reach.creators.iter_mut().zip(counts.creators) {
            *sum += cell.users;
        }
        for (sum, cell) in reach.topics.iter_mut().zip(counts.topics) {
            *sum += cell.users;
        }
    }
    Ok(reach)
}

fn count(basis: &Basis, scales: &Scales, log: &mut Log, counts: &mut Counts) {
    let (events, ids) = log.sorted();
    for events in users(events) {
        // The number this user will have, if an action counts.
        let number = counts.users + 1;
        let mut engaged = false;
        let user_id = ids[events[0].user() as usize];
        for (rank, events) in posts(basis, user_id, events) {
            if !scales.engages(events) {
                continue;
            }
            engaged = true;
            let post = basis.posts.post(rank);
            counts.creators[post.author as usize].see(number);
            for &topic in basis.posts.topics(post) {
                counts.topics[topic as usize].see(number);
            }
        }
        counts.users += u32::from(engaged);
    }
}

/// A reach told from outside, by ids of creators, in terms of these posts.
pub fn told(
    posts: &Posts,
    users: i64,
    creator_ids: &[i64],
    creator_users: &[i32],
    topic_users: &[i32],
) -> Result<Reach> {
    let Ok(users) = u32::try_from(users) else {
        return Err(Error::argument(
            "users",
            users,
            "must be within 0 and 4294967295",
        ));
    };
    if creator_users.len() != creator_ids.len() {
        let rule = format!("must be {}, one a creator", creator_ids.len());
        return Err(Error::argument(
            "len(creator_users)",
            creator_users.len(),
            &rule,
        ));
    }
    if let Some(at) = creator_ids.windows(2).position(|pair| pair[1] <= pair[0]) {
        let rule = "must ascend";
        return Err(Error::element(
            "creator_ids",
            at + 1,
            creator_ids[at + 1],
            rule,
        ));
    }
    for (name, counts) in [
        ("creator_users", creator_users),
        ("topic_users", topic_users),
    ] {
        if let Some(at) = counts.iter().position(|&count| count < 0) {
            return Err(Error::element(name, at, counts[at], "must be 0 or more"));
        }
    }
    if topic_users.len() < posts.topic_count {
        let rule = format!(
            "must be at least {}, one a topic of the posts",
            posts.topic_count
        );
        return Err(Error::argument(
            "len(topic_users)",
            topic_users.len(),
            &rule,
        ));
    }
    let find = |id| {
        creator_ids
            .binary_search(id)
            .map_or(0, |at| creator_users[at] as u32)
    };
    Ok(Reach {
        users,
        creators: posts.author_ids().iter().map(find).collect(),
        topics: topic_users[..posts.topic_count]
            .iter()
            .map(|&users| users as u32)
            .collect(),
    })
}
