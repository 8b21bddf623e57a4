//! How many users engaged each creator and topic.

use super::likes::Likes;
use super::posts::Posts;
use crate::matching::error::{Error, Result};

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

impl Reach {
    /// Nobody yet.
    #[must_use]
    pub fn of(posts: &Posts) -> Self {
        Self {
            users: 0,
            creators: vec![0; posts.author_ids().len()],
            topics: vec![0; posts.topic_count],
        }
    }

    /// Count one more user.
    #[inline(always)]
    pub fn see(&mut self, likes: &Likes) {
        self.users += u32::from(likes.actions > 0);
        for &code in likes.creators().0 {
            self.creators[code as usize] += 1;
        }
        for &code in likes.topics.gathered().0 {
            self.topics[code as usize] += 1;
        }
    }

    /// Add the counts of other users.
    pub fn add(&mut self, other: &Self) {
        self.users += other.users;
        for (sum, users) in self.creators.iter_mut().zip(&other.creators) {
            *sum += users;
        }
        for (sum, users) in self.topics.iter_mut().zip(&other.topics) {
            *sum += users;
        }
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
