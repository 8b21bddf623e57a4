//! The profiles of all users.

use super::events::Basis;
use super::log::Log;
use super::parts::in_parts;
use super::profile::{Drafts, Profiles, Rarity};
use super::reach::Reach;
use super::sums::UserSums;
use super::walk::{Scales, Selection, Walk, users};
use crate::matching::error::Result;
use crate::threads::{Tick, Watch, thread_count};

/// What a thread works with.
struct Worker<'a> {
    walk: Walk<'a>,
    sums: UserSums,
    reach: Reach,
}

/// Count how many users engaged each creator and topic.
pub fn reach(
    basis: &Basis,
    logs: &mut [Log],
    threads: usize,
    tick: &mut Tick<'_>,
) -> Result<Reach> {
    let scales = Scales::of(basis);
    let mut workers = workers(basis, &scales, thread_count(threads, logs.len()));
    in_parts(
        logs.iter_mut().collect(),
        &mut workers,
        tick,
        |worker, log, watch| {
            each_user(worker, log, watch, |worker, _| {
                worker.reach.see(&worker.sums);
            });
        },
    )?;
    Ok(all_of(workers))
}

/// Profile everybody with enough actions, by ascending id; the reach is that of all these users unless it is told.
pub fn profiles(
    basis: &Basis,
    logs: &mut [Log],
    told: Option<&Reach>,
    threads: usize,
    tick: &mut Tick<'_>,
) -> Result<Profiles> {
    let scales = Scales::of(basis);
    let rarity = told.map(Rarity::of);
    let mut workers = workers(basis, &scales, thread_count(threads, logs.len()));
    let drafts = in_parts(
        logs.iter_mut().collect(),
        &mut workers,
        tick,
        |worker, log, watch| {
            let mut drafts = Drafts::default();
            each_user(worker, log, watch, |worker, user_id| {
                if rarity.is_none() {
                    worker.reach.see(&worker.sums);
                }
                if f64::from(worker.sums.actions) >= basis.settings.min_actions {
                    drafts.push(&basis.posts, user_id, &worker.sums);
                }
            });
            // Where the reach is known, nothing has to wait for the other users.
            match &rarity {
                Some(rarity) => (Drafts::default(), drafts.weigh(&basis.posts, rarity)),
                None => (drafts, Profiles::default()),
            }
        },
    )?;
    let parts = if rarity.is_some() {
        drafts.into_iter().map(|part| part.1).collect()
    } else {
        let mut states = vec![(); workers.len()];
        let rarity = Rarity::of(&all_of(workers));
        in_parts(drafts, &mut states, tick, |(), (drafts, _), _| {
            drafts.weigh(&basis.posts, &rarity)
        })?
    };
    Ok(in_order(parts, basis.posts.content_type_count))
}

fn workers<'a>(basis: &'a Basis, scales: &'a Scales, count: usize) -> Vec<Worker<'a>> {
    let worker = || Worker {
        walk: Walk::new(basis, scales, &Selection::ALL),
        sums: UserSums::default(),
        reach: Reach::of(&basis.posts),
    };
    std::iter::repeat_with(worker).take(count).collect()
}

/// Add up the events of one user after the other.
fn each_user<'a>(
    worker: &mut Worker<'a>,
    log: &mut Log,
    watch: &Watch,
    mut tell: impl FnMut(&mut Worker<'a>, i64),
) {
    let (events, ids) = log.sorted();
    for events in users(events) {
        if watch.is_stopped() {
            break;
        }
        watch.add(events.len());
        let user_id = ids[events[0].user() as usize];
        worker.sums.clear();
        let Worker { walk, sums, .. } = worker;
        let posts = walk.posts();
        walk.user(
            user_id,
            events,
            |_| (),
            |post, share| sums.add(posts, post, share),
        );
        tell(worker, user_id);
    }
}

/// Add up what the workers counted.
fn all_of(workers: Vec<Worker<'_>>) -> Reach {
    let counted = workers.into_iter().map(|worker| worker.reach);
    counted
        .reduce(|mut all, reach| {
            all.add(&reach);
            all
        })
        .unwrap_or_default()
}

/// Bring the users of all parts into the order of their ids; parts are let go of one by one.
pub fn in_order(parts: Vec<Profiles>, types: usize) -> Profiles {
    let mut order: Vec<(i64, u32, u32)> = Vec::new();
    for (part, profiles) in parts.iter().enumerate() {
        let rows = profiles.user_ids.iter().enumerate();
        order.extend(rows.map(|(row, &id)| (id, part as u32, row as u32)));
    }
    order.sort_unstable();
    // Part -> row -> place in the order.
    let mut places: Vec<Vec<u32>> = parts
        .iter()
        .map(|part| vec![0; part.user_ids.len()])
        .collect();
    for (place, &(_, part, row)) in order.iter().enumerate() {
        places[part as usize][row as usize] = place as u32;
    }
    drop(order);
    let mut all = Profiles::default();
    let n = places.iter().map(Vec::len).sum();
    all.creator_counts = vec![0; n];
    all.topic_counts = vec![0; n];
    for (part, places) in parts.iter().zip(&places) {
        scatter(&part.creator_counts, places, &mut all.creator_counts);
        scatter(&part.topic_counts, places, &mut all.topic_counts);
    }
    let creators = starts(&all.creator_counts);
    let topics = starts(&all.topic_counts);
    all.user_ids = vec![0; n];
    all.actions = vec![0; n];
    all.velocity = vec![0.0; n];
    all.exploration = vec![0.0; n];
    all.content_type_shares = vec![0.0; n * types];
    all.creator_ids = vec![0; creators[n]];
    all.creator_weights = vec![0.0; creators[n]];
    all.topics = vec![0; topics[n]];
    all.topic_weights = vec![0.0; topics[n]];
    for (part, places) in parts.into_iter().zip(places) {
        scatter(&part.user_ids, &places, &mut all.user_ids);
        scatter(&part.actions, &places, &mut all.actions);
        scatter(&part.velocity, &places, &mut all.velocity);
        scatter(&part.exploration, &places, &mut all.exploration);
        let (mut creator, mut topic) = (0, 0);
        for (row, &place) in places.iter().enumerate() {
            let place = place as usize;
            let shares = &part.content_type_shares[row * types..(row + 1) * types];
            all.content_type_shares[place * types..(place + 1) * types].copy_from_slice(shares);
            let (from, to) = (creators[place], creators[place + 1]);
            let own = creator..creator + (to - from);
            creator = own.end;
            all.creator_ids[from..to].copy_from_slice(&part.creator_ids[own.clone()]);
            all.creator_weights[from..to].copy_from_slice(&part.creator_weights[own]);
            let (from, to) = (topics[place], topics[place + 1]);
            let own = topic..topic + (to - from);
            topic = own.end;
            all.topics[from..to].copy_from_slice(&part.topics[own.clone()]);
            all.topic_weights[from..to].copy_from_slice(&part.topic_weights[own]);
        }
    }
    all
}

fn scatter<T: Copy>(values: &[T], places: &[u32], all: &mut [T]) {
    for (&value, &place) in values.iter().zip(places) {
        all[place as usize] = value;
    }
}

/// Where each list starts, and at last where the last ends.
fn starts(counts: &[u8]) -> Vec<usize> {
    let mut sum = 0;
    let mut starts = vec![0];
    for &count in counts {
        sum += count as usize;
        starts.push(sum);
    }
    starts
}
