//! What one user likes, added up for a profile.

use super::posts::{MAX_CONTENT_TYPES, OWN_TOPICS, Post, Posts};
use super::sums::{LEAST_NET, Likings};
use super::table::NONE;
use super::topics::Topics;
use super::walk::Judged;

/// The weight of a user's actions by creator, topic and content type.
///
/// Sums are of ascending events, by author, post and age.
#[derive(Debug)]
pub struct Likes {
    /// Number of actions.
    pub actions: u32,
    /// The age of the first action, in microseconds.
    pub first_us: u64,
    /// Weight of the actions by content type.
    pub content_types: [f64; MAX_CONTENT_TYPES],
    /// Weight by topic.
    pub topics: Topics,
    /// the number of posts, and of creators
    posts: usize,
    creators: usize,
    /// by place from 1: the post, and the weight of its actions
    ranks: Vec<u32>,
    sums: Vec<f64>,
    rows: Vec<Post>,
    /// by place from 1: the creator, and what is left of the actions after the hides
    codes: Vec<u32>,
    nets: Vec<f64>,
    hides: Vec<(u32, f64)>,
    last_rank: u32,
    sum: f64,
}

impl Likes {
    /// Likes of these posts.
    #[must_use]
    pub fn new(posts: &Posts) -> Self {
        Self {
            actions: 0,
            first_us: 0,
            content_types: [0.0; MAX_CONTENT_TYPES],
            topics: Topics::new(posts.topic_count),
            posts: 0,
            creators: 0,
            ranks: Vec::new(),
            sums: Vec::new(),
            rows: Vec::new(),
            codes: Vec::new(),
            nets: Vec::new(),
            hides: Vec::new(),
            last_rank: NONE,
            sum: 0.0,
        }
    }

    /// Begin with another user, who has at most so many events.
    #[inline(always)]
    pub fn clear(&mut self, events: usize) {
        (self.actions, self.first_us, self.posts) = (0, 0, 0);
        (self.last_rank, self.sum) = (NONE, 0.0);
        self.hides.clear();
        if self.ranks.len() <= events {
            self.ranks.resize(events + 1, 0);
            self.sums.resize(events + 1, 0.0);
            self.rows.resize(events + 1, Post::default());
            self.codes.resize(events + 1, 0);
            self.nets.resize(events + 1, 0.0);
        }
    }

    /// Take the next event.
    #[inline(always)]
    pub fn take(&mut self, event: Judged) {
        if event.hides {
            self.hides.push((event.rank, event.weight));
        }
        // No branch depends on whether it acts: what does not is written over, or adds nothing.
        let is_new = event.acts & (event.rank != self.last_rank);
        self.posts += usize::from(is_new);
        self.sum = if is_new { 0.0 } else { self.sum };
        self.sum += if event.acts { event.weight } else { 0.0 };
        self.last_rank = if event.acts {
            event.rank
        } else {
            self.last_rank
        };
        self.ranks[self.posts] = self.last_rank;
        self.sums[self.posts] = self.sum;
        self.actions += u32::from(event.acts);
        let age_us = if event.acts { event.age_us } else { 0 };
        self.first_us = self.first_us.max(age_us);
    }

    /// Add up what was taken.
    #[inline(always)]
    pub fn add_up(&mut self, posts: &Posts) {
        self.content_types = [0.0; MAX_CONTENT_TYPES];
        let rows = &mut self.rows[1..=self.posts];
        // Looked up together, they do not wait for each other.
        for (row, &rank) in rows.iter_mut().zip(&self.ranks[1..]) {
            *row = posts.post(rank);
        }
        let (mut creators, mut last, mut sum) = (0, NONE, 0.0);
        for (post, &weight) in rows.iter().zip(&self.sums[1..]) {
            let is_new = post.author != last;
            creators += usize::from(is_new);
            sum = if is_new { 0.0 } else { sum } + weight;
            last = post.author;
            self.codes[creators] = last;
            self.nets[creators] = sum;
            self.content_types[post.content_type() % MAX_CONTENT_TYPES] += weight;
            self.topics
                .add(posts.topics(post, &mut [0; OWN_TOPICS]), weight);
        }
        self.creators = creators;
        self.topics.gather();
        if !self.hides.is_empty() {
            self.take_off(posts);
        }
    }

    /// Take off what was hidden.
    #[inline(never)]
    fn take_off(&mut self, posts: &Posts) {
        let (mut creators, mut topics) = (Likings::default(), Likings::default());
        for &(rank, weight) in &self.hides {
            let post = posts.post(rank);
            creators.hide(post.author, weight);
            let mut room = [0; OWN_TOPICS];
            let own = posts.topics(&post, &mut room);
            for &topic in own {
                topics.hide(topic, weight / own.len() as f64);
            }
        }
        let (codes, nets) = (
            &self.codes[1..=self.creators],
            &mut self.nets[1..=self.creators],
        );
        less(codes, nets, &creators);
        let (codes, nets) = self.topics.gathered_mut();
        less(codes, nets, &topics);
    }

    /// The creators, and what is left of the weight of the actions after the hides: 0 where they weigh as much.
    #[inline(always)]
    #[must_use]
    pub fn creators(&self) -> (&[u32], &[f64]) {
        (
            &self.codes[1..=self.creators],
            &self.nets[1..=self.creators],
        )
    }
}

/// Take off what hides weigh.
fn less(codes: &[u32], nets: &mut [f64], hides: &Likings) {
    for (code, net) in codes.iter().zip(nets) {
        let left = *net - hides.negative(*code);
        *net = if left > LEAST_NET * *net { left } else { 0.0 };
    }
}
