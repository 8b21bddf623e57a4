//! Profiles in columns, by ascending id of the user.

use super::ahead::ask;
use super::parts::in_parts;
use super::posts::Posts;
use super::profile::{Drafts, Judge, Rarity};
use crate::matching::error::Result;
use crate::matching::simd::{Path, Work};
use crate::matching::vector::Vector;
use crate::threads::{Tick, thread_count};

/// Users that a thread takes at once.
const PIECE: usize = 1024;

/// So many users ahead memory is asked for.
const DRAFTS_AHEAD: usize = 16;
const CLAIMS_AHEAD: usize = 8;
/// Values of a digit of an id.
const DIGITS: usize = 1 << 11;

/// Profiles in columns, lists packed one after the other.
#[derive(Debug, Default)]
#[allow(missing_docs)] // python/feedscore/affinity_profiles.py explains each
pub struct Profiles {
    pub user_ids: Vec<i64>,
    pub actions: Vec<i32>,
    pub creator_offsets: Vec<i64>,
    pub creator_ids: Vec<i64>,
    pub creator_weights: Vec<f32>,
    pub topic_offsets: Vec<i64>,
    pub topics: Vec<u32>,
    pub topic_weights: Vec<f32>,
    pub content_type_shares: Vec<f32>,
    pub velocity: Vec<f32>,
    pub exploration: Vec<f32>,
}

/// A user, where the draft is, and how long the lists will be.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    user_id: i64,
    part: u32,
    row: u32,
    creators: u32,
    topics: u32,
}

/// Weigh the drafts, and bring the users of all parts into the order of their ids.
pub fn in_order(
    posts: &Posts,
    parts: &[Drafts],
    rarity: &Rarity,
    threads: usize,
    tick: &mut Tick<'_>,
) -> Result<Profiles> {
    let mut order = Vec::with_capacity(parts.iter().map(|part| part.users.len()).sum());
    for (part, drafts) in parts.iter().enumerate() {
        let rows = drafts.users.iter().enumerate();
        order.extend(rows.map(|(row, user)| {
            let (creators, topics) = user.counts();
            Place {
                user_id: user.user_id,
                part: part as u32,
                row: row as u32,
                creators: creators as u32,
                topics: topics as u32,
            }
        }));
    }
    sort_by_id(&mut order);
    let mut all = Profiles::with_room(&order, posts.content_type_count);
    let pieces = all.pieces(&order, posts.content_type_count);
    let (mut judges, path) = (Vec::new(), Path::choose(None)?);
    judges.resize_with(thread_count(threads, pieces.len()), Judge::default);
    in_parts(pieces, &mut judges, tick, |judge, mut piece, _| {
        path.run(&mut Filling {
            posts,
            parts,
            rarity,
            judge,
            piece: &mut piece,
        });
    })?;
    Ok(all)
}

impl Profiles {
    fn with_room(order: &[Place], content_types: usize) -> Self {
        let n = order.len();
        let (mut creators, mut topics) = (0, 0);
        let (mut creator_offsets, mut topic_offsets) = (vec![0; n + 1], vec![0; n + 1]);
        for (at, place) in order.iter().enumerate() {
            creators += place.creators as usize;
            topics += place.topics as usize;
            creator_offsets[at + 1] = creators as i64;
            topic_offsets[at + 1] = topics as i64;
        }
        Self {
            user_ids: vec![0; n],
            actions: vec![0; n],
            creator_offsets,
            creator_ids: vec![0; creators],
            creator_weights: vec![0.0; creators],
            topic_offsets,
            topics: vec![0; topics],
            topic_weights: vec![0.0; topics],
            content_type_shares: vec![0.0; n * content_types],
            velocity: vec![0.0; n],
            exploration: vec![0.0; n],
        }
    }

    /// Cut into pieces of some users each.
    fn pieces<'a>(&'a mut self, order: &'a [Place], content_types: usize) -> Vec<Piece<'a>> {
        let mut rest = Piece {
            order,
            user_ids: &mut self.user_ids,
            actions: &mut self.actions,
            creator_ids: &mut self.creator_ids,
            creator_weights: &mut self.creator_weights,
            topics: &mut self.topics,
            topic_weights: &mut self.topic_weights,
            content_type_shares: &mut self.content_type_shares,
            velocity: &mut self.velocity,
            exploration: &mut self.exploration,
        };
        let mut pieces = Vec::new();
        for from in (0..order.len()).step_by(PIECE) {
            let to = order.len().min(from + PIECE);
            let (n, span) = (to - from, |offsets: &[i64]| {
                (offsets[to] - offsets[from]) as usize
            });
            let (creators, topics) = (span(&self.creator_offsets), span(&self.topic_offsets));
            pieces.push(Piece {
                order: &order[from..to],
                user_ids: rest.user_ids.split_off_mut(..n).unwrap_or_default(),
                actions: rest.actions.split_off_mut(..n).unwrap_or_default(),
                creator_ids: rest
                    .creator_ids
                    .split_off_mut(..creators)
                    .unwrap_or_default(),
                creator_weights: rest
                    .creator_weights
                    .split_off_mut(..creators)
                    .unwrap_or_default(),
                topics: rest.topics.split_off_mut(..topics).unwrap_or_default(),
                topic_weights: rest
                    .topic_weights
                    .split_off_mut(..topics)
                    .unwrap_or_default(),
                content_type_shares: rest
                    .content_type_shares
                    .split_off_mut(..n * content_types)
                    .unwrap_or_default(),
                velocity: rest.velocity.split_off_mut(..n).unwrap_or_default(),
                exploration: rest.exploration.split_off_mut(..n).unwrap_or_default(),
            });
        }
        pieces
    }
}

