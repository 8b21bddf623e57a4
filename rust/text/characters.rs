//! How characters are normalised, and what kinds of them words are made of.

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Characters of a text that are looked at; what follows is ignored.
pub const MAX_CHARACTERS: usize = 10_000;

/// What a character can be in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// begins and continues words
    Letter,
    /// continues words; what begins with one is a number
    Digit,
    /// continues words: accents, vowel signs
    Mark,
    /// joins what stands around it, and is dropped: soft hyphens, zero-width spaces
    Invisible,
    /// ends words
    Other,
}

/// Tell the kind of a character.
#[must_use]
pub fn kind(c: char) -> Kind {
    match c {
        'a'..='z' | 'A'..='Z' => Kind::Letter,
        '0'..='9' => Kind::Digit,
        '\0'..='\x7f' => Kind::Other,
        _ => match c.general_category() {
            GeneralCategory::DecimalNumber => Kind::Digit,
            GeneralCategory::Format => Kind::Invisible,
            _ => match c.general_category_group() {
                GeneralCategoryGroup::Letter => Kind::Letter,
                GeneralCategoryGroup::Mark => Kind::Mark,
                _ => Kind::Other,
            },
        },
    }
}

/// Write the first characters of a text into `out` in form NFKC, in lower case, without what is invisible.
pub fn composed(text: &str, out: &mut String) {
    out.clear();
    let text = beginning(text);
    if text.is_ascii() {
        out.push_str(text);
        out.make_ascii_lowercase();
        return;
    }
    let seen = text.nfkc().flat_map(char::to_lowercase);
    out.extend(seen.filter(|&c| kind(c) != Kind::Invisible));
}

/// The same in form NFKD and without marks: letters alone.
pub fn bare(text: &str, out: &mut String) {
    out.clear();
    let text = beginning(text);
    if text.is_ascii() {
        out.push_str(text);
        out.make_ascii_lowercase();
        return;
    }
    let seen = text.nfkd().flat_map(char::to_lowercase);
    out.extend(seen.filter(|&c| !matches!(kind(c), Kind::Invisible | Kind::Mark)));
}

fn beginning(text: &str) -> &str {
    if text.len() <= MAX_CHARACTERS {
        return text;
    }
    let end = text.char_indices().nth(MAX_CHARACTERS);
    end.map_or(text, |(end, _)| &text[..end])
}
