//! The Python edge of the text kernels. `feedscore.text` has checked dtypes, dimensions and layout.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use super::attended::{attended, no_panic};
use crate::text::analysis::{Model, analyse};
use crate::text::frequencies::Frequencies;
use crate::text::keywords::Rules;
use crate::text::lexicon::Lexicon;
use crate::text::texts::Texts;
use crate::text::vocabulary::Vocabulary;

/// Add the text kernels to the compiled module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<TermCounter>()?;
    module.add_class::<TextModel>()
}

/// Counts the posts that have each term.
#[pyclass(module = "feedscore._native")]
struct TermCounter {
    frequencies: Frequencies,
}

#[pymethods]
impl TermCounter {
    #[new]
    fn new() -> Self {
        Self {
            frequencies: Frequencies::default(),
        }
    }

    #[getter]
    fn posts(&self) -> u64 {
        self.frequencies.posts
    }

    #[expect(clippy::needless_pass_by_value, reason = "as pyo3 gives it")]
    fn add(
        &mut self,
        py: Python<'_>,
        data: PyReadonlyArray1<'_, u8>,
        offsets: PyReadonlyArray1<'_, i64>,
    ) -> PyResult<()> {
        let texts = Texts::new(data.as_slice()?, offsets.as_slice()?)?;
        let frequencies = &mut self.frequencies;
        attended(py, None, |tick| frequencies.add(texts, tick))
    }

    fn most_frequent(&self, limit: usize) -> Vec<(&str, u32)> {
        self.frequencies.most_frequent(limit)
    }
}

/// keywords, how many each post has, languages, letters, nsfw
type Told<'py> = (
    Vec<String>,
    Bound<'py, PyArray1<u8>>,
    Bound<'py, PyArray1<i8>>,
    Bound<'py, PyArray1<i32>>,
    Bound<'py, PyArray1<f32>>,
);

/// Stop words, frequencies and a lexicon, prepared for looking at posts.
#[pyclass(frozen, module = "feedscore._native")]
struct TextModel {
    vocabulary: Vocabulary,
    rules: Rules,
    lexicon: Lexicon,
}

#[pymethods]
impl TextModel {
    #[new]
    #[expect(clippy::needless_pass_by_value, reason = "as pyo3 gives it")]
    fn new(
        py: Python<'_>,
        stop_words: Vec<(String, u32)>,
        languages: usize,
        terms: Vec<(String, u32)>,
        posts: u64,
        lexicon: (Vec<String>, Vec<i32>, Vec<f64>),
        rules: (f64, f64, f64, f64),
    ) -> PyResult<Self> {
        let vocabulary = Vocabulary::new(
            stop_words.iter().map(|(word, bits)| (word.as_str(), *bits)),
            terms.iter().map(|(word, posts)| (word.as_str(), *posts)),
            posts,
            languages,
        );
        let (patterns, entries, weights) = lexicon;
        let lexicon = py.detach(|| no_panic(|| Lexicon::new(&patterns, &entries, &weights)))?;
        let (language_votes, language_lead, keyword_share, nsfw_letters) = rules;
        Ok(Self {
            vocabulary,
            rules: Rules {
                language_votes,
                language_lead,
                keyword_share,
                nsfw_letters,
            },
            lexicon,
        })
    }

    #[expect(clippy::needless_pass_by_value, reason = "as pyo3 gives it")]
    fn analyse<'py>(
        &self,
        py: Python<'py>,
        data: PyReadonlyArray1<'py, u8>,
        offsets: PyReadonlyArray1<'py, i64>,
        threads: usize,
        progress: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Told<'py>> {
        let texts = Texts::new(data.as_slice()?, offsets.as_slice()?)?;
        let progress = progress.map(Bound::unbind);
        let told = attended(py, progress.as_ref(), |tick| {
            let model = Model {
                vocabulary: &self.vocabulary,
                rules: &self.rules,
                lexicon: &self.lexicon,
            };
            analyse(texts, model, threads, tick)
        })?;
        Ok((
            told.keywords,
            told.keyword_counts.into_pyarray(py),
            told.languages.into_pyarray(py),
            told.letters.into_pyarray(py),
            told.nsfw.into_pyarray(py),
        ))
    }
}
