//! Which creators are out for which users.

use super::ids::Ranks;
use super::posts::Posts;
use super::table::NONE;
use crate::matching::error::{Error, Result};

/// Pairs of user and creator, by user.
#[derive(Debug, Clone)]
pub struct Exclusions {
    users: Ranks,
    offsets: Vec<u32>,
    /// ranks among the authors, ascending within a user
    creators: Vec<u32>,
}

impl Exclusions {
    /// Take pairs in any order; creators who wrote no post change nothing.
    pub fn new(users: &[i64], creators: &[i64], posts: &Posts) -> Result<Self> {
        if users.len() != creators.len() {
            let rule = format!("must be {}, one a pair", users.len());
            return Err(Error::argument(
                "len(excluded_creators)",
                creators.len(),
                &rule,
            ));
        }
        let mut pairs: Vec<(i64, u32)> = users
            .iter()
            .zip(creators)
            .map(|(&user, &creator)| (user, posts.author(creator)))
            .filter(|pair| pair.1 != NONE)
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        if pairs.len() >= u32::MAX as usize {
            let rule = "must be below 4294967295";
            return Err(Error::argument("len(excluded_users)", pairs.len(), rule));
        }
        let (mut ids, mut offsets) = (Vec::new(), Vec::new());
        for (at, pair) in pairs.iter().enumerate() {
            if ids.last() != Some(&pair.0) {
                ids.push(pair.0);
                offsets.push(at as u32);
            }
        }
        offsets.push(pairs.len() as u32);
        Ok(Self {
            users: Ranks::of(&ids),
            offsets,
            creators: pairs.into_iter().map(|pair| pair.1).collect(),
        })
    }

    /// The ranks of the creators that are out for a user, ascending.
    #[inline]
    #[must_use]
    pub fn of(&self, user: i64) -> &[u32] {
        match self.users.find(user) {
            NONE => &[],
            rank => {
                let rank = rank as usize;
                &self.creators[self.offsets[rank] as usize..self.offsets[rank + 1] as usize]
            }
        }
    }
}
