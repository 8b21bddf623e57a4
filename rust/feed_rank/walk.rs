//! From a user's marks to the candidates that can make the list, scored.
//!
//! Candidates are met in descending order of base, block by block. What is left is worth at most the base of the next
//! place plus the user's largest weights: once that is below the worst of the best so far, the walk ends. So not all
//! candidates are looked at, but the best of them are exact: rounding never turns a larger sum into a smaller one.

use super::best::{Best, Entry};
use super::blocks::{BLOCK, Block};
use super::index::Record;
use super::viewer::Viewer;
use super::{CREATOR_CANDIDATES, MAX_CANDIDATES, TOPIC_CANDIDATES};

/// Gathers the candidates of one user at a time; keeps its memory from one to the next.
#[derive(Debug, Default)]
pub struct Walk {
    /// ranks by age of posts by the user's creators
    newest: Vec<u32>,
    /// rank by age of the oldest that was picked
    oldest: u32,
    /// whether a post by a creator is excluded
    misses: bool,
    /// (how many were picked of any kind before it, place): candidates only if topics bring few
    later: Vec<(usize, u32)>,
    /// candidates that creators and topics brought so far
    brought: usize,
    topical: usize,
    /// candidates of any kind so far
    filled: usize,
    /// candidates of any kind that there is room for however many topics bring
    sure: usize,
    /// whether creators have posts that are not candidates because of them
    creators_left: bool,
    /// how many more candidates without any affinity can be of use
    plain_left: usize,
}

impl Walk {
    /// Put the best of the candidates of the viewer into `best`, which is empty.
    pub fn gather(&mut self, viewer: &mut Viewer<'_>, best: &mut Best) {
        self.pick_newest(viewer);
        self.go_down(viewer, best);
        // Last, when there is a threshold: many are of creators that the user likes a little.
        self.add_newest(viewer, best);
    }

    /// Pick the newest posts by creators of the user.
    fn pick_newest(&mut self, viewer: &mut Viewer<'_>) {
        let index = viewer.index;
        self.newest.clear();
        self.misses = viewer.misses_creators();
        for &creator in &viewer.creators {
            // One more than can be used tells that there are more.
            let most = CREATOR_CANDIDATES + 1;
            let posts = index.ages_of.range(creator);
            let ages = index.ages_of.row(creator);
            if self.misses {
                let is_open = |record: &Record| !viewer.is_excluded(record.place);
                let open = ages.iter().zip(&index.by_author[posts]);
                let open = open.filter(|(_, record)| is_open(record)).take(most);
                self.newest.extend(open.map(|(&age, _)| age));
            } else {
                self.newest.extend_from_slice(&ages[..ages.len().min(most)]);
            }
        }
        self.creators_left = self.newest.len() > CREATOR_CANDIDATES;
        if self.creators_left {
            let (_, age, _) = self.newest.select_nth_unstable(CREATOR_CANDIDATES - 1);
            self.oldest = *age;
        }
        self.brought = self.newest.len().min(CREATOR_CANDIDATES);
        for at in 0..viewer.creators.len() {
            for record in self.newest_by(viewer, viewer.creators[at]) {
                viewer.picked.insert(record.place);
            }
        }
    }

