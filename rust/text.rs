//! What the text of posts says: words, frequencies of terms, keywords, a guess of the language, and a lexicon of what is
//! not safe for work. The definitions stand in docs/algorithms.md, and in `feedscore.reference.text`.

pub mod analysis;
pub mod characters;
pub mod frequencies;
pub mod keywords;
pub mod lexicon;
pub mod readings;
pub mod texts;
pub mod vocabulary;
pub mod words;
