//! Posts in the order of what they are worth to everybody, and the ways from authors and topics to them.

use super::blocks::{BLOCK, Block};
use super::codes::{Codes, distinct};
use super::posts::Posts;
use super::settings::Settings;
use crate::matching::error::Result;

const MICROSECONDS_PER_HOUR: f64 = 3_600_000_000.0;
/// Topics of a post that stand in its record; few posts have more.
pub(super) const TOPICS: usize = 8;
/// A topic is common, and has a set of bits, if at least one of so many posts is on it.
const COMMON: usize = 64;
/// The author's code of no author, and the place of no topics.
pub(super) const NOTHING: u32 = u32::MAX;

/// All that scoring reads of a post, in one cache line.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Record {
    pub topics: [u32; TOPICS],
    /// where further topics stand in `more_topics`; `NOTHING` if there are none
    pub more_topics: u32,
    /// what it is worth to everybody
    pub base: f32,
    /// its place among all ids, ascending
    pub id_rank: u32,
    pub author: u32,
    pub place: u32,
    pub row: u32,
    pub id: i64,
}

/// Lists of places, one a code.
#[derive(Debug, Clone, Default)]
pub(super) struct Lists {
    offsets: Vec<u32>,
    places: Vec<u32>,
}

/// Posts prepared for ranking. A post is named by its place in descending order of base, ties by id.
#[derive(Debug, Clone)]
pub struct FeedIndex {
    pub(super) settings: Settings,
    pub(super) records: Vec<Record>,
    /// further topics of some posts, each row closed by `topic_count`
    pub(super) more_topics: Vec<u32>,
    pub(super) post_codes: Codes,
    pub(super) author_codes: Codes,
    pub(super) topic_codes: Codes,
    pub(super) topic_count: usize,
    /// author -> ranks by age of all posts, the newest post first
    pub(super) ages_of: Lists,
    /// the records once more, in the order of `ages_of`: those of one author side by side
    pub(super) by_author: Vec<Record>,
    /// author -> places, ascending
    pub(super) posts_of: Lists,
    /// topic that is not common -> places, ascending; empty for common ones
    pub(super) posts_on: Lists,
    /// topic -> its place among the common ones, or `NOTHING`
    pub(super) common: Vec<u32>,
    pub(super) common_count: usize,
    /// block of places by block, within it the sets of all common topics
    pub(super) common_sets: Vec<Block>,
}

impl Lists {
    /// Gather entries (code, place), already in the order that they shall have within a code.
    fn of<I: Iterator<Item = (u32, u32)>>(codes: usize, entries: impl Fn() -> I) -> Self {
        let mut offsets = vec![0; codes + 2];
        for (code, _) in entries() {
            offsets[code as usize + 2] += 1;
        }
        for at in 2..offsets.len() {
            offsets[at] += offsets[at - 1];
        }
        let mut places = vec![0; offsets[codes + 1] as usize];
        for (code, place) in entries() {
            let next = &mut offsets[code as usize + 1];
            places[*next as usize] = place;
            *next += 1;
        }
        offsets.pop();
        Self { offsets, places }
    }

    /// The places of one code.
    #[inline]
    pub fn row(&self, code: u32) -> &[u32] {
        &self.places[self.range(code)]
    }

    /// Where the places of one code stand.
    #[inline]
    pub fn range(&self, code: u32) -> std::ops::Range<usize> {
        let code = code as usize;
        self.offsets[code] as usize..self.offsets[code + 1] as usize
    }

    /// The number of codes.
    fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    fn nbytes(&self) -> usize {
        size_of_val(self.offsets.as_slice()) + size_of_val(self.places.as_slice())
    }
}

impl FeedIndex {
    /// Prepare the posts that are not too old at `as_of`, microseconds since 1970.
    pub fn build(posts: &Posts<'_>, as_of: i64, settings: &Settings) -> Result<Self> {
        settings.check()?;
        posts.check()?;
        let earliest = as_of.saturating_sub(settings.window());
        let mut rows: Vec<(u32, f32)> = (0..posts.len())
            .filter(|&row| posts.created_at[row] >= earliest)
            .map(|row| (row as u32, base(posts, row, as_of, settings)))
            .collect();
        let id = |row: u32| posts.ids[row as usize];
        rows.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then_with(|| id(a.0).cmp(&id(b.0))));

        let all = || rows.iter().map(|&(row, _)| row as usize);
        let ids = distinct(all().map(|row| posts.ids[row]));
        let authors = distinct(all().map(|row| posts.author_ids[row]));
        let topics =
            distinct(all().flat_map(|row| posts.topics.row(row).iter().map(|&t| t.into())));
        let author_codes = Codes::of(&authors, 0..);
        let topic_codes = Codes::of(&topics, 0..);

        let mut by_id: Vec<u32> = (0..rows.len() as u32).collect();
        by_id.sort_unstable_by_key(|&place| id(rows[place as usize].0));
        let mut by_age = by_id.clone();
        let created = |place: u32| posts.created_at[rows[place as usize].0 as usize];
        by_age.sort_by_key(|&place| std::cmp::Reverse(created(place)));
        let id_ranks = inverse(&by_id);