    /// The posts by a creator that were picked, and those that are excluded of the same age.
    fn newest_by<'a>(&self, viewer: &Viewer<'a>, creator: u32) -> &'a [Record] {
        let index = viewer.index;
        let ages = index.ages_of.row(creator);
        let count = if self.creators_left {
            ages.partition_point(|&age| age <= self.oldest)
        } else {
            ages.len()
        };
        let from = index.ages_of.range(creator).start;
        &index.by_author[from..from + count]
    }

    /// Score the newest posts by creators of the user.
    fn add_newest(&self, viewer: &Viewer<'_>, best: &mut Best) {
        for &creator in &viewer.creators {
            let weight = viewer.author_weight(creator);
            for record in self.newest_by(viewer, creator) {
                if !self.misses || !viewer.is_excluded(record.place) {
                    let weights = (weight, viewer.topics_weight(record));
                    push(viewer, best, record, weights);
                }
            }
            best.raise();
        }
    }

    /// Go down the order of base, and score topical candidates and those of any kind.
    fn go_down(&mut self, viewer: &mut Viewer<'_>, best: &mut Best) {
        let most_topical = if viewer.has_topics() {
            TOPIC_CANDIDATES
        } else {
            0
        };
        self.sure = MAX_CANDIDATES - self.brought - most_topical;
        (self.topical, self.filled, self.plain_left) = (0, 0, best.most());
        self.later.clear();
        for block in 0..viewer.index.blocks() {
            if self.topical == most_topical && self.filled >= self.sure {
                return;
            }
            if best.is_below(self.bound(viewer, block * BLOCK)) {
                best.leave_out();
                return self.add_later(viewer, best, block, most_topical);
            }
            let open = viewer.open(block);
            let on = if most_topical > 0 {
                viewer.on_topics(block)
            } else {
                Block::default()
            };
            let (topical, count) = open.and(&on).take(most_topical - self.topical);
            self.topical += count;
            self.add(viewer, best, block, &topical);
            best.raise();
            self.fill(viewer, best, block, &open.without(&topical), &on);
            best.raise();
        }
        self.add_later(viewer, best, viewer.index.blocks(), most_topical);
    }

    /// Score posts of a block with all that the user likes about them.
    fn add(&self, viewer: &Viewer<'_>, best: &mut Best, block: usize, posts: &Block) {
        posts.each(|at| {
            self.add_one(viewer, best, block * BLOCK + at);
            true
        });
    }

    #[inline]
    fn add_one(&self, viewer: &Viewer<'_>, best: &mut Best, place: usize) {
        let record = &viewer.index.records[place];
        let creator = if self.creators_left {
            viewer.author_weight(record.author)
        } else {
            0.0
        };
        push(
            viewer,
            best,
            record,
            (creator, viewer.topics_weight(record)),
        );
    }

    /// Take posts of any kind, in order, while there is room.
    fn fill(
        &mut self,
        viewer: &mut Viewer<'_>,
        best: &mut Best,
        block: usize,
        open: &Block,
        on: &Block,
    ) {
        let room = MAX_CANDIDATES - self.brought - self.topical;
        let (posts, _) = open.take(room.saturating_sub(self.filled));
        let (sure, count) = posts.take(self.sure.saturating_sub(self.filled));
        let liked = if self.creators_left {
            on.or(&viewer.by_creators(block))
        } else {
            *on
        };
        self.add_plain(viewer, best, block, &sure.without(&liked));
        self.add(viewer, best, block, &sure.and(&liked));
        self.filled += count;
        posts.without(&sure).each(|at| {
            self.later.push((self.filled, (block * BLOCK + at) as u32));
            self.filled += 1;
            true
        });
    }

    /// Score posts that the user has no affinity to: their order is that of base, but for those that were seen.
    fn add_plain(&mut self, viewer: &Viewer<'_>, best: &mut Best, block: usize, posts: &Block) {
        posts.each(|at| {
            let record = &viewer.index.records[block * BLOCK + at];
            if self.plain_left == 0 || best.is_below(record.base) {
                self.plain_left = 0;
                best.leave_out();
                return false;
            }
            self.plain_left -= usize::from(!viewer.has_seen(record.place));
            push(viewer, best, record, (0.0, 0.0));
            true
        });
    }

    /// Add what there is room for because topics brought fewer candidates than they may; the walk is at `block`.
    fn add_later(&mut self, viewer: &mut Viewer<'_>, best: &mut Best, block: usize, topics: usize) {
        let is_below = |place: u32| best.is_below(self.bound(viewer, place as usize));
        if self.later.iter().all(|&(_, place)| is_below(place)) {
            if !self.later.is_empty() {
                best.leave_out();
            }
            return;
        }
        for block in block..viewer.index.blocks() {
            if self.topical == topics {
                break;
            }
            let found = viewer.open(block).and(&viewer.on_topics(block)).count();
            self.topical = topics.min(self.topical + found);
        }
        let room = MAX_CANDIDATES - self.brought - self.topical;
        for &(before, place) in &self.later {
            if before < room {
                self.add_one(viewer, best, place as usize);
            }
        }
    }

    /// The most that anything from this place on can be worth.
    #[inline]
    fn bound(&self, viewer: &Viewer<'_>, place: usize) -> f32 {
        let creator = if self.creators_left {
            viewer.largest_creator_weight
        } else {
            0.0
        };
        let record = &viewer.index.records[place];
        score(
            viewer,
            record,
            (creator, viewer.largest_topic_weight),
            false,
        )
    }
}

/// Push a post as a candidate, given the weights of its author and topics.
#[inline]
fn push(viewer: &Viewer<'_>, best: &mut Best, record: &Record, weights: (f32, f32)) {
    let score = score(viewer, record, weights, viewer.has_seen(record.place));
    best.push(Entry::new(
        score,
        record.id_rank,
        record.place,
        record.author,
    ));
}

/// The score of a post, given the weights of its author and topics: computed in float64, rounded once.
#[inline]
fn score(viewer: &Viewer<'_>, record: &Record, weights: (f32, f32), is_seen: bool) -> f32 {
    let settings = &viewer.index.settings;
    let affinity = settings.creator_weight * f64::from(weights.0)
        + settings.topic_weight * f64::from(weights.1);
    let score = affinity + f64::from(record.base);
    let score = if is_seen {
        score - settings.seen_weight
    } else {
        score
    };
    // What was rounded to -0 becomes 0, so that equal scores have equal bits.
    score as f32 + 0.0
}
