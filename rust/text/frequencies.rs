//! In how many posts of a corpus each term stands, counted post by post.

use super::characters::composed;
use super::texts::Texts;
use super::vocabulary::WordMap;
use super::words::{is_term, words};
use crate::matching::error::{Error, Result};
use crate::threads::Tick;

/// Terms held at once; when there are more, those of the fewest posts are dropped until half are left.
pub const MAX_TERMS: usize = 2_000_000;
/// Posts between two looks at whether to go on.
const TICK: usize = 1024;

/// Counts the posts that have each term.
#[derive(Debug, Default)]
pub struct Frequencies {
    /// Posts so far.
    pub posts: u64,
    terms: WordMap<Counted>,
    buffer: String,
}

#[derive(Clone, Copy, Debug)]
struct Counted {
    posts: u32,
    /// the number of the last post that has it, from 1
    last: u64,
}

impl Frequencies {
    /// Count more posts; `tick` is asked now and then whether to go on.
    ///
    /// # Errors
    /// A text is no UTF-8, or the caller asked to stop; posts before it stay counted.
    pub fn add(&mut self, texts: Texts<'_>, tick: &mut Tick<'_>) -> Result<()> {
        for place in 0..texts.len() {
            if place % TICK == 0 && !tick(place) {
                return Err(Error::Interrupted);
            }
            composed(texts.get(place)?, &mut self.buffer);
            self.posts += 1;
            let (number, terms) = (self.posts, &mut self.terms);
            words(&self.buffer, |word| {
                if !is_term(word) {
                    return;
                }
                match terms.get_mut(word) {
                    Some(counted) if counted.last == number => {}
                    Some(counted) => {
                        counted.posts += 1;
                        counted.last = number;
                    }
                    None => {
                        let counted = Counted {
                            posts: 1,
                            last: number,
                        };
                        terms.insert(Box::from(word), counted);
                    }
                }
            });
            if self.terms.len() > MAX_TERMS {
                self.prune();
            }
        }
        Ok(())
    }

    /// The terms of the most posts, at most `limit` of them; ties by term.
    #[must_use]
    pub fn most_frequent(&self, limit: usize) -> Vec<(&str, u32)> {
        let mut found: Vec<_> = self
            .terms
            .iter()
            .map(|(term, counted)| (&**term, counted.posts))
            .collect();
        found.sort_unstable_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
        found.truncate(limit);
        found
    }

    fn prune(&mut self) {
        let mut least = 1;
        while self.terms.len() > MAX_TERMS / 2 {
            self.terms.retain(|_, counted| counted.posts > least);
            least += 1;
        }
    }
}
