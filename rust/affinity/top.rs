//! The profiles of all users.

use super::events::Basis;
use super::log::Log;
use super::parts::in_parts;
use super::profile::{Profiler, Profiles, Rarity};
use super::reach::Reach;
use super::sums::UserSums;
use super::walk::{Scales, Selection, posts, users};
use crate::matching::error::Result;
use crate::threads::{Tick, Watch};

/// Profile everybody with enough actions, by ascending id.
pub fn profiles(
    basis: &Basis,
    logs: &mut [Log],
    reach: &Reach,
    threads: usize,
    tick: &mut Tick<'_>,
) -> Result<Profiles> {
    let scales = Scales::of(basis);
    let rarity = Rarity::of(reach);
    let parts = in_parts(logs.iter_mut().collect(), threads, tick, || {
        let mut profiler = Profiler::new(&basis.posts, &rarity);
        let mut sums = UserSums::default();
        let scales = &scales;
        move |log: &mut Log, watch: &Watch| {
            let mut profiles = Profiles::default();
            let (events, ids) = log.sorted();
            for events in users(events) {
                if watch.is_stopped() {
                    break;
                }
                watch.add(events.len());
                if (events.len() as f64) < basis.settings.min_actions {
                    continue;
                }
                let user_id = ids[events[0].user() as usize];
                sums.clear();
                for (post, events) in posts(basis, user_id, events) {
                    let share = scales.weigh(events, &Selection::ALL, |_| ());
                    sums.add(&basis.posts, post, &share);
                }
                if f64::from(sums.actions) >= basis.settings.min_actions {
                    profiler.profile(user_id, &sums, &mut profiles);
                }
            }
            profiles
        }
    })?;
    Ok(in_order(parts, basis.posts.content_type_count))
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
