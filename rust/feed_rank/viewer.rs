//! What one user may not see, has seen and likes.

use super::blocks::{BLOCK, Block};
use super::codes::NONE;
use super::index::{FeedIndex, Record};
use super::marks::{Marks, Stream};
use super::users::Users;

/// The weight of a creator or topic that the user has none of; real ones are 0 or more.
pub const UNKNOWN: f32 = -1.0;

/// The marks of one user at a time; the memory is kept from one to the next.
#[derive(Debug)]
pub struct Viewer<'a> {
    pub index: &'a FeedIndex,
    /// posts that are excluded one by one
    excluded: Marks,
    seen: Marks,
    /// author -> weight
    creator_weight: Vec<f32>,
    pub creators: Vec<u32>,
    author_excluded: Vec<bool>,
    excluded_authors: Vec<u32>,
    /// topic -> weight; the last place is no topic
    topic_weight: Vec<f32>,
    topics: Vec<u32>,
    liked_posts: Vec<Stream<'a>>,
    closed_posts: Vec<Stream<'a>>,
    creators_posts: Vec<Stream<'a>>,
    /// posts that cannot be shown, or one too many
    pub hidden_at_most: usize,
    pub largest_creator_weight: f32,
    pub largest_topic_weight: f32,
}

impl<'a> Viewer<'a> {
    /// Prepare for any user.
    pub fn new(index: &'a FeedIndex) -> Self {
        let authors = index.author_count();
        Self {
            index,
            excluded: Marks::new(index.blocks()),
            seen: Marks::new(index.blocks()),
            creator_weight: vec![UNKNOWN; authors],
            creators: Vec::new(),
            author_excluded: vec![false; authors],
            excluded_authors: Vec::new(),
            topic_weight: vec![UNKNOWN; index.topic_count + 1],
            topics: Vec::new(),
            liked_posts: Vec::new(),
            closed_posts: Vec::new(),
            creators_posts: Vec::new(),
            hidden_at_most: 0,
            largest_creator_weight: 0.0,
            largest_topic_weight: 0.0,
        }
    }

