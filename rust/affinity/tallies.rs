//! The sums of all users as columns, a row a user and creator, topic or content type: what is kept from day to day.

use super::events::Basis;
use super::log::{Event, Log};
use super::parts::in_parts;
use super::posts::MAX_CONTENT_TYPES;
use super::sums::{Liking, UserSums};
use super::walk::{Scales, Selection, Walk, users};
use crate::matching::error::Result;
use crate::threads::{Tick, thread_count};

const US_PER_DAY: i64 = 86_400_000_000;

/// Rows of user and key, each pair once, in no order.
#[derive(Debug, Default)]
#[allow(missing_docs)] // python/feedscore/affinity_sums.py explains each
pub struct Tally {
    pub users: Vec<i64>,
    pub keys: Vec<i64>,
    pub actions: Vec<i32>,
    pub hides: Vec<i32>,
    pub positive: Vec<f64>,
    pub negative: Vec<f64>,
}

/// Everything that is kept of the users.
#[derive(Debug, Default)]
pub struct Tallies {
    /// Keys are ids.
    pub creators: Tally,
    /// Keys are codes.
    pub topics: Tally,
    /// Keys are codes.
    pub content_types: Tally,
    /// Users of the rows of `days` and `first_us`.
    pub day_users: Vec<i64>,
    /// Days since 1970 UTC, each from just after one midnight up to the next.
    pub days: Vec<i64>,
    /// The first action of the user on that day, microseconds since 1970.
    pub first_us: Vec<i64>,
}

impl Tally {
    fn push(&mut self, user: i64, key: i64, liking: &Liking) {
        if liking.actions == 0 && liking.hides == 0 {
            return;
        }
        self.users.push(user);
        self.keys.push(key);
        self.actions
            .push(i32::try_from(liking.actions).unwrap_or(i32::MAX));
        self.hides
            .push(i32::try_from(liking.hides).unwrap_or(i32::MAX));
        self.positive.push(liking.positive);
        self.negative.push(liking.negative);
    }

    fn append(&mut self, mut other: Self) {
        self.users.append(&mut other.users);
        self.keys.append(&mut other.keys);
        self.actions.append(&mut other.actions);
        self.hides.append(&mut other.hides);
        self.positive.append(&mut other.positive);
        self.negative.append(&mut other.negative);
    }
}

impl Tallies {
    fn append(&mut self, mut other: Self) {
        self.creators.append(other.creators);
        self.topics.append(other.topics);
        self.content_types.append(other.content_types);
        self.day_users.append(&mut other.day_users);
        self.days.append(&mut other.days);
        self.first_us.append(&mut other.first_us);
    }
}

/// Add up what is selected, of every user.
pub fn tallies(
    basis: &Basis,
    logs: &mut [Log],
    selection: &Selection,
    threads: usize,
    tick: &mut Tick<'_>,
) -> Result<Tallies> {
    let scales = Scales::of(basis);
    let worker = || (UserTallies::default(), Walk::new(basis, &scales, selection));
    let count = thread_count(threads, logs.len());
    let mut workers: Vec<_> = std::iter::repeat_with(worker).take(count).collect();
    let logs = logs.iter_mut().collect();
    let parts = in_parts(
        logs,
        &mut workers,
        tick,
        |(user, walk), log: &mut Log, watch| {
            let mut tallies = Tallies::default();
            let (events, ids) = log.sorted();
            for events in users(events) {
                if watch.is_stopped() {
                    break;
                }
                watch.add(events.len());
                let user_id = ids[events[0].user() as usize];
                user.gather(basis, walk, user_id, events);
                user.tell(basis, user_id, &mut tallies);
            }
            tallies
        },
    )?;
    let mut all = Tallies::default();
    for part in parts {
        all.append(part);
    }
    Ok(all)
}

/// The sums of one user, with what profiles need less of.
#[derive(Debug, Default)]
struct UserTallies {
    sums: UserSums,
    content_types: [Liking; MAX_CONTENT_TYPES],
    times_us: Vec<i64>,
}

impl UserTallies {
    fn gather(&mut self, basis: &Basis, walk: &mut Walk<'_>, user_id: i64, events: &[Event]) {
        self.sums.clear();
        self.content_types = [Liking::default(); MAX_CONTENT_TYPES];
        self.times_us.clear();
        let Self {
            sums,
            content_types,
            times_us,
        } = self;
        // Ages came from times by the same subtraction.
        let action = |age_us| times_us.push(basis.as_of_us.wrapping_sub_unsigned(age_us));
        walk.user(user_id, events, action, |post, share| {
            sums.add(&basis.posts, post, share);
            content_types[post.content_type as usize].add(share);
        });
    }

    fn tell(&mut self, basis: &Basis, user_id: i64, tallies: &mut Tallies) {
        for liking in self.sums.creators.entries() {
            let id = basis.posts.author_ids()[liking.code as usize];
            tallies.creators.push(user_id, id, liking);
        }
        for liking in self.sums.topics.entries() {
            tallies.topics.push(user_id, i64::from(liking.code), liking);
        }
        for (code, liking) in self.content_types.iter().enumerate() {
            tallies.content_types.push(user_id, code as i64, liking);
        }
        self.times_us.sort_unstable();
        let mut last = None;
        for &time_us in &self.times_us {
            let day = time_us.saturating_sub(1).div_euclid(US_PER_DAY);
            if last != Some(day) {
                tallies.day_users.push(user_id);
                tallies.days.push(day);
                tallies.first_us.push(time_us);
            }
            last = Some(day);
        }
    }
}
