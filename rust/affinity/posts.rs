//! The posts, by ascending id: who wrote each, of which type, on which topics.

use super::ids::Ranks;
use crate::matching::error::{Error, Result};
use crate::matching::population::Sparse;

/// Codes of content types are below this.
pub const MAX_CONTENT_TYPES: usize = 32;
const MAX_TOPICS: usize = 64;
/// Codes of topics are ranks, so they are no more than there are topics.
const MAX_TOPIC_CODES: u32 = 1 << 24;

/// Columns of posts; the fields are those of `Posts` in Python.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)] // python/feedscore/posts.py explains each
pub struct Columns<'a> {
    pub ids: &'a [i64],
    pub author_ids: &'a [i64],
    /// microseconds; the least number is no time
    pub created_at: &'a [i64],
    pub content_types: &'a [u8],
    pub topics: Sparse<'a, u32>,
}

/// Topics that stand in the record of a post.
const OWN_TOPICS: usize = 6;

/// What is looked up of a post, in half a line of cache: with its topics, unless they are many.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C, align(32))]
pub struct Post {
    /// rank among the authors
    pub author: u32,
    topic_count: u8,
    /// code
    pub content_type: u8,
    /// the topics; of more than there is room for, the first number is their place among the rest
    topics: [u32; OWN_TOPICS],
}

/// All posts; a post is named by the rank of its id, an author likewise.
#[derive(Debug, Clone)]
pub struct Posts {
    ranks: Ranks,
    rows: Vec<Post>,
    authors: Ranks,
    author_ids: Vec<i64>,
    /// of posts that have many
    topics: Vec<u32>,
    /// One more than the largest code, or 0.
    pub topic_count: usize,
    /// One more than the largest code, or 0.
    pub content_type_count: usize,
}

impl Posts {
    /// Check the columns and take from them what is needed.
    pub fn new(columns: &Columns<'_>) -> Result<Self> {
        columns.check()?;
        let mut order: Vec<u32> = (0..columns.ids.len() as u32).collect();
        if !columns.ids.is_sorted() {
            order.sort_unstable_by_key(|&row| (columns.ids[row as usize], row));
        }
        let ids: Vec<i64> = order.iter().map(|&row| columns.ids[row as usize]).collect();
        if let Some(at) = ids.windows(2).position(|pair| pair[0] == pair[1]) {
            let row = order[at + 1] as usize;
            return Err(Error::element("ids", row, ids[at], "must be unique"));
        }
        let mut author_ids = columns.author_ids.to_vec();
        author_ids.sort_unstable();
        author_ids.dedup();
        let authors = Ranks::of(&author_ids);
        let mut topics = Vec::new();
        let rows = order
            .iter()
            .map(|&row| {
                let row = row as usize;
                let own = columns.topics.row(row);
                let mut post = Post {
                    author: authors.find(columns.author_ids[row]),
                    topic_count: own.len() as u8,
                    content_type: columns.content_types[row],
                    topics: [0; OWN_TOPICS],
                };
                if own.len() <= OWN_TOPICS {
                    post.topics[..own.len()].copy_from_slice(own);
                } else {
                    post.topics[0] = topics.len() as u32;
                    topics.extend_from_slice(own);
                }
                post
            })
            .collect();
        let count = |largest: Option<u32>| largest.map_or(0, |code| code as usize + 1);
        Ok(Self {
            ranks: Ranks::of(&ids),
            rows,
            authors,
            author_ids,
            topics,
            topic_count: count(columns.topics.values.iter().copied().max()),
            content_type_count: count(columns.content_types.iter().copied().max().map(u32::from)),
        })
    }

    /// The rank of a post; `table::NONE` if it is not known.
    #[inline]
    #[must_use]
    pub fn find(&self, id: i64) -> u32 {
        self.ranks.find(id)
    }

    /// A post by its rank.
    #[inline]
    #[must_use]
    pub fn post(&self, rank: u32) -> Post {
        self.rows[rank as usize]
    }

    /// The topics of a post.
    #[inline]
    #[must_use]
    pub fn topics<'a>(&'a self, post: &'a Post) -> &'a [u32] {
        let count = post.topic_count as usize;
        if count <= OWN_TOPICS {
            return &post.topics[..count];
        }
        let first = post.topics[0] as usize;
        &self.topics[first..first + count]
    }

    /// The rank of an author; `table::NONE` for who wrote none of the posts.
    #[inline]
    #[must_use]
    pub fn author(&self, id: i64) -> u32 {
        self.authors.find(id)
    }

    /// All authors, ascending.
    #[must_use]
    pub fn author_ids(&self) -> &[i64] {
        &self.author_ids
    }
}

impl Columns<'_> {
    fn check(&self) -> Result<()> {
        let n = self.ids.len();
        if n >= u32::MAX as usize || self.topics.values.len() >= u32::MAX as usize {
            let rule = "at most 4294967294 posts, and as many topics of posts";
            return Err(Error::argument("len(ids)", n, rule));
        }
        for (name, length) in [
            ("author_ids", self.author_ids.len()),
            ("created_at", self.created_at.len()),
            ("content_types", self.content_types.len()),
            ("topic_offsets", self.topics.offsets.len().wrapping_sub(1)),
        ] {
            if length != n {
                let (length, wanted) = if name == "topic_offsets" {
                    (length.wrapping_add(1), n + 1)
                } else {
                    (length, n)
                };
                let rule = format!("must be {wanted} for {n} posts");
                return Err(Error::argument(&format!("len({name})"), length, &rule));
            }
        }
        if let Some(at) = self.created_at.iter().position(|&time| time == i64::MIN) {
            return Err(Error::element("created_at", at, "NaT", "must be a time"));
        }
        let types = self.content_types.iter();
        if let Some(at) = { types }.position(|&code| code as usize >= MAX_CONTENT_TYPES) {
            let code = self.content_types[at];
            return Err(Error::element(
                "content_types",
                at,
                code,
                "must be below 32",
            ));
        }
        self.check_topics()
    }

    fn check_topics(&self) -> Result<()> {
        let (offsets, values) = (self.topics.offsets, self.topics.values);
        if offsets[0] != 0 {
            return Err(Error::element("topic_offsets", 0, offsets[0], "must be 0"));
        }
        if let Some(at) = offsets.windows(2).position(|pair| pair[1] < pair[0]) {
            let rule = "must not descend";
            return Err(Error::element(
                "topic_offsets",
                at + 1,
                offsets[at + 1],
                rule,
            ));
        }
        let (last, length) = (offsets.len() - 1, values.len());
        if offsets[last] != length as i64 {
            let rule = format!("must be {length}, the number of topics");
            return Err(Error::element("topic_offsets", last, offsets[last], &rule));
        }
        if let Some(at) = values.iter().position(|&code| code >= MAX_TOPIC_CODES) {
            return Err(Error::element(
                "topics",
                at,
                values[at],
                "must be below 16777216",
            ));
        }
        for (row, &start) in offsets[..last].iter().enumerate() {
            let own = self.topics.row(row);
            if own.len() > MAX_TOPICS {
                let rule = format!("row {row}: at most 64 a post");
                return Err(Error::argument("number of topics", own.len(), &rule));
            }
            for (at, code) in own.iter().enumerate() {
                if own[..at].contains(code) {
                    let rule = format!("must stand once in row {row}");
                    let place = start as usize + at;
                    return Err(Error::element("topics", place, code, &rule));
                }
            }
        }
        Ok(())
    }
}
