//! What one user may not see, has seen and likes, marked on the posts.

use super::blocks::{BLOCK, Block};
use super::codes::NONE;
use super::index::{FeedIndex, NOTHING, Record, TOPICS};
use super::users::Users;

/// The weight of a creator or topic that the user has none of; real ones are 0 or more.
const UNKNOWN: f32 = -1.0;

/// Places in the order in which the walk meets them.
#[derive(Debug)]
struct Stream<'a> {
    left: &'a [u32],
}

/// The marks of one user at a time; the memory is kept from one to the next.
#[derive(Debug)]
pub struct Viewer<'a> {
    pub index: &'a FeedIndex,
    /// posts that are excluded one by one
    excluded: Marks,
    seen: Marks,
    /// candidates that creators brought
    pub picked: Marks,
    /// author -> weight
    creator_weight: Vec<f32>,
    pub creators: Vec<u32>,
    author_excluded: Vec<bool>,
    excluded_authors: Vec<u32>,
    /// topic -> weight; the last place is no topic
    topic_weight: Vec<f32>,
    topics: Vec<u32>,
    common_topics: Vec<u32>,
    rare_topics: Vec<Stream<'a>>,
    closed_posts: Vec<Stream<'a>>,
    creators_posts: Vec<Stream<'a>>,
    /// posts that cannot be shown, or one too many
    pub hidden_at_most: usize,
    pub largest_creator_weight: f32,
    pub largest_topic_weight: f32,
}

/// A set of places that is emptied without touching all of it.
#[derive(Debug)]
pub struct Marks {
    blocks: Vec<Block>,
    touched: Vec<u32>,
}

impl Marks {
    fn new(blocks: usize) -> Self {
        Self {
            blocks: vec![Block::default(); blocks],
            touched: Vec::new(),
        }
    }

    /// Put a place in.
    #[inline]
    pub fn insert(&mut self, place: u32) {
        self.blocks[place as usize / BLOCK].insert(place as usize);
        self.touched.push(place);
    }

    /// Whether a place is in.
    #[inline]
    pub fn contains(&self, place: u32) -> bool {
        self.blocks[place as usize / BLOCK].contains(place as usize)
    }

    /// Places put in since it was empty; those put in twice count twice.
    pub fn touched(&self) -> &[u32] {
        &self.touched
    }

    /// Take everything out.
    pub fn clear(&mut self) {
        for &place in &self.touched {
            self.blocks[place as usize / BLOCK].remove_word(place as usize);
        }
        self.touched.clear();
    }
}

impl Stream<'_> {
    /// Put the places of a block in, and leave the later ones.
    #[inline]
    fn pour(&mut self, block: usize, into: &mut Block) {
        while let Some((&place, rest)) = self.left.split_first() {
            if place as usize / BLOCK > block {
                break;
            }
            into.insert(place as usize);
            self.left = rest;
        }
    }
}

impl<'a> Viewer<'a> {
    /// Prepare for any user.
    pub fn new(index: &'a FeedIndex) -> Self {
        let authors = index.author_count();
        Self {
            index,
            excluded: Marks::new(index.blocks()),
            seen: Marks::new(index.blocks()),
            picked: Marks::new(index.blocks()),
            creator_weight: vec![UNKNOWN; authors],
            creators: Vec::new(),
            author_excluded: vec![false; authors],
            excluded_authors: Vec::new(),
            topic_weight: vec![UNKNOWN; index.topic_count + 1],
            topics: Vec::new(),
            common_topics: Vec::new(),
            rare_topics: Vec::new(),
            closed_posts: Vec::new(),
            creators_posts: Vec::new(),
            hidden_at_most: 0,
            largest_creator_weight: 0.0,
            largest_topic_weight: 0.0,
        }
    }

    /// Turn to another user.
    pub fn seat(&mut self, users: &Users<'_>, user: usize) {
        self.leave();
        self.exclude_author(users.user_ids[user]);
        for &author in users.excluded_authors.row(user) {
            self.exclude_author(author);
        }
        for &post in users.excluded_posts.row(user) {
            mark(self.index, &mut self.excluded, post);
        }
        for &post in users.seen_posts.row(user) {
            mark(self.index, &mut self.seen, post);
        }
        self.hidden_at_most += self.excluded.touched().len();
        for (creator, weight) in users.creators(user) {
            let code = self.index.author_codes.find(creator);
            if code == NONE || self.author_excluded[code as usize] {
                continue;
            }
            let known = &mut self.creator_weight[code as usize];
            if *known < 0.0 {
                self.creators.push(code);
                let left = self.index.posts_of.row(code);
                self.creators_posts.push(Stream { left });
            }
            *known = known.max(weight);
            self.largest_creator_weight = self.largest_creator_weight.max(weight);
        }
        for (topic, weight) in users.topics(user) {
            self.like_topic(topic, weight);
        }
    }

