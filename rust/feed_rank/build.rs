//! From the columns of posts to the index.

use std::cmp::Reverse;

use super::blocks::BLOCK;
use super::codes::{Codes, distinct};
use super::index::{Face, FeedIndex, Record, TOPICS};
use super::lists::Lists;
use super::posts::Posts;
use super::settings::Settings;
use crate::matching::error::{Error, Result};

const MICROSECONDS_PER_HOUR: f64 = 3_600_000_000.0;

impl FeedIndex {
    /// Prepare the posts that are not too old at `as_of`, microseconds since 1970.
    pub fn build(posts: &Posts<'_>, as_of: i64, settings: &Settings) -> Result<Self> {
        settings.check()?;
        posts.check()?;
        let rows = by_base(posts, as_of, settings);
        let of_rows = |column: &[i64]| distinct(rows.iter().map(|&(row, _)| column[row as usize]));
        let (ids, authors) = (of_rows(posts.ids), of_rows(posts.author_ids));
        let topics_of = |row: u32| posts.topics.row(row as usize).iter().map(|&t| t.into());
        let topics = distinct(rows.iter().flat_map(|&(row, _)| topics_of(row)));
        let author_codes = by_diligence(
            &authors,
            rows.iter().map(|&(row, _)| posts.author_ids[row as usize]),
        );
        let topic_codes = Codes::of(&topics, 0..);
        let faces: Vec<Face> = rows
            .iter()
            .map(|&(row, _)| Face {
                id: posts.ids[row as usize],
                row,
                author: author_codes.find(posts.author_ids[row as usize]),
            })
            .collect();
        let codes_of = |row| topics_of(row).map(|topic: i64| topic_codes.find(topic));
        let mut more_topics = Vec::new();
        let records: Vec<Record> = (0_u32..)
            .zip(&rows)
            .map(|(place, &(row, base))| Record {
                topics: first_topics(codes_of(row), topics.len(), &mut more_topics),
                base,
                place,
            })
            .collect();
        if topics.len() + more_topics.len() >= u32::MAX as usize {
            let rule = "must be fewer: posts have too many topics";
            return Err(Error::argument(
                "len(topics)",
                posts.topics.values.len(),
                rule,
            ));
        }

        let mut by_id: Vec<u32> = (0..rows.len() as u32).collect();
        by_id.sort_unstable_by_key(|&place| faces[place as usize].id);
        let mut by_age = by_id.clone();
        let created = |place: u32| posts.created_at[rows[place as usize].0 as usize];
        by_age.sort_by_key(|&place| Reverse(created(place)));
        let author = |place: u32| faces[place as usize].author;
        let ages_of = Lists::of(authors.len(), || {
            let ages = by_age.iter().zip(0..);
            ages.map(|(&place, age)| (author(place), age))
        });
        let posts_of = Lists::of(authors.len(), || {
            faces.iter().map(|face| face.author).zip(0..)
        });
        Ok(Self {
            settings: *settings,
            bases: in_blocks(&rows),
            by_author: ages_of
                .places
                .iter()
                .map(|&age| records[by_age[age as usize] as usize])
                .collect(),
            posts_on: Lists::of(topics.len(), || {
                let all = (0_u32..).zip(&rows);
                all.flat_map(|(place, &(row, _))| codes_of(row).map(move |topic| (topic, place)))
            }),
            id_ranks: inverse(&by_id),
            age_ranks: inverse(&by_age),
            post_codes: Codes::of(&ids, by_id.iter().copied()),
            ages_of,
            posts_of,
            records,
            faces,
            more_topics,
            author_codes,
            topic_codes,
            topic_count: topics.len(),
        })
    }
}

/// The rows of posts that are not too old, each with what it is worth to everybody: the best first, ties by id.
fn by_base(posts: &Posts<'_>, as_of: i64, settings: &Settings) -> Vec<(u32, f32)> {
    let earliest = as_of.saturating_sub(settings.window());
    let mut rows: Vec<(u32, f32)> = (0..posts.len())
        .filter(|&row| posts.created_at[row] >= earliest)
        .map(|row| (row as u32, base(posts, row, as_of, settings)))
        .collect();
    let id = |row: u32| posts.ids[row as usize];
    rows.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then_with(|| id(a.0).cmp(&id(b.0))));
    rows
}

/// Codes of authors, given that of each post: those with the most posts come first.
fn by_diligence(authors: &[i64], of_posts: impl Iterator<Item = i64>) -> Codes {
    let places = Codes::of(authors, 0..);
    let mut posts = vec![0_u32; authors.len()];
    of_posts.for_each(|author| posts[places.find(author) as usize] += 1);
    let mut order: Vec<u32> = (0..authors.len() as u32).collect();
    order.sort_by_key(|&author| Reverse(posts[author as usize]));
    Codes::of(authors, inverse(&order).into_iter())
}

/// What a post is worth to everybody: computed in float64, rounded once.
fn base(posts: &Posts<'_>, row: usize, as_of: i64, settings: &Settings) -> f32 {
    let hours = as_of.saturating_sub(posts.created_at[row]).max(0) as f64 / MICROSECONDS_PER_HOUR;
    let base = settings.trending_weight * f64::from(posts.trending[row])
        + settings.quality_weight * f64::from(posts.quality[row])
        + settings.freshness_weight / libm::log2(2.0 + hours);
    // A sum of nothing but -0 becomes 0, so that equal values have equal bits.
    base as f32 + 0.0
}

/// The topics that a record has room for; those that it has none for go to `more`.
fn first_topics(
    mut codes: impl Iterator<Item = u32>,
    topic_count: usize,
    more: &mut Vec<u32>,
) -> [u32; TOPICS] {
    let none = topic_count as u32;
    let mut first = [none; TOPICS];
    for (to, code) in first.iter_mut().zip(codes.by_ref()) {
        *to = code;
    }
    if let Some(code) = codes.next() {
        let last = std::mem::replace(&mut first[TOPICS - 1], none + 1 + more.len() as u32);
        more.extend([last, code].into_iter().chain(codes).chain([none]));
    }
    first
}

fn in_blocks(rows: &[(u32, f32)]) -> Vec<[f32; BLOCK]> {
    rows.chunks(BLOCK)
        .map(|some| {
            let mut block = [0.0; BLOCK];
            for (to, &(_, base)) in block.iter_mut().zip(some) {
                *to = base;
            }
            block
        })
        .collect()
}

/// Where each place stands in `order`.
fn inverse(order: &[u32]) -> Vec<u32> {
    let mut ranks = vec![0; order.len()];
    for (&place, rank) in order.iter().zip(0..) {
        ranks[place as usize] = rank;
    }
    ranks
}
