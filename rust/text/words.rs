//! From a normalised text to its words.

use super::characters::{Kind, kind};

/// Where an address begins, within what no white space divides.
const ADDRESSES: [&str; 3] = ["http://", "https://", "www."];

/// What white space divides, without the addresses of pages.
pub fn chunks(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().map(|chunk| {
        // Most chunks have neither of what every address has.
        if !chunk.bytes().any(|byte| byte == b':' || byte == b'.') {
            return chunk;
        }
        let end = ADDRESSES.iter().filter_map(|start| chunk.find(start)).min();
        end.map_or(chunk, |end| &chunk[..end])
    })
}

/// The letters of a chunk that is nothing but letters from a to z with marks of punctuation around them: most are.
#[must_use]
pub fn simple_word(chunk: &str) -> Option<&str> {
    let word = chunk
        .trim_start_matches(['(', '"', '\''])
        .trim_end_matches(['.', ',', '!', '?', ')', '"', '\'', ':', ';']);
    let is_simple = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    is_simple.then_some(word)
}

/// Give each word to `meet`, in order: letters, and marks and digits behind them; no numbers, mentions, addresses.
pub fn words<'a>(composed: &'a str, mut meet: impl FnMut(&'a str)) {
    for chunk in chunks(composed) {
        if let Some(word) = simple_word(chunk) {
            meet(word);
            continue;
        }
        if chunk.contains('@') {
            continue;
        }
        let mut start = None;
        for (place, c) in chunk.char_indices() {
            match (kind(c), start) {
                (Kind::Letter | Kind::Digit, None) => start = Some(place),
                (Kind::Other, Some(begun)) => {
                    pass(&chunk[begun..place], &mut meet);
                    start = None;
                }
                _ => {}
            }
        }
        if let Some(begun) = start {
            pass(&chunk[begun..], &mut meet);
        }
    }
}

fn pass<'a>(run: &'a str, meet: &mut impl FnMut(&'a str)) {
    if run
        .chars()
        .next()
        .is_some_and(|first| kind(first) == Kind::Letter)
    {
        meet(run);
    }
}

/// Whether a word can be a keyword: 3 to 32 characters, or 2 where it is not of ASCII.
#[must_use]
pub fn is_term(word: &str) -> bool {
    let length = word.chars().count();
    (2..=32).contains(&length) && (length > 2 || !word.is_ascii())
}
