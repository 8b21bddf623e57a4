//! The posts, by author and id: who wrote each, of which type, on which topics.

use std::ops::Range;

use super::ahead::ask;
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
pub const OWN_TOPICS: usize = 3;
/// The lower bits of a number hold the code of a topic, the higher ones something else.
const CODE_BITS: u32 = 24;

/// What is looked up of a post, in a quarter of a line of cache: with its topics, unless they are many.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C, align(16))]
pub struct Post {
    /// Rank among the authors.
    pub author: u32,
    /// the topics, above the first the content type, above the second the number of topics; of more topics than there
    /// is room for, the last number is their place among the rest
    words: [u32; OWN_TOPICS],
}

impl Post {
    /// Take a row of the columns; `rest` takes the topics for which there is no room.
    fn of(columns: &Columns<'_>, row: usize, author: u32, rest: &mut Vec<u32>) -> Self {
        let own = columns.topics.row(row);
        let mut words = [0; OWN_TOPICS];
        if own.len() <= OWN_TOPICS {
            for (word, &topic) in words.iter_mut().zip(own) {
                *word = topic;
            }
        } else {
            words[OWN_TOPICS - 1] = rest.len() as u32;
            rest.extend_from_slice(own);
        }
        words[0] |= u32::from(columns.content_types[row]) << CODE_BITS;
        words[1] |= (own.len() as u32) << CODE_BITS;
        Self { author, words }
    }

    /// Code of the content type.
    #[inline(always)]
    #[must_use]
    pub fn content_type(&self) -> usize {
        (self.words[0] >> CODE_BITS) as usize
    }
}

/// All posts; an author is named by the rank of the id, a post by its rank among all in the order of author and id.
#[derive(Debug, Clone)]
pub struct Posts {
    ranks: Ranks,
    rows: Vec<Post>,
    authors: Ranks,
    author_ids: Vec<i64>,
    /// where the posts of each author begin, and at last where those of the last end
    author_starts: Vec<u32>,
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
        let (authors, author_ids) = Ranks::by_size(columns.author_ids);
        let own: Vec<u32> = { columns.author_ids.iter() }
            .map(|&id| authors.find(id))
            .collect();
        // By author by counting; of each author by id, since they come so.
        let mut author_starts = vec![0_u32; author_ids.len() + 1];
        for &author in &own {
            author_starts[author as usize + 1] += 1;
        }
        (1..author_starts.len()).for_each(|a| author_starts[a] += author_starts[a - 1]);
        let mut next = author_starts.clone();
        let mut ids = vec![0; order.len()];
        let mut rows = vec![Post::default(); order.len()];
        let mut topics = Vec::new();
        for &row in &order {
            let row = row as usize;
            let rank = &mut next[own[row] as usize];
            ids[*rank as usize] = columns.ids[row];
            rows[*rank as usize] = Post::of(columns, row, own[row], &mut topics);
            *rank += 1;
        }
        let Some(ranks) = Ranks::of(&ids) else {
            return Err(columns.repeated(&order));
        };
        let count = |largest: Option<u32>| largest.map_or(0, |code| code as usize + 1);
        Ok(Self {
            ranks,
            rows,
            authors,
            author_ids,
            author_starts,
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

    /// Ask for a post, which is needed soon.
    #[inline(always)]
    pub fn ask(&self, rank: u32) {
        ask(&self.rows[rank as usize]);
    }

    /// The topics of a post, brought into some room.
    #[inline(always)]
    #[must_use]
    pub fn topics<'a>(&'a self, post: &Post, room: &'a mut [u32; OWN_TOPICS]) -> &'a [u32] {
        let count = (post.words[1] >> CODE_BITS) as usize;
        if count > OWN_TOPICS {
            return &self.topics[post.words[OWN_TOPICS - 1] as usize..][..count];
        }
        *room = post.words.map(|word| word % (1 << CODE_BITS));
        &room[..count]
    }

    /// The rank of an author; `table::NONE` for who wrote none of the posts.
    #[inline]
    #[must_use]
    pub fn author(&self, id: i64) -> u32 {
        self.authors.find(id)
    }

    /// The posts of an author, by rank.
    #[inline]
    #[must_use]
    pub fn by(&self, author: u32) -> Range<u32> {
        self.author_starts[author as usize]..self.author_starts[author as usize + 1]
    }

    /// The number of posts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All authors, ascending.
    #[must_use]
    pub fn author_ids(&self) -> &[i64] {
        &self.author_ids
    }
}

impl Columns<'_> {
    /// The error that names the second of two rows with one id, which there are; `order` is that of the ids.
    fn repeated(&self, order: &[u32]) -> Error {
        let ids: Vec<i64> = order.iter().map(|&row| self.ids[row as usize]).collect();
        let twice = ids.windows(2).position(|pair| pair[0] == pair[1]);
        let at = twice.map_or(0, |at| at + 1);
        Error::element("ids", order[at] as usize, ids[at], "must be unique")
    }

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