    /// Turn to another user.
    #[inline(always)]
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
            self.like_creator(creator, weight);
        }
        for (topic, weight) in users.topics(user) {
            self.like_topic(topic, weight);
        }
        let index = self.index;
        for &creator in &self.creators {
            let weight = self.creator_weight[creator as usize];
            let posts = Stream::new(index.posts_of.row(creator), weight);
            self.creators_posts.push(posts);
        }
        for &topic in &self.topics {
            let weight = self.topic_weight[topic as usize];
            let posts = Stream::new(index.posts_on.row(topic), weight);
            self.liked_posts.push(posts);
        }
    }

    /// Forget the last user.
    #[inline(always)]
    fn leave(&mut self) {
        self.excluded.clear();
        self.seen.clear();
        for creator in self.creators.drain(..) {
            self.creator_weight[creator as usize] = UNKNOWN;
        }
        for author in self.excluded_authors.drain(..) {
            self.author_excluded[author as usize] = false;
        }
        for topic in self.topics.drain(..) {
            self.topic_weight[topic as usize] = UNKNOWN;
        }
        self.liked_posts.clear();
        self.closed_posts.clear();
        self.creators_posts.clear();
        (
            self.hidden_at_most,
            self.largest_creator_weight,
            self.largest_topic_weight,
        ) = (0, 0.0, 0.0);
    }

    #[inline(always)]
    fn exclude_author(&mut self, author: i64) {
        let code = self.index.author_codes.find(author);
        if code == NONE || self.author_excluded[code as usize] {
            return;
        }
        self.author_excluded[code as usize] = true;
        self.excluded_authors.push(code);
        let posts = self.index.posts_of.row(code);
        self.hidden_at_most += posts.len();
        self.closed_posts.push(Stream::new(posts, UNKNOWN));
    }

    #[inline(always)]
    fn like_creator(&mut self, creator: i64, weight: f32) {
        let code = self.index.author_codes.find(creator);
        if code == NONE || self.author_excluded[code as usize] {
            return;
        }
        let known = &mut self.creator_weight[code as usize];
        if *known < 0.0 {
            self.creators.push(code);
        }
        *known = known.max(weight);
        self.largest_creator_weight = self.largest_creator_weight.max(weight);
    }

    #[inline(always)]
    fn like_topic(&mut self, topic: u32, weight: f32) {
        let code = self.index.topic_codes.find(topic.into());
        if code == NONE {
            return;
        }
        let known = &mut self.topic_weight[code as usize];
        if *known < 0.0 {
            self.topics.push(code);
        }
        *known = known.max(weight);
        self.largest_topic_weight = self.largest_topic_weight.max(weight);
    }

    /// Whether the user likes any topic that there are posts on.
    pub fn has_topics(&self) -> bool {
        !self.topics.is_empty()
    }

    /// Whether the user has seen any post.
    pub fn has_seen_any(&self) -> bool {
        !self.seen.touched().is_empty()
    }

    /// Whether the user has seen a post.
    #[inline(always)]
    pub fn has_seen(&self, place: u32) -> bool {
        self.seen.contains(place)
    }

    /// The posts of a block that the user has seen.
    #[inline(always)]
    pub fn seen(&self, block: usize) -> &Block {
        &self.seen.blocks[block]
    }

    /// Whether a post by an author who is not excluded is excluded itself.
    #[inline(always)]
    pub fn is_excluded(&self, place: u32) -> bool {
        self.excluded.contains(place)
    }

    /// Whether any post by a creator of the user is excluded.
    pub fn misses_creators(&self) -> bool {
        let author = |place: u32| self.index.faces[place as usize].author;
        let weight = |&place: &u32| self.creator_weight[author(place) as usize];
        self.excluded
            .touched()
            .iter()
            .any(|place| weight(place) >= 0.0)
    }

    /// The user's weight of an author, 0 if there is none.
    #[inline(always)]
    pub fn author_weight(&self, author: u32) -> f32 {
        self.creator_weight[author as usize].max(0.0)
    }

    /// The user's largest weight among the topics of a post, 0 if there is none.
    #[inline(always)]
    pub fn topics_weight(&self, record: &Record) -> f32 {
        let mut largest = 0.0;
        let weight = |topic: u32| self.topic_weight[topic as usize];
        // Most posts have few topics; the places of no topic are at the end.
        let (few, more) = record.topics.split_at(4);
        for &topic in few {
            largest = larger(weight(topic), largest);
        }
        if few[few.len() - 1] as usize != self.index.topic_count {
            largest = larger(self.rest_weight(record, more), largest);
        }
        largest
    }

    /// The same for those topics that few posts have.
    #[cold]
    fn rest_weight(&self, record: &Record, more: &[u32]) -> f32 {
        let further = self.index.further_topics(record);
        // The last place says where the further topics are, if there are any.
        let here = &more[..more.len() - usize::from(!further.is_empty())];
        let weights = here.iter().chain(further);
        weights.fold(0.0, |largest, &topic| {
            larger(self.topic_weight[topic as usize], largest)
        })
    }

    /// The posts of a block that may be shown but for those that creators have brought, which are all theirs, or those
    /// that are as new as `oldest`; the others have their creators' weights put in. Blocks are asked for in order.
    #[inline(always)]
    pub fn open(&mut self, block: usize, oldest: Option<u32>, weights: &mut [f32; BLOCK]) -> Block {
        let index = self.index;
        let mut closed = self.excluded.blocks[block];
        for posts in &mut self.closed_posts {
            posts.each(block, |place| closed.insert(place));
        }
        match oldest {
            None => {
                for posts in &mut self.creators_posts {
                    posts.each(block, |place| closed.insert(place));
                }
            }
            Some(oldest) => {
                for posts in &mut self.creators_posts {
                    let weight = posts.weight;
                    posts.each(block, |place| {
                        if index.age_ranks[place] <= oldest {
                            closed.insert(place);
                        } else {
                            weights[place % BLOCK] = weight;
                        }
                    });
                }
            }
        }
        Block::first((index.len() - block * BLOCK).min(BLOCK)).without(&closed)
    }

    /// Put the weights of topics in for the posts of a block that are on any; blocks are asked for in order.
    #[inline(always)]
    pub fn weigh_topics(&mut self, block: usize, weights: &mut [f32; BLOCK]) {
        for posts in &mut self.liked_posts {
            let weight = posts.weight;
            posts.each(block, |place| {
                let known = &mut weights[place % BLOCK];
                *known = larger(weight, *known);
            });
        }
    }
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// Mark a post, if it is one that may be shown.
#[inline(always)]
fn mark(index: &FeedIndex, marks: &mut Marks, post: i64) {
    let place = index.post_codes.find(post);
    if place != NONE {
        marks.insert(place);
    }
}
