//! The words of one post: its language, its keywords, and how many letters there are.

use super::vocabulary::{Known, Vocabulary};
use super::words::{is_term, words};

/// Keywords of a post at most.
pub const MAX_KEYWORDS: usize = 8;
/// The language that is not told.
pub const NOT_TOLD: i8 = -1;

/// What decides about language and keywords.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Votes of stop words that a language needs.
    pub language_votes: f64,
    /// How many times the votes of the next language it needs.
    pub language_lead: f64,
    /// The share of the corpus that must have a keyword.
    pub keyword_share: f64,
    /// Letters of a text up to which every entry of the lexicon counts in full.
    pub nsfw_letters: f64,
}

/// One word of a post.
struct Word<'a> {
    text: &'a str,
    times: u32,
    known: Known,
}

/// What the words of one post tell.
pub struct Told<'a> {
    /// The language, by its number, or `NOT_TOLD`.
    pub language: i8,
    /// Characters of all words.
    pub letters: i32,
    /// The strongest first.
    pub keywords: Vec<&'a str>,
}

/// Look at the words of a text that is composed already.
#[must_use]
pub fn tell<'a>(composed: &'a str, vocabulary: &Vocabulary, rules: &Rules) -> Told<'a> {
    let (mut all, mut letters) = (Vec::new(), 0);
    words(composed, |word| {
        letters += word.chars().count() as i32;
        all.push(word);
    });
    all.sort_unstable();
    let words: Vec<_> = all
        .chunk_by(|one, other| one == other)
        .map(|same| Word {
            text: same[0],
            times: same.len() as u32,
            known: vocabulary.get(same[0]),
        })
        .collect();
    let language = language(&words, vocabulary.languages, rules);
    Told {
        language,
        letters,
        keywords: keywords(&words, language, vocabulary, rules),
    }
}

/// Let stop words vote, each for its languages, one vote shared among them.
fn language(words: &[Word<'_>], languages: usize, rules: &Rules) -> i8 {
    let mut votes = [0.0; 32];
    for word in words.iter().filter(|word| word.known.stops != 0) {
        let vote = f64::from(word.times) / f64::from(word.known.stops.count_ones());
        for (number, votes) in votes.iter_mut().enumerate().take(languages) {
            if word.known.stops >> number & 1 == 1 {
                *votes += vote;
            }
        }
    }
    let (mut best, mut next) = ((0.0, NOT_TOLD), 0.0);
    for (number, &votes) in votes.iter().enumerate() {
        if votes > best.0 {
            next = best.0;
            best = (votes, number as i8);
        } else if votes > next {
            next = votes;
        }
    }
    if best.0 >= rules.language_votes && best.0 >= rules.language_lead * next {
        best.1
    } else {
        NOT_TOLD
    }
}

fn keywords<'a>(
    words: &[Word<'a>],
    language: i8,
    vocabulary: &Vocabulary,
    rules: &Rules,
) -> Vec<&'a str> {
    let stops = if language == NOT_TOLD {
        u32::MAX
    } else {
        1 << language
    };
    let posts = vocabulary.posts as f64;
    let mut found: Vec<_> = words
        .iter()
        .filter(|word| {
            let shared = f64::from(word.known.posts.max(1)) >= rules.keyword_share * posts;
            shared && word.known.stops & stops == 0 && is_term(word.text)
        })
        .map(|word| {
            let weight = match word.times {
                1 => 1.0,
                times => 1.0 + libm::log(f64::from(times)),
            };
            (weight * word.known.rarity, word.text)
        })
        .collect();
    found.sort_unstable_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(other.1)));
    found.truncate(MAX_KEYWORDS);
    found.into_iter().map(|(_, word)| word).collect()
}
