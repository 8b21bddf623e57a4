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
        if users.len() >= u32::MAX as usize {
            let rule = "must be below 4294967295";
            return Err(Error::argument("len(excluded_users)", users.len(), rule));
        }
        let (ranks, ids) = Ranks::by_size(users);
        let pairs = || {
            let pairs = users.iter().zip(creators);
            pairs
                .map(|(&user, &creator)| (ranks.find(user) as usize, posts.author(creator)))
                .filter(|pair| pair.1 != NONE)
        };
        // The pairs by user, by counting; then each user's few.
        let mut ends = vec![0_u32; ids.len() + 1];
        pairs().for_each(|pair| ends[pair.0 + 1] += 1);
        (1..ends.len()).for_each(|user| ends[user] += ends[user - 1]);
        let mut all = vec![0; ends[ids.len()] as usize];
        for (user, creator) in pairs() {
            all[ends[user] as usize] = creator;
            ends[user] += 1;
        }
        let (mut offsets, mut kept, mut from) = (vec![0], Vec::new(), 0);
        for &end in &ends[..ids.len()] {
            let own = &mut all[from..end as usize];
            own.sort_unstable();
            let first = kept.len();
            for &creator in &*own {
                if kept[first..].last() != Some(&creator) {
                    kept.push(creator);
                }
            }
            offsets.push(kept.len() as u32);
            from = end as usize;
        }
        Ok(Self {
            users: ranks,
            offsets,
            creators: kept,
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
