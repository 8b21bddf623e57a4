//! The profiles of all users.

use std::sync::PoisonError;

use super::events::{Basis, Collector};
use super::keys::{Key, Layout};
use super::likes::Likes;
use super::log::Log;
use super::parts::in_parts;
use super::people::People;
use super::profile::{Drafts, Rarity};
use super::reach::Reach;
use super::table_of_profiles::{Profiles, in_order};
use super::walk::Walk;
use crate::matching::error::Result;
use crate::matching::simd::{Path, Work};
use crate::matching::vector::Vector;
use crate::threads::{Tick, Watch, thread_count};

/// What a thread works with.
struct Worker<'a, K> {
    people: People<K>,
    walk: Walk<'a>,
    likes: Likes,
    reach: Reach,
}

/// Count how many users engaged each creator and topic.
pub fn reach(collector: &mut Collector, threads: usize, tick: &mut Tick<'_>) -> Result<Reach> {
    Ok(drafts(collector, f64::INFINITY, threads, tick)?.1)
}

/// Profile everybody with enough actions, by ascending id; the reach is that of all these users unless it is told.
pub fn profiles(
    collector: &mut Collector,
    told: Option<&Reach>,
    threads: usize,
    tick: &mut Tick<'_>,
) -> Result<Profiles> {
    let min_actions = collector.basis.settings.min_actions;
    let (drafts, reach) = drafts(collector, min_actions, threads, tick)?;
    let rarity = Rarity::of(told.unwrap_or(&reach));
    in_order(&collector.basis.posts, &drafts, &rarity, threads, tick)
}

/// Add up what users like; of those with enough actions keep it.
fn drafts(
    collector: &mut Collector,
    min_actions: f64,
    threads: usize,
    tick: &mut Tick<'_>,
) -> Result<(Vec<Drafts>, Reach)> {
    if collector.basis.layout.is_short() {
        drafts_by::<u64>(collector, min_actions, threads, tick)
    } else {
        drafts_by::<u128>(collector, min_actions, threads, tick)
    }
}

fn drafts_by<K: Key>(
    collector: &mut Collector,
    min_actions: f64,
    threads: usize,
    tick: &mut Tick<'_>,
) -> Result<(Vec<Drafts>, Reach)> {
    let Collector {
        basis,
        logs,
        numbers,
    } = collector;
    let (basis, path) = (&*basis, Path::choose(None)?);
    let ids = numbers
        .get_mut()
        .unwrap_or_else(PoisonError::into_inner)
        .ids();
    let worker = || Worker::<K> {
        people: People::default(),
        walk: Walk::new(basis),
        likes: Likes::new(&basis.posts),
        reach: Reach::of(&basis.posts),
    };
    let count = thread_count(threads, logs.len());
    let mut workers: Vec<_> = std::iter::repeat_with(worker).take(count).collect();
    let logs = { logs.iter_mut().enumerate() }
        .map(|(place, log)| (place, log.get_mut().unwrap_or_else(PoisonError::into_inner)))
        .collect();
    let drafts = in_parts(
        logs,
        &mut workers,
        tick,
        |worker, (partition, log): (_, &mut Log), watch| {
            log.trim();
            let mut drafts = Drafts::default();
            path.run(&mut OneLog {
                basis,
                ids,
                worker,
                log: (partition, log),
                watch,
                min_actions,
                drafts: &mut drafts,
            });
            drafts
        },
    )?;
    Ok((drafts, all_of(workers)))
}

/// The users of one log.
struct OneLog<'a, 'b, K> {
    basis: &'a Basis,
    ids: &'a [i64],
    worker: &'a mut Worker<'b, K>,
    log: (usize, &'a Log),
    watch: &'a Watch,
    min_actions: f64,
    drafts: &'a mut Drafts,
}

impl<K: Key> Work for OneLog<'_, '_, K> {
    #[inline(always)]
    fn run<V: Vector>(&mut self) {
        let (posts, layout): (_, Layout) = (&self.basis.posts, self.basis.layout);
        let Worker {
            people,
            walk,
            likes,
            reach,
        } = &mut *self.worker;
        let meet = |key| posts.ask(layout.rank::<K>(key));
        people.each::<V>(
            layout,
            self.ids,
            self.log,
            self.watch,
            meet,
            |user_id, keys| {
                likes.clear(keys.len());
                walk.all(user_id, keys, |event| likes.take(event));
                likes.add_up(posts);
                reach.see(likes);
                if f64::from(likes.actions) >= self.min_actions {
                    self.drafts.push(posts, user_id, likes);
                }
            },
        );
    }
}

/// Add up what the workers counted.
fn all_of<K>(workers: Vec<Worker<'_, K>>) -> Reach {
    let counted = workers.into_iter().map(|worker| worker.reach);
    counted
        .reduce(|mut all, reach| {
            all.add(&reach);
            all
        })
        .unwrap_or_default()
}
