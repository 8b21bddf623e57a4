//! From the sums of a user to a profile.

use super::posts::{MAX_CONTENT_TYPES, Posts};
use super::reach::Reach;
use super::sums::{Liking, UserSums};

/// Most creators of a profile.
pub const CREATORS: usize = 20;
/// Most topics of a profile.
pub const TOPICS: usize = 30;

const US_PER_DAY: f64 = 86_400e6;
/// Velocity is taken over at least this time, or a user's first minute would look like a storm.
const SHORTEST_DAYS: f64 = 1.0;

/// What makes a common liking weigh little: ln(1 + users / (1 + distinct users)).
#[derive(Debug)]
pub struct Rarity {
    creators: Vec<f64>,
    topics: Vec<f64>,
}

impl Rarity {
    /// The rarity of each creator and topic.
    #[must_use]
    pub fn of(reach: &Reach) -> Self {
        // Whoever is profiled is a user, even if nobody was told of.
        let users = f64::from(reach.users.max(1));
        let rarity = |&reached: &u32| libm::log(1.0 + users / (1.0 + f64::from(reached)));
        Self {
            creators: reach.creators.iter().map(rarity).collect(),
            topics: reach.topics.iter().map(rarity).collect(),
        }
    }
}

/// What a user has of one creator or topic: a share of the user's positive weight.
#[derive(Debug, Clone, Copy)]
struct Claim {
    code: u32,
    share: f32,
}

/// All of users' profiles that does not depend on how common a liking is, and the shares that do.
#[derive(Debug, Default)]
pub struct Drafts {
    user_ids: Vec<i64>,
    actions: Vec<i32>,
    creator_counts: Vec<u32>,
    topic_counts: Vec<u32>,
    /// of each user those of creators, then those of topics
    claims: Vec<Claim>,
    content_type_shares: Vec<f32>,
    velocity: Vec<f32>,
    exploration: Vec<f32>,
}

impl Drafts {
    /// Add a user who has at least one action.
    pub fn push(&mut self, posts: &Posts, user_id: i64, sums: &UserSums) {
        let types: &[f64; MAX_CONTENT_TYPES] = &sums.content_types;
        let positive: f64 = types.iter().sum();
        self.user_ids.push(user_id);
        self.actions
            .push(i32::try_from(sums.actions).unwrap_or(i32::MAX));
        let creators = self.claim(sums.creators.entries(), positive);
        self.creator_counts.push(creators);
        let topics = self.claim(sums.topics.entries(), positive);
        self.topic_counts.push(topics);
        let types = types[..posts.content_type_count].iter();
        self.content_type_shares
            .extend(types.map(|weight| (weight / positive) as f32));
        let days = (sums.first_us as f64 / US_PER_DAY).max(SHORTEST_DAYS);
        self.velocity.push((f64::from(sums.actions) / days) as f32);
        self.exploration
            .push(exploration(sums.creators.entries()) as f32);
    }

    /// Keep what is liked on balance; give its number.
    fn claim(&mut self, likings: &[Liking], positive: f64) -> u32 {
        let before = self.claims.len();
        self.claims.extend(likings.iter().filter_map(|liking| {
            let (code, net) = (liking.code, liking.net());
            let share = (net / positive) as f32;
            (net > 0.0).then_some(Claim { code, share })
        }));
        (self.claims.len() - before) as u32
    }

    /// Weigh the shares, and keep the strongest.
    #[must_use]
    pub fn weigh(self, posts: &Posts, rarity: &Rarity) -> Profiles {
        let mut profiles = Profiles::default();
        let mut keys = Vec::new();
        let mut rest = &self.claims[..];
        for (&creators, &topics) in self.creator_counts.iter().zip(&self.topic_counts) {
            let (own, others) = rest.split_at(creators as usize);
            strongest(own, &rarity.creators, CREATORS, &mut keys);
            profiles.creator_counts.push(keys.len() as u8);
            let ids = keys
                .iter()
                .map(|&key| posts.author_ids()[code_of(key) as usize]);
            profiles.creator_ids.extend(ids);
            profiles
                .creator_weights
                .extend(keys.iter().map(|&key| weight_of(key)));
            let (own, others) = others.split_at(topics as usize);
            strongest(own, &rarity.topics, TOPICS, &mut keys);
            profiles.topic_counts.push(keys.len() as u8);
            profiles.topics.extend(keys.iter().map(|&key| code_of(key)));
            profiles
                .topic_weights
                .extend(keys.iter().map(|&key| weight_of(key)));
            rest = others;
        }
        Profiles {
            user_ids: self.user_ids,
            actions: self.actions,
            content_type_shares: self.content_type_shares,
            velocity: self.velocity,
            exploration: self.exploration,
            ..profiles
        }
    }
}

/// Profiles in columns, lists packed one after the other.
#[derive(Debug, Default)]
#[allow(missing_docs)] // python/feedscore/affinity_profiles.py explains each
pub struct Profiles {
    pub user_ids: Vec<i64>,
    pub actions: Vec<i32>,
    pub creator_counts: Vec<u8>,
    pub creator_ids: Vec<i64>,
    pub creator_weights: Vec<f32>,
    pub topic_counts: Vec<u8>,
    pub topics: Vec<u32>,
    pub topic_weights: Vec<f32>,
    pub content_type_shares: Vec<f32>,
    pub velocity: Vec<f32>,
    pub exploration: Vec<f32>,
}

/// The keys of the strongest claims, in descending order: by weight, then the smaller code first.
fn strongest(claims: &[Claim], rarity: &[f64], k: usize, keys: &mut Vec<u64>) {
    let raw = |claim: &Claim| f64::from(claim.share) * rarity[claim.code as usize];
    let largest = claims.iter().map(raw).fold(0.0, f64::max);
    // All may be too small for a float; then they are all alike.
    let scale = if largest > 0.0 { 1.0 / largest } else { 0.0 };
    keys.clear();
    // The product with the reciprocal of the largest itself may come out just off 1.
    let weigh = |claim| ((raw(claim) * scale) as f32).min(1.0);
    keys.extend(claims.iter().map(|claim| key(weigh(claim), claim.code)));
    if keys.len() > k {
        keys.select_nth_unstable_by(k - 1, |a, b| b.cmp(a));
        keys.truncate(k);
    }
    keys.sort_unstable_by(|a, b| b.cmp(a));
}

/// Weight and code in one number; weights are not negative, so their bits ascend with them.
fn key(weight: f32, code: u32) -> u64 {
    u64::from(weight.to_bits()) << 32 | u64::from(!code)
}

fn weight_of(key: u64) -> f32 {
    f32::from_bits((key >> 32) as u32)
}

fn code_of(key: u64) -> u32 {
    !(key as u32)
}

/// Entropy over what is liked on balance, by the logarithm of its number.
fn exploration(creators: &[Liking]) -> f64 {
    let (mut count, mut sum, mut sum_logs) = (0_u32, 0.0, 0.0);
    for net in creators.iter().map(Liking::net).filter(|&net| net > 0.0) {
        count += 1;
        sum += net;
        sum_logs += net * libm::log(net);
    }
    if count < 2 {
        return 0.0;
    }
    // -sum of p ln p, for p = net / sum.
    let entropy = libm::log(sum) - sum_logs / sum;
    (entropy / libm::log(f64::from(count))).clamp(0.0, 1.0)
}
