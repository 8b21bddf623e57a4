//! From the sums of a user to a profile.

use super::posts::Posts;
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

/// Makes profiles, one user at a time.
#[derive(Debug)]
pub struct Profiler<'a> {
    posts: &'a Posts,
    rarity: &'a Rarity,
    raw: Vec<(f64, u32)>,
    keys: Vec<u64>,
}

impl<'a> Profiler<'a> {
    /// Profiles by this rarity.
    #[must_use]
    pub fn new(posts: &'a Posts, rarity: &'a Rarity) -> Self {
        Self {
            posts,
            rarity,
            raw: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// Add the profile of a user who has at least one action.
    pub fn profile(&mut self, user_id: i64, sums: &UserSums, profiles: &mut Profiles) {
        profiles.user_ids.push(user_id);
        profiles
            .actions
            .push(i32::try_from(sums.actions).unwrap_or(i32::MAX));
        let posts = self.posts;
        let chosen = self.strongest(sums.creators.entries(), &self.rarity.creators, CREATORS);
        profiles.creator_counts.push(chosen.len() as u8);
        for &key in chosen {
            profiles
                .creator_ids
                .push(posts.author_ids()[code_of(key) as usize]);
            profiles.creator_weights.push(weight_of(key));
        }
        let chosen = self.strongest(sums.topics.entries(), &self.rarity.topics, TOPICS);
        profiles.topic_counts.push(chosen.len() as u8);
        for &key in chosen {
            profiles.topics.push(code_of(key));
            profiles.topic_weights.push(weight_of(key));
        }
        let content_types = &sums.content_types[..self.posts.content_type_count];
        let positive: f64 = content_types.iter().sum();
        let shares = content_types
            .iter()
            .map(|weight| (weight / positive) as f32);
        profiles.content_type_shares.extend(shares);
        let days = (sums.first_us as f64 / US_PER_DAY).max(SHORTEST_DAYS);
        profiles
            .velocity
            .push((f64::from(sums.actions) / days) as f32);
        profiles
            .exploration
            .push(exploration(sums.creators.entries()) as f32);
    }

    /// The strongest likings, as keys in descending order: by weight, then the smaller code first.
    fn strongest(&mut self, likings: &[Liking], rarity: &[f64], k: usize) -> &[u64] {
        self.raw.clear();
        let mut largest = 0.0_f64;
        for liking in likings {
            let net = liking.net();
            if net > 0.0 {
                // The share of all that is positive is the same divisor for all: it goes with the largest.
                let raw = net * rarity[liking.code as usize];
                largest = largest.max(raw);
                self.raw.push((raw, liking.code));
            }
        }
        self.keys.clear();
        let keys = self
            .raw
            .iter()
            .map(|&(raw, code)| key((raw / largest) as f32, code));
        self.keys.extend(keys);
        if self.keys.len() > k {
            self.keys.select_nth_unstable_by(k - 1, |a, b| b.cmp(a));
            self.keys.truncate(k);
        }
        self.keys.sort_unstable_by(|a, b| b.cmp(a));
        &self.keys
    }
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
