//! From a user's marks to the candidates that can make the list, scored.
//!
//! Candidates are met in descending order of base, block by block. What is left is worth at most the base of the next
//! place plus the user's largest weights: once that is below the worst of the best so far, the walk ends. So not all
//! candidates are looked at, but the best of them are exact: rounding never turns a larger sum into a smaller one.

use super::best::Best;
use super::blocks::{BLOCK, Block};
use super::board::{Board, score};
use super::index::Record;
use super::viewer::Viewer;
use super::{CREATOR_CANDIDATES, MAX_CANDIDATES, TOPIC_CANDIDATES};
use crate::matching::lanes::{ALL_LANES, LANES};
use crate::matching::vector::Vector;

/// Gathers the candidates of one user at a time; keeps its memory from one to the next.
#[derive(Debug, Default)]
pub struct Walk {
    /// ranks by age of posts by the user's creators
    newest: Vec<u32>,
    /// rank by age of the oldest that was picked, if creators have posts that were not
    oldest: Option<u32>,
    /// whether a post by a creator is excluded
    misses: bool,
    board: Board,
    /// candidates only if topics bring few: how many were picked of any kind before them, their block, and which
    later: Vec<(usize, usize, Block)>,
    /// candidates that creators and topics brought so far
    brought: usize,
    topical: usize,
    /// candidates of any kind so far
    filled: usize,
    /// candidates of any kind that there is room for however many topics bring
    sure: usize,
}

impl Walk {
    /// Put the best of the candidates of the viewer into `best`, which is empty.
    #[inline(always)]
    pub fn gather<V: Vector>(&mut self, viewer: &mut Viewer<'_>, best: &mut Best) {
        self.pick_newest(viewer);
        self.go_down::<V>(viewer, best);
        // Last, when there is a threshold: many are of creators that the user likes a little.
        self.add_newest::<V>(viewer, best);
    }

    /// Find how old the newest posts by creators of the user are.
    #[inline(always)]
    fn pick_newest(&mut self, viewer: &Viewer<'_>) {
        self.misses = viewer.misses_creators();
        self.oldest = None;
        let ages = |&creator: &u32| viewer.index.ages_of.row(creator);
        self.brought = viewer.creators.iter().map(|c| ages(c).len()).sum();
        if self.misses || self.brought > CREATOR_CANDIDATES {
            self.gather_ages(viewer);
            self.brought = self.newest.len();
        }
        if self.brought > CREATOR_CANDIDATES {
            let (_, age, _) = self.newest.select_nth_unstable(CREATOR_CANDIDATES - 1);
            self.oldest = Some(*age);
            self.brought = CREATOR_CANDIDATES;
        }
    }

    #[inline(always)]
    fn gather_ages(&mut self, viewer: &Viewer<'_>) {
        let index = viewer.index;
        // One more than can be used tells that there are more.
        let most = CREATOR_CANDIDATES + 1;
        self.newest.clear();
        for &creator in &viewer.creators {
            let ages = index.ages_of.row(creator);
            if self.misses {
                let posts = &index.by_author[index.ages_of.range(creator)];
                let open = ages.iter().zip(posts);
                let open = open.filter(|(_, record)| !viewer.is_excluded(record.place));
                self.newest.extend(open.take(most).map(|(&age, _)| age));
            } else {
                self.newest.extend_from_slice(&ages[..ages.len().min(most)]);
            }
        }
    }

