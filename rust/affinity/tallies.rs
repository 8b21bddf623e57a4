//! The sums of all users as columns, a row a user and creator, topic or content type: what is kept from day to day.

use std::sync::PoisonError;

use super::events::{Basis, Collector};
use super::keys::Key;
use super::log::Log;
use super::parts::in_parts;
use super::people::People;
use super::posts::OWN_TOPICS;
use super::sums::{Liking, Likings};
use super::walk::{Judged, Selection, Walk};
use crate::matching::error::Result;
use crate::matching::vector::Plain;
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
    collector: &mut Collector,
    selection: &Selection,
    threads: usize,
    tick: &mut Tick<'_>,
) -> Result<Tallies> {
    if collector.basis.layout.is_short() {
        tallies_by::<u64>(collector, selection, threads, tick)
    } else {
        tallies_by::<u128>(collector, selection, threads, tick)
    }
}

fn tallies_by<K: Key>(
    collector: &mut Collector,
    selection: &Selection,
    threads: usize,
    tick: &mut Tick<'_>,
) -> Result<Tallies> {
    let Collector {
        basis,
        logs,
        numbers,
    } = collector;
    let basis = &*basis;
    let ids = numbers
        .get_mut()
        .unwrap_or_else(PoisonError::into_inner)
        .ids();
    let worker = || {
        (
            People::<K>::default(),
            Walk::new(basis),
            UserTallies::default(),
        )
    };
    let count = thread_count(threads, logs.len());
    let mut workers: Vec<_> = std::iter::repeat_with(worker).take(count).collect();
    let logs = { logs.iter_mut().enumerate() }
        .map(|(place, log)| (place, log.get_mut().unwrap_or_else(PoisonError::into_inner)))
        .collect();
    let parts = in_parts(
        logs,
        &mut workers,
        tick,
        |(people, walk, user), (partition, log): (usize, &mut Log), watch| {
            let mut tallies = Tallies::default();
            let log = (partition, &*log);
            people.each::<Plain>(
                basis.layout,
                ids,
                log,
                watch,
                |_| (),
                |user_id, keys| {
                    user.clear();
                    walk.selected(user_id, keys, selection, |event| user.take(basis, event));
                    user.tell(basis, user_id, &mut tallies);
                },
            );
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
    creators: Likings,
    topics: Likings,
    content_types: Likings,
    times_us: Vec<i64>,
}

impl UserTallies {
    fn clear(&mut self) {
        self.creators.clear();
        self.topics.clear();
        self.content_types.clear();
        self.times_us.clear();
    }

    fn take(&mut self, basis: &Basis, event: Judged) {
        let add = match (event.acts, event.hides) {
            (true, _) => Likings::act,
            (_, true) => Likings::hide,
            _ => return,
        };
        let post = basis.posts.post(event.rank);
        let mut room = [0; OWN_TOPICS];
        let topics = basis.posts.topics(&post, &mut room);
        add(&mut self.creators, post.author, event.weight);
        add(
            &mut self.content_types,
            post.content_type() as u32,
            event.weight,
        );
        for &topic in topics {
            add(&mut self.topics, topic, event.weight / topics.len() as f64);
        }
        if event.acts {
            // Ages came from times by the same subtraction.
            self.times_us
                .push(basis.as_of_us.wrapping_sub_unsigned(event.age_us));
        }
    }

    fn tell(&mut self, basis: &Basis, user_id: i64, tallies: &mut Tallies) {
        for liking in self.creators.entries() {
            let id = basis.posts.author_ids()[liking.code as usize];
            tallies.creators.push(user_id, id, liking);
        }
        for liking in self.topics.entries() {
            tallies.topics.push(user_id, i64::from(liking.code), liking);
        }
        for liking in self.content_types.entries() {
            let code = i64::from(liking.code);
            tallies.content_types.push(user_id, code, liking);
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
