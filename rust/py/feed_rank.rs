//! The Python edge of feed rank. `feedscore.feed_rank` has checked dtypes, dimensions and layout.

use numpy::{Element, IntoPyArray, PyArray1, PyArrayMethods, PyReadonlyArray1, PyReadwriteArray1};
use pyo3::prelude::*;

use super::attended::{attended, no_panic};
use crate::feed_rank::index;
use crate::feed_rank::posts::Posts;
use crate::feed_rank::rank::{Lists, Run, rank};
use crate::feed_rank::settings::Settings;
use crate::feed_rank::users::Users;
use crate::matching::population::Sparse;
use crate::matching::simd::Path;

/// Add feed rank to the compiled module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<FeedIndex>()
}

/// Posts prepared for ranking.
#[pyclass(frozen, module = "feedscore._native")]
struct FeedIndex {
    index: index::FeedIndex,
}

#[pymethods]
impl FeedIndex {
    #[new]
    #[expect(clippy::needless_pass_by_value, reason = "as pyo3 gives it")]
    fn new<'py>(
        py: Python<'py>,
        posts: &Bound<'py, PyAny>,
        trending: PyReadonlyArray1<'py, f32>,
        quality: PyReadonlyArray1<'py, f32>,
        as_of: i64,
        settings: &Bound<'py, PyAny>,
    ) -> PyResult<Self> {
        let settings = read_settings(settings)?;
        let (ids, author_ids) = (column::<i64>(posts, "ids")?, column(posts, "author_ids")?);
        let created_at = posts
            .getattr("created_at")?
            .call_method1("view", ("int64",))?;
        let created_at = created_at.cast::<PyArray1<i64>>()?.readonly();
        let (offsets, topics) = (column(posts, "topic_offsets")?, column(posts, "topics")?);
        let posts = Posts {
            ids: ids.as_slice()?,
            author_ids: author_ids.as_slice()?,
            created_at: created_at.as_slice()?,
            topics: sparse(&offsets, &topics)?,
            trending: trending.as_slice()?,
            quality: quality.as_slice()?,
        };
        let build = || index::FeedIndex::build(&posts, as_of, &settings);
        let index = py.detach(|| no_panic(build))?;
        Ok(Self { index })
    }

    /// The number of posts that may be shown.
    fn posts(&self) -> usize {
        self.index.len()
    }

    fn nbytes(&self) -> usize {
        self.index.nbytes()
    }

    /// Fill columns with lists written one after the other, and give their offsets.
    #[expect(clippy::too_many_arguments, reason = "a column each, as pyo3 gives it")]
    fn rank<'py>(
        &self,
        py: Python<'py>,
        users: &Bound<'py, PyAny>,
        length: usize,
        threads: usize,
        progress: Option<Bound<'py, PyAny>>,
        mut posts: PyReadwriteArray1<'py, u32>,
        mut post_ids: PyReadwriteArray1<'py, i64>,
        mut scores: PyReadwriteArray1<'py, f32>,
    ) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let columns = UserColumns::read(users)?;
        let users = columns.users()?;
        let lists = Lists {
            posts: posts.as_slice_mut()?,
            post_ids: post_ids.as_slice_mut()?,
            scores: scores.as_slice_mut()?,
        };
        let progress = progress.map(Bound::unbind);
        let path = Path::choose(None)?;
        let offsets = attended(py, progress.as_ref(), |tick| {
            let run = Run { path, threads };
            rank(&self.index, &users, length, lists, run, tick)
        })?;
        Ok(offsets.into_pyarray(py))
    }
}

fn read_settings(settings: &Bound<'_, PyAny>) -> PyResult<Settings> {
    let number = |name: &str| settings.getattr(name)?.extract::<f64>();
    Ok(Settings {
        creator_weight: number("creator_weight")?,
        topic_weight: number("topic_weight")?,
        trending_weight: number("trending_weight")?,
        quality_weight: number("quality_weight")?,
        freshness_weight: number("freshness_weight")?,
        seen_weight: number("seen_weight")?,
        window_days: number("window_days")?,
    })
}

/// Views of the columns of Python users, held while they are read.
struct UserColumns<'py> {
    user_ids: PyReadonlyArray1<'py, i64>,
    creator_offsets: PyReadonlyArray1<'py, i64>,
    creator_ids: PyReadonlyArray1<'py, i64>,
    creator_weights: PyReadonlyArray1<'py, f32>,
    topic_offsets: PyReadonlyArray1<'py, i64>,
    topics: PyReadonlyArray1<'py, u32>,
    topic_weights: PyReadonlyArray1<'py, f32>,
    excluded_author_offsets: PyReadonlyArray1<'py, i64>,
    excluded_authors: PyReadonlyArray1<'py, i64>,
    excluded_post_offsets: PyReadonlyArray1<'py, i64>,
    excluded_posts: PyReadonlyArray1<'py, i64>,
    seen_offsets: PyReadonlyArray1<'py, i64>,
    seen_posts: PyReadonlyArray1<'py, i64>,
}

impl<'py> UserColumns<'py> {
    fn read(users: &Bound<'py, PyAny>) -> PyResult<Self> {
        Ok(Self {
            user_ids: column(users, "user_ids")?,
            creator_offsets: column(users, "creator_offsets")?,
            creator_ids: column(users, "creator_ids")?,
            creator_weights: column(users, "creator_weights")?,
            topic_offsets: column(users, "topic_offsets")?,
            topics: column(users, "topics")?,
            topic_weights: column(users, "topic_weights")?,
            excluded_author_offsets: column(users, "excluded_author_offsets")?,
            excluded_authors: column(users, "excluded_authors")?,
            excluded_post_offsets: column(users, "excluded_post_offsets")?,
            excluded_posts: column(users, "excluded_posts")?,
            seen_offsets: column(users, "seen_offsets")?,
            seen_posts: column(users, "seen_posts")?,
        })
    }

    fn users(&self) -> PyResult<Users<'_>> {
        Ok(Users {
            user_ids: self.user_ids.as_slice()?,
            creators: sparse(&self.creator_offsets, &self.creator_ids)?,
            creator_weights: self.creator_weights.as_slice()?,
            topics: sparse(&self.topic_offsets, &self.topics)?,
            topic_weights: self.topic_weights.as_slice()?,
            excluded_authors: sparse(&self.excluded_author_offsets, &self.excluded_authors)?,
            excluded_posts: sparse(&self.excluded_post_offsets, &self.excluded_posts)?,
            seen_posts: sparse(&self.seen_offsets, &self.seen_posts)?,
        })
    }
}

fn column<'py, T: Element>(
    record: &Bound<'py, PyAny>,
    name: &str,
) -> PyResult<PyReadonlyArray1<'py, T>> {
    Ok(record.getattr(name)?.cast::<PyArray1<T>>()?.readonly())
}

fn sparse<'a, T: Element>(
    offsets: &'a PyReadonlyArray1<'_, i64>,
    values: &'a PyReadonlyArray1<'_, T>,
) -> PyResult<Sparse<'a, T>> {
    Ok(Sparse {
        offsets: offsets.as_slice()?,
        values: values.as_slice()?,
    })
}