    /// The posts by a creator that were picked, and those that are excluded of the same age.
    #[inline(always)]
    fn newest_by<'a>(&self, viewer: &Viewer<'a>, creator: u32) -> &'a [Record] {
        let index = viewer.index;
        let ages = index.ages_of.row(creator);
        let count = match self.oldest {
            Some(oldest) => ages.partition_point(|&age| age <= oldest),
            None => ages.len(),
        };
        let from = index.ages_of.range(creator).start;
        &index.by_author[from..from + count]
    }

    /// Score the newest posts by creators of the user.
    #[inline(always)]
    fn add_newest<V: Vector>(&self, viewer: &Viewer<'_>, best: &mut Best) {
        let settings = &viewer.index.settings;
        for &creator in &viewer.creators {
            let weight = viewer.author_weight(creator);
            for some in self.newest_by(viewer, creator).chunks(LANES) {
                let (mut bases, mut topics, mut places) = ([0.0; LANES], [0.0; LANES], [0; LANES]);
                for (l, record) in some.iter().enumerate() {
                    topics[l] = viewer.topics_weight(record);
                    (bases[l], places[l]) = (record.base, record.place);
                }
                let mut scores = [0.0; LANES];
                for l in 0..LANES {
                    scores[l] = score(settings, bases[l], (weight, topics[l]), 0.0);
                }
                let mut chosen = ALL_LANES >> (LANES - some.len());
                for (l, record) in some.iter().enumerate() {
                    if self.misses && viewer.is_excluded(record.place) {
                        chosen &= !(1 << l);
                    } else if viewer.has_seen(record.place) {
                        let weights = (weight, topics[l]);
                        scores[l] = score(settings, bases[l], weights, settings.seen_weight);
                    }
                }
                best.add_picked::<V>(chosen, &scores, &places);
            }
        }
    }

    /// Go down the order of base, and score topical candidates and those of any kind.
    #[inline(always)]
    fn go_down<V: Vector>(&mut self, viewer: &mut Viewer<'_>, best: &mut Best) {
        let most_topical = if viewer.has_topics() {
            TOPIC_CANDIDATES
        } else {
            0
        };
        self.sure = MAX_CANDIDATES - self.brought - most_topical;
        (self.topical, self.filled) = (0, 0);
        self.later.clear();
        for block in 0..viewer.index.blocks() {
            if self.topical == most_topical && self.filled >= self.sure {
                return;
            }
            if best.is_below(self.bound(viewer, block * BLOCK)) {
                best.leave_out();
                return self.add_later::<V>(viewer, best, block, most_topical);
            }
            let (open, on) = self.board.turn::<V>(viewer, block, self.oldest);
            let (topical, count) = open.and(&on).take(most_topical - self.topical);
            self.topical += count;
            best.add::<V>(block, &topical, self.board.scores());
            self.fill::<V>(best, block, &open.without(&topical));
        }
        self.add_later::<V>(viewer, best, viewer.index.blocks(), most_topical);
    }

    /// Take posts of any kind, in order, while there is room.
    #[inline(always)]
    fn fill<V: Vector>(&mut self, best: &mut Best, block: usize, open: &Block) {
        let room = MAX_CANDIDATES - self.brought - self.topical;
        let (posts, _) = open.take(room.saturating_sub(self.filled));
        let (sure, count) = posts.take(self.sure.saturating_sub(self.filled));
        best.add::<V>(block, &sure, self.board.scores());
        self.filled += count;
        let unsure = posts.without(&sure);
        if unsure != Block::default() {
            self.later.push((self.filled, block, unsure));
            self.filled += unsure.count();
        }
    }

    /// Add what there is room for because topics brought fewer candidates than they may; the walk is at `block`.
    #[inline(always)]
    fn add_later<V: Vector>(
        &mut self,
        viewer: &mut Viewer<'_>,
        best: &mut Best,
        block: usize,
        most_topical: usize,
    ) {
        let mut highest = self.later.iter().map(|(_, block, posts)| {
            let mut first = 0;
            posts.each(|at| {
                first = at;
                false
            });
            self.bound(viewer, block * BLOCK + first)
        });
        if highest.all(|bound| best.is_below(bound)) {
            if !self.later.is_empty() {
                best.leave_out();
            }
            return;
        }
        self.add_now::<V>(viewer, best, block, most_topical);
    }

    #[cold]
    #[inline(never)]
    fn add_now<V: Vector>(
        &mut self,
        viewer: &mut Viewer<'_>,
        best: &mut Best,
        block: usize,
        most_topical: usize,
    ) {
        for block in block..viewer.index.blocks() {
            if self.topical == most_topical {
                break;
            }
            let (open, on) = self.board.turn::<V>(viewer, block, self.oldest);
            self.topical = most_topical.min(self.topical + open.and(&on).count());
        }
        let room = MAX_CANDIDATES - self.brought - self.topical;
        for (before, block, posts) in &self.later {
            let (posts, _) = posts.take(room.saturating_sub(*before));
            posts.each(|at| {
                self.add_one::<V>(viewer, best, block * BLOCK + at);
                true
            });
        }
    }

    fn add_one<V: Vector>(&self, viewer: &Viewer<'_>, best: &mut Best, place: usize) {
        let index = viewer.index;
        let record = &index.records[place];
        let creator = match self.oldest {
            Some(_) => viewer.author_weight(index.faces[place].author),
            None => 0.0,
        };
        let seen = if viewer.has_seen(record.place) {
            index.settings.seen_weight
        } else {
            0.0
        };
        let weights = (creator, viewer.topics_weight(record));
        let score = score(&index.settings, record.base, weights, seen);
        best.add_picked::<V>(1, &[score; LANES], &[record.place; LANES]);
    }

    /// The most that anything from this place on can be worth.
    #[inline(always)]
    fn bound(&self, viewer: &Viewer<'_>, place: usize) -> f32 {
        let creator = match self.oldest {
            Some(_) => viewer.largest_creator_weight,
            None => 0.0,
        };
        let weights = (creator, viewer.largest_topic_weight);
        score(
            &viewer.index.settings,
            viewer.index.base(place),
            weights,
            0.0,
        )
    }
}