/// Sort by digits, of which most are the same in all ids.
fn sort_by_id(order: &mut Vec<Place>) {
    let digit = |place: &Place, shift: u32| {
        let ascending = place.user_id as u64 ^ 1 << (u64::BITS - 1);
        (ascending >> shift) as usize % DIGITS
    };
    let mut sorted = vec![Place::default(); order.len()];
    for shift in (0..u64::BITS).step_by(DIGITS.ilog2() as usize) {
        let mut starts = vec![0_usize; DIGITS];
        for place in &*order {
            starts[digit(place, shift)] += 1;
        }
        if starts.contains(&order.len()) {
            continue;
        }
        let mut sum = 0;
        for start in &mut starts {
            (*start, sum) = (sum, sum + *start);
        }
        for place in &*order {
            let next = &mut starts[digit(place, shift)];
            sorted[*next] = *place;
            *next += 1;
        }
        std::mem::swap(order, &mut sorted);
    }
}

/// The profiles of some users, one after the other.
struct Piece<'a> {
    order: &'a [Place],
    user_ids: &'a mut [i64],
    actions: &'a mut [i32],
    creator_ids: &'a mut [i64],
    creator_weights: &'a mut [f32],
    topics: &'a mut [u32],
    topic_weights: &'a mut [f32],
    content_type_shares: &'a mut [f32],
    velocity: &'a mut [f32],
    exploration: &'a mut [f32],
}

/// Fills a piece.
struct Filling<'a, 'b> {
    posts: &'a Posts,
    parts: &'a [Drafts],
    rarity: &'a Rarity,
    judge: &'a mut Judge,
    piece: &'a mut Piece<'b>,
}

impl Work for Filling<'_, '_> {
    #[inline(always)]
    fn run<V: Vector>(&mut self) {
        let (piece, types) = (&mut *self.piece, self.posts.content_type_count);
        let (mut creator, mut topic) = (0, 0);
        let draft = |place: &Place| (&self.parts[place.part as usize], place.row as usize);
        for (at, place) in piece.order.iter().enumerate() {
            // The drafts lie about: they are asked for before they are needed, and then what they point to.
            if let Some((drafts, row)) = piece.order.get(at + DRAFTS_AHEAD).map(draft) {
                ask(&drafts.users[row]);
            }
            if let Some((drafts, row)) = piece.order.get(at + CLAIMS_AHEAD).map(draft) {
                drafts.ask(row);
            }
            let (drafts, row) = draft(place);
            let user = &drafts.users[row];
            piece.user_ids[at] = user.user_id;
            piece.actions[at] = user.actions;
            piece.velocity[at] = user.velocity;
            piece.exploration[at] = user.exploration;
            let shares = drafts.content_types(row, types);
            piece.content_type_shares[at * types..(at + 1) * types].copy_from_slice(shares);
            self.judge.weigh::<V>(
                drafts,
                user,
                self.rarity,
                |place, code, weight| {
                    piece.creator_ids[creator + place] = self.posts.author_ids()[code as usize];
                    piece.creator_weights[creator + place] = weight;
                },
                |place, code, weight| {
                    piece.topics[topic + place] = code;
                    piece.topic_weights[topic + place] = weight;
                },
            );
            creator += place.creators as usize;
            topic += place.topics as usize;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_sorted_by_ids_of_the_whole_range() {
        let ids = [5, -1, i64::MAX, 0, i64::MIN, 1 << 40, -(1 << 50), 7];
        let place = |&user_id: &i64| Place {
            user_id,
            ..Place::default()
        };
        for count in 0..=ids.len() {
            let mut order: Vec<Place> = ids[..count].iter().map(place).collect();
            sort_by_id(&mut order);
            assert!(order.is_sorted_by_key(|place| place.user_id));
        }
    }
}
