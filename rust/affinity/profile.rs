//! From what users like to their profiles.

use super::ahead::ask_all;
use super::entropy::{entropy, ln};
use super::likes::Likes;
use super::posts::Posts;
use super::reach::Reach;
use crate::matching::vector::Vector;

/// Most creators of a profile.
pub const CREATORS: usize = 20;
/// Most topics of a profile.
pub const TOPICS: usize = 30;

const US_PER_DAY: f64 = 86_400e6;
/// Velocity is taken over at least this time, or a user's first minute would look like a storm.
const SHORTEST_DAYS: f64 = 1.0;
/// More than so many are not sorted to find the strongest.
const MOST_SORTED: usize = 256;

/// What makes a common liking weigh little: ln(1 + users / (1 + distinct users)).
#[derive(Debug)]
pub struct Rarity {
    /// By rank of the creator.
    pub creators: Vec<f32>,
    /// By code of the topic.
    pub topics: Vec<f32>,
}

impl Rarity {
    /// The rarity of each creator and topic.
    #[must_use]
    pub fn of(reach: &Reach) -> Self {
        // Whoever is profiled is a user, even if nobody was told of.
        let users = f64::from(reach.users.max(1));
        let rarity = |&reached: &u32| ln(1.0 + users / (1.0 + f64::from(reached))) as f32;
        Self {
            creators: reach.creators.iter().map(rarity).collect(),
            topics: reach.topics.iter().map(rarity).collect(),
        }
    }
}

/// What a user has of one creator or topic: a share of the user's positive weight.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    code: u32,
    share: f32,
}

/// A user who will have a profile.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)] // named as in `AffinityProfiles`
pub struct Draft {
    pub user_id: i64,
    pub actions: i32,
    pub velocity: f32,
    pub exploration: f32,
    /// the numbers of claims
    creators: u32,
    topics: u32,
    /// the place of the first
    first_claim: usize,
}

impl Draft {
    /// How many creators and how many topics the profile has.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let (creators, topics) = (self.creators as usize, self.topics as usize);
        (creators.min(CREATORS), topics.min(TOPICS))
    }
}

/// All of users' profiles that does not depend on how common a liking is, and the shares that do.
#[derive(Debug, Default)]
pub struct Drafts {
    /// The users.
    pub users: Vec<Draft>,
    /// (u, T)
    content_type_shares: Vec<f32>,
    /// of each user those of creators, then those of topics
    claims: Vec<Claim>,
}

impl Drafts {
    /// Add a user who has at least one action.
    #[inline(always)]
    pub fn push(&mut self, posts: &Posts, user_id: i64, likes: &Likes) {
        let types = &likes.content_types[..posts.content_type_count];
        let positive: f64 = types.iter().sum();
        self.content_type_shares
            .extend(types.iter().map(|weight| (weight / positive) as f32));
        let first_claim = self.claims.len();
        let creators = self.claim(likes.creators(), positive);
        let topics = self.claim(likes.topics.gathered(), positive);
        let days = (likes.first_us as f64 / US_PER_DAY).max(SHORTEST_DAYS);
        self.users.push(Draft {
            user_id,
            actions: i32::try_from(likes.actions).unwrap_or(i32::MAX),
            velocity: (f64::from(likes.actions) / days) as f32,
            exploration: entropy(likes.creators().1) as f32,
            creators,
            topics,
            first_claim,
        });
    }

    /// Keep what is liked on balance; give its number.
    #[inline(always)]
    fn claim(&mut self, (codes, nets): (&[u32], &[f64]), positive: f64) -> u32 {
        let before = self.claims.len();
        let claims = codes.iter().zip(nets).filter(|liking| *liking.1 > 0.0);
        self.claims.extend(claims.map(|(&code, &net)| Claim {
            code,
            share: (net / positive) as f32,
        }));
        (self.claims.len() - before) as u32
    }

    /// The claims of a user: on creators, and on topics.
    #[inline(always)]
    fn claims(&self, user: &Draft) -> (&[Claim], &[Claim]) {
        let own = &self.claims[user.first_claim..][..(user.creators + user.topics) as usize];
        own.split_at(user.creators as usize)
    }

    /// Ask for the claims of the user in that row.
    #[inline(always)]
    pub fn ask(&self, row: usize) {
        ask_all(&self.claims[self.users[row].first_claim..]);
    }

    /// The shares of the content types of the user in that row.
    #[inline(always)]
    #[must_use]
    pub fn content_types(&self, row: usize, types: usize) -> &[f32] {
        &self.content_type_shares[row * types..(row + 1) * types]
    }
}

/// Finds the strongest of a user's claims, and keeps the room for it.
#[derive(Debug, Default)]
pub struct Judge {
    raws: Vec<f64>,
    keys: Vec<u64>,
}

impl Judge {
    /// Weigh a user's creators and topics, and tell the strongest first: codes and weights.
    #[inline(always)]
    pub fn weigh<V: Vector>(
        &mut self,
        drafts: &Drafts,
        user: &Draft,
        rarity: &Rarity,
        tell_creator: impl FnMut(usize, u32, f32),
        tell_topic: impl FnMut(usize, u32, f32),
    ) {
        let (creators, topics) = drafts.claims(user);
        self.strongest::<V>(creators, &rarity.creators, CREATORS, tell_creator);
        self.strongest::<V>(topics, &rarity.topics, TOPICS, tell_topic);
    }

    /// Tell the strongest claims: by weight, then the smaller code first.
    #[inline(always)]
    fn strongest<V: Vector>(
        &mut self,
        claims: &[Claim],
        rarity: &[f32],
        k: usize,
        mut tell: impl FnMut(usize, u32, f32),
    ) {
        let n = claims.len();
        if self.keys.len() < n {
            self.raws.resize(n, 0.0);
            self.keys.resize(n, 0);
        }
        let (raws, mut keys) = (&mut self.raws[..n], &mut self.keys[..n]);
        let mut largest = 0.0;
        for (raw, claim) in raws.iter_mut().zip(claims) {
            *raw = f64::from(claim.share) * f64::from(rarity[claim.code as usize]);
            largest = if *raw > largest { *raw } else { largest };
        }
        // All may be too small for a float; then they are all alike.
        let scale = if largest > 0.0 { 1.0 / largest } else { 0.0 };
        for ((key, raw), claim) in keys.iter_mut().zip(&*raws).zip(claims) {
            // The product with the reciprocal of the largest itself may come out just off 1.
            *key = key_of(((raw * scale) as f32).min(1.0), claim.code);
        }
        if keys.len() > MOST_SORTED {
            keys = keys.select_nth_unstable(k).0;
        }
        V::sort(keys);
        for (place, &key) in keys.iter().take(k).enumerate() {
            tell(place, key as u32, f32::from_bits(!((key >> 32) as u32)));
        }
    }
}

/// Weight and code in one number, which ascends as weights descend; those are not negative, so their bits ascend
/// with them.
#[inline(always)]
fn key_of(weight: f32, code: u32) -> u64 {
    u64::from(!weight.to_bits()) << 32 | u64::from(code)
}
