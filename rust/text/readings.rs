//! The ways in which a text can be read: as it stands, and with what evades a look for words undone.
//!
//! Every reading is a line of words, each between spaces, so that ` word ` finds whole words alone.

use super::characters::{Kind, kind};
use super::words::{chunks, simple_word};

/// Letters of a word that is put together from pieces.
const JOINED: std::ops::RangeInclusive<usize> = 3..=20;

/// Room for the readings of one text after the other.
#[derive(Debug, Default)]
pub struct Readings {
    plain: String,
    /// digits and signs read as letters, 1 as i, repeated letters once
    once: String,
    /// the same, 1 as l, repeated letters twice
    twice: String,
    joined: String,
    spaced: Vec<char>,
    is_altered: bool,
}

impl Readings {
    /// Read a bare text in all ways; the readings stand one after the other, a line each.
    pub fn read(&mut self, bare: &str) -> &str {
        self.plain.clear();
        self.joined.clear();
        self.is_altered = false;
        self.spaced.clear();
        for chunk in chunks(bare) {
            self.chunk(chunk);
        }
        self.end_spaced();
        self.plain.push_str(" \n");
        if self.is_altered {
            self.read_forms(bare);
        }
        self.plain.push_str(&self.joined);
        &self.plain
    }

    fn chunk(&mut self, chunk: &str) {
        if let Some(word) = simple_word(chunk).filter(|word| word.len() > 1) {
            push_word(word, &mut self.plain);
            self.is_altered |= !self.is_altered && is_altered(word);
            self.end_spaced();
            return;
        }
        push_words(chunk, &mut self.plain);
        self.is_altered |= runs(chunk, |c| is_sign(c) || c == '*').any(is_altered);
        let (mut pieces, mut length, mut longest, mut shortest) = (0, 0, 0, usize::MAX);
        for piece in runs(chunk, is_sign) {
            let size = piece.chars().count();
            pieces += 1;
            length += size;
            longest = longest.max(size);
            shortest = shortest.min(size);
        }
        if pieces > 1 && (longest <= 2 || shortest == 1) {
            let letters: Vec<char> = runs(chunk, is_sign).flat_map(str::chars).collect();
            self.push_joined(&letters, length);
        }
        match (pieces, length) {
            (0, _) => {}
            (1, 1) => self
                .spaced
                .extend(runs(chunk, is_sign).flat_map(str::chars)),
            _ => self.end_spaced(),
        }
    }

    /// Add the two lines in which digits and signs are letters; most texts need none.
    fn read_forms(&mut self, bare: &str) {
        self.once.clear();
        self.twice.clear();
        for chunk in chunks(bare) {
            for run in runs(chunk, |c| is_sign(c) || c == '*') {
                if is_altered(run) {
                    push_form(run.chars(), 'i', 1, &mut self.once);
                    push_form(run.chars(), 'l', 2, &mut self.twice);
                } else {
                    push_words(run, &mut self.once);
                    push_words(run, &mut self.twice);
                }
            }
        }
        for line in [&self.once, &self.twice] {
            self.plain.push_str(line);
            self.plain.push_str(" \n");
        }
    }

    fn end_spaced(&mut self) {
        if self.spaced.is_empty() {
            return;
        }
        let letters = std::mem::take(&mut self.spaced);
        self.push_joined(&letters, letters.len());
        self.spaced = letters;
        self.spaced.clear();
    }

    fn push_joined(&mut self, letters: &[char], length: usize) {
        if JOINED.contains(&length) && letters.iter().any(|&c| kind(c) == Kind::Letter) {
            push_form(letters.iter().copied(), 'i', 1, &mut self.joined);
            self.joined.push_str(" \n");
        }
    }
}

/// Whether a sign may stand for a letter.
fn is_sign(c: char) -> bool {
    matches!(c, '@' | '$' | '!')
}

/// The runs of letters, digits and some other characters, without `!` and `*` at the ends, and `@` at the end.
fn runs(chunk: &str, is_allowed: impl Fn(char) -> bool) -> impl Iterator<Item = &str> {
    chunk
        .split(move |c| !is_allowed(c) && !matches!(kind(c), Kind::Letter | Kind::Digit))
        .map(|run| {
            run.trim_start_matches(['!', '*'])
                .trim_end_matches(['!', '*', '@'])
        })
        .filter(|run| !run.is_empty())
}

fn push_words(chunk: &str, line: &mut String) {
    for word in chunk.split(|c| !matches!(kind(c), Kind::Letter | Kind::Digit)) {
        if !word.is_empty() {
            push_word(word, line);
        }
    }
}

fn push_word(word: &str, line: &mut String) {
    line.push(' ');
    line.push_str(word);
}

/// Whether a run has letters, and something that may be meant otherwise.
fn is_altered(run: &str) -> bool {
    let (mut has_letter, mut has_other, mut before, mut same) = (false, false, None, 0);
    for c in run.chars() {
        same = if before == Some(c) { same + 1 } else { 1 };
        before = Some(c);
        if kind(c) == Kind::Letter {
            has_letter = true;
            has_other |= same > 2;
        } else {
            has_other |= c == '*' || letter_for(c, 'i') != c;
        }
    }
    has_letter && has_other
}

/// The letter that a digit or sign is written for; any other character stands for itself.
fn letter_for(c: char, one: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => one,
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    }
}

/// Write a word with letters for digits and signs, and three or more of one letter in a row `kept` times.
fn push_form(run: impl Iterator<Item = char>, one: char, kept: usize, line: &mut String) {
    line.push(' ');
    let (mut before, mut same) = ('\0', 0);
    for c in run.map(|c| letter_for(c, one)).chain(['\0']) {
        if c == before {
            same += 1;
            continue;
        }
        let times = if same > 2 && kind(before) == Kind::Letter {
            kept
        } else {
            same
        };
        line.extend(std::iter::repeat_n(before, times));
        (before, same) = (c, 1);
    }
}
