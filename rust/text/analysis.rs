//! What many posts say, on several threads.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::characters::{bare, composed};
use super::keywords::{Rules, tell};
use super::lexicon::{Lexicon, Scratch};
use super::texts::Texts;
use super::vocabulary::Vocabulary;
use crate::matching::error::Result;
use crate::threads::{Tick, attended, thread_count};

/// Posts that a thread takes at a time.
const BLOCK: usize = 128;

/// What is told of each post, in order.
#[derive(Debug, Default)]
pub struct Analysis {
    /// The keywords of all posts, one after the other.
    pub keywords: Vec<String>,
    /// Of each post, how many keywords it has.
    pub keyword_counts: Vec<u8>,
    /// Of each post, the number of its language; -1 = not told.
    pub languages: Vec<i8>,
    /// Of each post, the characters of its words.
    pub letters: Vec<i32>,
    /// Of each post, how likely it is that it is not safe for work.
    pub nsfw: Vec<f32>,
}

impl Analysis {
    fn append(&mut self, mut more: Self) {
        self.keywords.append(&mut more.keywords);
        self.keyword_counts.append(&mut more.keyword_counts);
        self.languages.append(&mut more.languages);
        self.letters.append(&mut more.letters);
        self.nsfw.append(&mut more.nsfw);
    }
}

/// How posts are looked at.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    /// What is known of words.
    pub vocabulary: &'a Vocabulary,
    /// What decides about language and keywords.
    pub rules: &'a Rules,
    /// What is not safe for work.
    pub lexicon: &'a Lexicon,
}

/// What one thread has, and what it has found.
#[derive(Default)]
struct Worker {
    buffer: String,
    scratch: Scratch,
    blocks: Vec<(usize, Result<Analysis>)>,
}

/// Look at posts; each is told by itself, so neither threads nor order change anything.
///
/// # Errors
/// A text is no UTF-8, or the caller asked to stop.
pub fn analyse(
    texts: Texts<'_>,
    model: Model<'_>,
    threads: usize,
    tick: &mut Tick<'_>,
) -> Result<Analysis> {
    let count = texts.len().div_ceil(BLOCK);
    let next = AtomicUsize::new(0);
    let mut workers: Vec<_> = (0..thread_count(threads, count))
        .map(|_| Worker::default())
        .collect();
    attended(&mut workers, tick, |worker, watch| {
        while !watch.is_stopped() {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                break;
            }
            let range = number * BLOCK..texts.len().min((number + 1) * BLOCK);
            watch.add(range.len());
            let block = worker.block(range, texts, model);
            worker.blocks.push((number, block));
        }
    })?;
    let mut blocks: Vec<_> = workers
        .into_iter()
        .flat_map(|worker| worker.blocks)
        .collect();
    blocks.sort_unstable_by_key(|&(number, _)| number);
    let mut all = Analysis::default();
    for (_, block) in blocks {
        all.append(block?);
    }
    Ok(all)
}

impl Worker {
    fn block(
        &mut self,
        range: Range<usize>,
        texts: Texts<'_>,
        model: Model<'_>,
    ) -> Result<Analysis> {
        let mut block = Analysis::default();
        for place in range {
            let text = texts.get(place)?;
            composed(text, &mut self.buffer);
            let told = tell(&self.buffer, model.vocabulary, model.rules);
            block.keyword_counts.push(told.keywords.len() as u8);
            let keywords = told.keywords.into_iter().map(str::to_owned);
            block.keywords.extend(keywords);
            block.languages.push(told.language);
            let share = (model.rules.nsfw_letters / f64::from(told.letters.max(1))).min(1.0);
            block.letters.push(told.letters);
            bare(text, &mut self.buffer);
            let nsfw = model
                .lexicon
                .probability(&self.buffer, share, &mut self.scratch);
            block.nsfw.push(nsfw);
        }
        Ok(block)
    }
}
