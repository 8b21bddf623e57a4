//! The Python edge of trending. `feedscore.trending` has checked dtypes, lengths and layout.

use numpy::{IntoPyArray, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::attended::{attended, no_panic};
use crate::trending::{self, Events, Posts, Settings};

/// Add trending to the compiled module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<TrendingEvents>()
}

/// Events, collected chunk by chunk, of posts that may be trending.
#[pyclass(module = "feedscore._native")]
struct TrendingEvents {
    events: trending::TrendingEvents,
}

#[pymethods]
#[allow(
    clippy::needless_pass_by_value,
    clippy::too_many_arguments,
    reason = "a column each, as pyo3 gives it"
)]
impl TrendingEvents {
    #[new]
    fn new(
        py: Python<'_>,
        ids: PyReadonlyArray1<'_, i64>,
        author_ids: PyReadonlyArray1<'_, i64>,
        created_us: PyReadonlyArray1<'_, i64>,
        as_of_us: i64,
        settings: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let settings = read_settings(settings)?;
        let posts = Posts {
            ids: ids.as_slice()?,
            author_ids: author_ids.as_slice()?,
            created_us: created_us.as_slice()?,
        };
        let build = || trending::TrendingEvents::new(&posts, as_of_us, settings);
        let events = py.detach(|| no_panic(build))?;
        Ok(Self { events })
    }

    /// Take in a chunk.
    fn add(
        &mut self,
        py: Python<'_>,
        user_ids: PyReadonlyArray1<'_, i64>,
        post_ids: PyReadonlyArray1<'_, i64>,
        kinds: PyReadonlyArray1<'_, u8>,
        occurred_us: PyReadonlyArray1<'_, i64>,
        threads: usize,
    ) -> PyResult<()> {
        let chunk = Events {
            user_ids: user_ids.as_slice()?,
            post_ids: post_ids.as_slice()?,
            kinds: kinds.as_slice()?,
            occurred_us: occurred_us.as_slice()?,
        };
        attended(py, None, |tick| self.events.add(&chunk, threads, tick))
    }

    /// The columns of `TrendingPosts`, by name.
    fn trends<'py>(
        &self,
        py: Python<'py>,
        threads: usize,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let found = attended(py, progress.as_ref(), |tick| {
            self.events.trends(threads, tick)
        })?;
        let columns = PyDict::new(py);
        columns.set_item("gated", found.gated.into_pyarray(py))?;
        columns.set_item("engagements", found.engagements.into_pyarray(py))?;
        columns.set_item("recent_engagements", found.recent.into_pyarray(py))?;
        columns.set_item("popularity", found.popularity.into_pyarray(py))?;
        columns.set_item("velocity", found.velocity.into_pyarray(py))?;
        columns.set_item("decay_multiplier", found.decay_multiplier.into_pyarray(py))?;
        columns.set_item("peak_time", found.peak_us.into_pyarray(py))?;
        columns.set_item("is_trending", found.is_trending.into_pyarray(py))?;
        columns.set_item("avg_velocity", found.avg_velocity)?;
        Ok(columns)
    }

    /// Events ignored so far: of other kinds, late, early, of other posts, own.
    fn ignored(&self) -> (u64, u64, u64, u64, u64) {
        let ignored = self.events.ignored();
        (
            ignored.other_kinds,
            ignored.late,
            ignored.early,
            ignored.other_posts,
            ignored.own,
        )
    }

    fn nbytes(&self) -> usize {
        self.events.nbytes()
    }
}

fn read_settings(settings: &Bound<'_, PyAny>) -> PyResult<Settings> {
    let number = |name: &str| settings.getattr(name)?.extract::<f64>();
    Ok(Settings {
        like_weight: number("like_weight")?,
        comment_weight: number("comment_weight")?,
        share_weight: number("share_weight")?,
        profile_view_weight: number("profile_view_weight")?,
        comments_counted: number("comments_counted")?,
        takeback_s: number("takeback_s")?,
        window_h: number("window_h")?,
        half_life_h: number("half_life_h")?,
        velocity_window_h: number("velocity_window_h")?,
        min_engagements: number("min_engagements")?,
        trending_ratio: number("trending_ratio")?,
    })
}
