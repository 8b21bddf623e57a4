//! Posts in the order of what they are worth to everybody, and the ways from authors and topics to them.

use super::blocks::BLOCK;
use super::codes::Codes;
use super::lists::Lists;
use super::settings::Settings;

/// Topics of a post that its record has room for; few posts have more.
pub(super) const TOPICS: usize = 6;

/// All that scoring reads of a post, two to a cache line.
#[derive(Debug, Clone, Copy)]
#[repr(align(32))]
pub(super) struct Record {
    /// `topic_count` where there are no more. What is above it, in the last place only, says where in `more_topics`
    /// the others begin: less `topic_count` + 1.
    pub topics: [u32; TOPICS],
    /// what it is worth to everybody
    pub base: f32,
    pub place: u32,
}

/// What a list tells of a post, and what keeps it apart from others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Face {
    pub id: i64,
    pub row: u32,
    pub author: u32,
}

/// Posts prepared for ranking. A post is named by its place in descending order of base, ties by id.
#[derive(Debug, Clone)]
pub struct FeedIndex {
    pub(super) settings: Settings,
    /// block of places by block, what each is worth to everybody; 0 in what is left of the last block
    pub(super) bases: Vec<[f32; BLOCK]>,
    pub(super) records: Vec<Record>,
    pub(super) faces: Vec<Face>,
    /// place -> place among all ids, ascending
    pub(super) id_ranks: Vec<u32>,
    /// place -> place among all ages, the newest post first
    pub(super) age_ranks: Vec<u32>,
    /// further topics of some posts, each row closed by `topic_count`
    pub(super) more_topics: Vec<u32>,
    pub(super) post_codes: Codes,
    /// authors, those with the most posts first
    pub(super) author_codes: Codes,
    pub(super) topic_codes: Codes,
    pub(super) topic_count: usize,
    /// author -> ranks by age of all posts, the newest post first
    pub(super) ages_of: Lists,
    /// the records once more, in the order of `ages_of`: those of one author side by side
    pub(super) by_author: Vec<Record>,
    /// author -> places, ascending
    pub(super) posts_of: Lists,
    /// topic -> places, ascending
    pub(super) posts_on: Lists,
}

impl FeedIndex {
    /// The number of posts that may be shown.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The memory held, in bytes.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        let lists = [&self.ages_of, &self.posts_of, &self.posts_on];
        let codes = [&self.post_codes, &self.author_codes, &self.topic_codes];
        let columns = [&self.id_ranks, &self.age_ranks, &self.more_topics];
        size_of_val(self.bases.as_slice())
            + size_of_val(self.records.as_slice())
            + size_of_val(self.faces.as_slice())
            + size_of_val(self.by_author.as_slice())
            + lists.iter().map(|lists| lists.nbytes()).sum::<usize>()
            + codes.iter().map(|codes| codes.nbytes()).sum::<usize>()
            + columns
                .iter()
                .map(|column| size_of_val(column.as_slice()))
                .sum::<usize>()
    }

    /// The number of authors of posts that may be shown.
    pub(super) fn author_count(&self) -> usize {
        self.posts_of.len()
    }

    /// How many authors have more than so many posts: those with a code below that.
    #[inline(always)]
    pub(super) fn authors_above(&self, posts: usize) -> u32 {
        let has_more = |author: u32| self.posts_of.row(author).len() > posts;
        let (mut low, mut high) = (0, self.author_count() as u32);
        while low < high {
            // Few have many posts: the first ones are the likeliest end.
            let middle = low + (high - low) / 8;
            if has_more(middle) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The number of blocks of places.
    pub(super) fn blocks(&self) -> usize {
        self.bases.len()
    }

    /// What the post of a place is worth to everybody.
    #[inline(always)]
    pub(super) fn base(&self, place: usize) -> f32 {
        self.bases[place / BLOCK][place % BLOCK]
    }

    /// The topics of a post that its record has no room for.
    pub(super) fn further_topics(&self, record: &Record) -> &[u32] {
        let none = self.topic_count;
        let Some(from) = (record.topics[TOPICS - 1] as usize).checked_sub(none + 1) else {
            return &[];
        };
        let row = &self.more_topics[from..];
        let end = row.iter().position(|&topic| topic as usize == none);
        &row[..end.unwrap_or(row.len())]
    }
}
