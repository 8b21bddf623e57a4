//! What is known of words: in how many posts they stand, and of which languages they are stop words.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Hashes words by xxh3; in no place may an order depend on it.
#[derive(Default)]
pub struct WordHasher(u64);

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    // What str adds to tell "a", "b" from "ab": words stand alone here.
    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A map from words.
pub type WordMap<V> = HashMap<Box<str>, V, BuildHasherDefault<WordHasher>>;

/// What is known of one word.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    /// Posts of the corpus that have it.
    pub posts: u32,
    /// A bit for each language of which it is a stop word.
    pub stops: u32,
    /// ln((1 + posts of the corpus) / (1 + posts that have it)) + 1
    pub rarity: f64,
}

/// What is known of words, and of the corpus.
#[derive(Debug)]
pub struct Vocabulary {
    words: WordMap<Known>,
    /// of words of which nothing is known
    unknown: Known,
    /// Posts of the corpus.
    pub posts: u64,
    /// Languages that stop words are of, at most 32.
    pub languages: usize,
}

impl Vocabulary {
    /// Collect stop words, each with its languages, and terms, each with its posts.
    pub fn new<'a>(
        stop_words: impl IntoIterator<Item = (&'a str, u32)>,
        terms: impl IntoIterator<Item = (&'a str, u32)>,
        posts: u64,
        languages: usize,
    ) -> Self {
        let mut words = WordMap::default();
        for (word, languages) in stop_words {
            words
                .entry(Box::from(word))
                .or_insert(Known::default())
                .stops |= languages;
        }
        for (term, count) in terms {
            words
                .entry(Box::from(term))
                .or_insert(Known::default())
                .posts = count;
        }
        let rarity = |with: u32| libm::log((1.0 + posts as f64) / (1.0 + f64::from(with))) + 1.0;
        for known in words.values_mut() {
            known.rarity = rarity(known.posts);
        }
        let unknown = Known {
            rarity: rarity(0),
            ..Known::default()
        };
        Self {
            words,
            unknown,
            posts,
            languages,
        }
    }

    /// What is known of a word.
    #[must_use]
    pub fn get(&self, word: &str) -> Known {
        self.words.get(word).copied().unwrap_or(self.unknown)
    }
}