        let mut more_topics = Vec::new();
        let records: Vec<Record> = rows
            .iter()
            .enumerate()
            .map(|(place, &(row, base))| {
                let own = posts.topics.row(row as usize);
                let mut codes = own.iter().map(|&topic| topic_codes.find(topic.into()));
                let mut first = [topics.len() as u32; TOPICS];
                first
                    .iter_mut()
                    .zip(codes.by_ref())
                    .for_each(|(to, code)| *to = code);
                let more = if own.len() > TOPICS {
                    more_topics.len() as u32
                } else {
                    NOTHING
                };
                if more != NOTHING {
                    more_topics.extend(codes.chain([topics.len() as u32]));
                }
                Record {
                    topics: first,
                    more_topics: more,
                    base,
                    id_rank: id_ranks[place],
                    author: author_codes.find(posts.author_ids[row as usize]),
                    place: place as u32,
                    row,
                    id: id(row),
                }
            })
            .collect();
        let ages_of = Lists::of(authors.len(), || {
            let author = |place: u32| records[place as usize].author;
            by_age
                .iter()
                .zip(0..)
                .map(move |(&place, age)| (author(place), age))
        });
        let mut index = Self {
            settings: *settings,
            by_author: ages_of
                .places
                .iter()
                .map(|&age| records[by_age[age as usize] as usize])
                .collect(),
            ages_of,
            posts_of: Lists::of(authors.len(), || {
                (0..)
                    .zip(&records)
                    .map(|(place, record)| (record.author, place))
            }),
            records,
            more_topics,
            post_codes: Codes::of(&ids, by_id.iter().copied()),
            author_codes,
            topic_codes,
            topic_count: topics.len(),
            posts_on: Lists::default(),
            common: Vec::new(),
            common_count: 0,
            common_sets: Vec::new(),
        };
        index.gather_topics();
        Ok(index)
    }

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
        let columns = [&self.more_topics, &self.common];
        size_of_val(self.records.as_slice())
            + size_of_val(self.by_author.as_slice())
            + size_of_val(self.common_sets.as_slice())
            + lists.iter().map(|lists| lists.nbytes()).sum::<usize>()
            + codes.iter().map(|codes| codes.nbytes()).sum::<usize>()
            + columns
                .iter()
                .map(|column| size_of_val(column.as_slice()))
                .sum::<usize>()
    }

    /// No score is higher.
    pub(super) fn highest_score(&self) -> f32 {
        let s = &self.settings;
        let affinity = s.creator_weight + s.topic_weight;
        (affinity + s.trending_weight + s.quality_weight + s.freshness_weight) as f32
    }

    /// The number of authors of posts that may be shown.
    pub(super) fn author_count(&self) -> usize {
        self.posts_of.len()
    }

    /// The number of blocks of places.
    pub(super) fn blocks(&self) -> usize {
        self.len().div_ceil(BLOCK)
    }

    /// The topics of a post, and after them maybe `topic_count`, which is none.
    pub(super) fn topics(&self, record: &Record) -> impl Iterator<Item = u32> {
        let from = record.more_topics as usize;
        let more = self.more_topics.get(from..).unwrap_or_default();
        let none = self.topic_count as u32;
        let more = more.iter().take_while(move |&&topic| topic != none);
        record.topics.into_iter().chain(more.copied())
    }

    /// Sort topics into common ones, which get sets, and others, which get lists.
    fn gather_topics(&mut self) {
        let none = self.topic_count as u32;
        let entries = || {
            let all = (0_u32..).zip(&self.records);
            all.flat_map(|(place, record)| self.topics(record).map(move |topic| (topic, place)))
                .filter(move |&(topic, _)| topic != none)
        };
        let mut posts = vec![0_usize; self.topic_count];
        entries().for_each(|(topic, _)| posts[topic as usize] += 1);
        let mut count = 0;
        let common: Vec<u32> = posts
            .iter()
            .map(|&posts| {
                let is_common = posts * COMMON >= self.len();
                count += u32::from(is_common);
                if is_common { count - 1 } else { NOTHING }
            })
            .collect();
        let width = count as usize;
        let mut sets = vec![Block::default(); width * self.blocks()];
        for (topic, place) in entries() {
            let (at, place) = (common[topic as usize] as usize, place as usize);
            if at < width {
                sets[place / BLOCK * width + at].insert(place);
            }
        }
        let rare = || entries().filter(|&(topic, _)| common[topic as usize] == NOTHING);
        self.posts_on = Lists::of(self.topic_count, rare);
        (self.common, self.common_count, self.common_sets) = (common, width, sets);
    }
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

/// Where each place stands in `order`.
fn inverse(order: &[u32]) -> Vec<u32> {
    let mut ranks = vec![0; order.len()];
    for (&place, rank) in order.iter().zip(0..) {
        ranks[place as usize] = rank;
    }
    ranks
}