    /// Forget the last user.
    fn leave(&mut self) {
        self.excluded.clear();
        self.seen.clear();
        self.picked.clear();
        for creator in self.creators.drain(..) {
            self.creator_weight[creator as usize] = UNKNOWN;
        }
        for author in self.excluded_authors.drain(..) {
            self.author_excluded[author as usize] = false;
        }
        for topic in self.topics.drain(..) {
            self.topic_weight[topic as usize] = UNKNOWN;
        }
        self.common_topics.clear();
        self.rare_topics.clear();
        self.closed_posts.clear();
        self.creators_posts.clear();
        (
            self.hidden_at_most,
            self.largest_creator_weight,
            self.largest_topic_weight,
        ) = (0, 0.0, 0.0);
    }

    fn exclude_author(&mut self, author: i64) {
        let code = self.index.author_codes.find(author);
        if code == NONE || self.author_excluded[code as usize] {
            return;
        }
        self.author_excluded[code as usize] = true;
        self.excluded_authors.push(code);
        let left = self.index.posts_of.row(code);
        self.hidden_at_most += left.len();
        self.closed_posts.push(Stream { left });
    }

    fn like_topic(&mut self, topic: u32, weight: f32) {
        let code = self.index.topic_codes.find(topic.into());
        if code == NONE {
            return;
        }
        let known = &mut self.topic_weight[code as usize];
        if *known < 0.0 {
            self.topics.push(code);
            match self.index.common[code as usize] {
                NOTHING => self.rare_topics.push(Stream {
                    left: self.index.posts_on.row(code),
                }),
                place => self.common_topics.push(place),
            }
        }
        *known = known.max(weight);
        self.largest_topic_weight = self.largest_topic_weight.max(weight);
    }

    /// Whether the user likes any topic that there are posts on.
    pub fn has_topics(&self) -> bool {
        !self.topics.is_empty()
    }

    /// Whether the user has seen a post.
    #[inline]
    pub fn has_seen(&self, place: u32) -> bool {
        self.seen.contains(place)
    }

    /// Whether a post by an author who is not excluded is excluded itself.
    #[inline]
    pub fn is_excluded(&self, place: u32) -> bool {
        self.excluded.contains(place)
    }

    /// Whether any post by a creator of the user is excluded.
    pub fn misses_creators(&self) -> bool {
        let author = |place: u32| self.index.records[place as usize].author;
        let weight = |&place: &u32| self.creator_weight[author(place) as usize];
        self.excluded
            .touched()
            .iter()
            .any(|place| weight(place) >= 0.0)
    }

    /// The user's weight of an author, 0 if there is none.
    #[inline]
    pub fn author_weight(&self, author: u32) -> f32 {
        self.creator_weight[author as usize].max(0.0)
    }

    /// The user's largest weight among the topics of a post, 0 if there is none.
    #[inline]
    pub fn topics_weight(&self, record: &Record) -> f32 {
        let mut largest = 0.0;
        // Most posts have few topics; the places of no topic are at the end.
        for half in [&record.topics[..TOPICS / 2], &record.topics[TOPICS / 2..]] {
            for &topic in half {
                let weight = self.topic_weight[topic as usize];
                largest = if weight > largest { weight } else { largest };
            }
            if half[half.len() - 1] as usize == self.index.topic_count {
                return largest;
            }
        }
        if record.more_topics != NOTHING {
            for topic in self.index.topics(record).skip(record.topics.len()) {
                largest = self.topic_weight[topic as usize].max(largest);
            }
        }
        largest
    }

    /// The posts of a block that may be shown and that creators have not brought; blocks are asked for in order.
    #[inline]
    pub fn open(&mut self, block: usize) -> Block {
        let all = Block::first((self.index.len() - block * BLOCK).min(BLOCK));
        let mut closed = self.excluded.blocks[block].or(&self.picked.blocks[block]);
        for posts in &mut self.closed_posts {
            posts.pour(block, &mut closed);
        }
        all.without(&closed)
    }

    /// The posts of a block that are on topics of the user; blocks are asked for in order.
    #[inline]
    pub fn on_topics(&mut self, block: usize) -> Block {
        let sets = &self.index.common_sets[block * self.index.common_count..];
        let mut on = Block::default();
        for &topic in &self.common_topics {
            on = on.or(&sets[topic as usize]);
        }
        for posts in &mut self.rare_topics {
            posts.pour(block, &mut on);
        }
        on
    }

    /// The posts of a block that are by creators of the user; asked for block after block from the first, or never.
    #[inline]
    pub fn by_creators(&mut self, block: usize) -> Block {
        let mut by = Block::default();
        for posts in &mut self.creators_posts {
            posts.pour(block, &mut by);
        }
        by
    }
}

/// Mark a post, if it is one that may be shown.
fn mark(index: &FeedIndex, marks: &mut Marks, post: i64) {
    let place = index.post_codes.find(post);
    if place != NONE {
        marks.insert(place);
    }
}
