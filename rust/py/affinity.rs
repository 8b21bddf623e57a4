//! The Python edge of affinity. `feedscore.affinity` has checked dtypes, dimensions and layout.

use std::sync::{Mutex, PoisonError};

use numpy::{Element, IntoPyArray, PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::affinity::events::{Basis, Collector, Columns as EventColumns};
use crate::affinity::exclusions::Exclusions;
use crate::affinity::posts::{Columns as PostColumns, Posts};
use crate::affinity::reach;
use crate::affinity::settings::Settings;
use crate::affinity::table_of_profiles::Profiles;
use crate::affinity::tallies::{Tally, tallies};
use crate::affinity::top;
use crate::affinity::walk::Selection;
use crate::matching::error::Result;
use crate::matching::population::Sparse;
use crate::threads::Tick;

use super::attended::{attended, no_panic};

/// Add affinity to the compiled module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<AffinityEvents>()
}

type Told<'py> = (
    i64,
    PyReadonlyArray1<'py, i64>,
    PyReadonlyArray1<'py, i32>,
    PyReadonlyArray1<'py, i32>,
);

/// Events that are collected for affinity.
#[pyclass(frozen, module = "feedscore._native")]
struct AffinityEvents {
    collector: Mutex<Collector>,
}

#[pymethods]
impl AffinityEvents {
    #[new]
    #[expect(clippy::needless_pass_by_value, reason = "as pyo3 gives it")]
    fn new<'py>(
        py: Python<'py>,
        posts: &Bound<'py, PyAny>,
        as_of_us: i64,
        settings: &Bound<'py, PyAny>,
        excluded_users: PyReadonlyArray1<'py, i64>,
        excluded_creators: PyReadonlyArray1<'py, i64>,
    ) -> PyResult<Self> {
        let settings = read_settings(settings)?;
        let created_at = posts
            .getattr("created_at")?
            .call_method1("view", ("int64",))?;
        let created_at = created_at.cast::<PyArray1<i64>>()?.readonly();
        let ids = column::<i64>(posts, "ids")?;
        let author_ids = column::<i64>(posts, "author_ids")?;
        let content_types = column::<u8>(posts, "content_types")?;
        let offsets = column::<i64>(posts, "topic_offsets")?;
        let topics = column::<u32>(posts, "topics")?;
        let columns = PostColumns {
            ids: ids.as_slice()?,
            author_ids: author_ids.as_slice()?,
            created_at: created_at.as_slice()?,
            content_types: content_types.as_slice()?,
            topics: Sparse {
                offsets: offsets.as_slice()?,
                values: topics.as_slice()?,
            },
        };
        let pairs = (excluded_users.as_slice()?, excluded_creators.as_slice()?);
        let collector = py.detach(|| {
            no_panic(|| {
                let posts = Posts::new(&columns)?;
                let exclusions = Exclusions::new(pairs.0, pairs.1, &posts)?;
                Ok(Collector::new(Basis::new(
                    posts, exclusions, as_of_us, settings,
                )?))
            })
        })?;
        Ok(Self {
            collector: Mutex::new(collector),
        })
    }

    fn nbytes(&self, py: Python<'_>) -> usize {
        py.detach(|| self.lock(Collector::nbytes))
    }

    /// The numbers of topics and of content types: one more than the largest code.
    fn code_counts(&self, py: Python<'_>) -> (usize, usize) {
        py.detach(|| {
            self.lock(|collector| {
                let posts = &collector.basis.posts;
                (posts.topic_count, posts.content_type_count)
            })
        })
    }

    fn held(&self, py: Python<'_>) -> usize {
        py.detach(|| self.lock(Collector::len))
    }

    #[expect(
        clippy::too_many_arguments,
        clippy::needless_pass_by_value,
        reason = "a column each, as pyo3 gives it"
    )]
    fn add<'py>(
        &self,
        py: Python<'py>,
        user_ids: PyReadonlyArray1<'py, i64>,
        post_ids: PyReadonlyArray1<'py, i64>,
        kinds: PyReadonlyArray1<'py, u8>,
        occurred_at: PyReadonlyArray1<'py, i64>,
        dwell_ms: PyReadonlyArray1<'py, i32>,
        threads: usize,
    ) -> PyResult<()> {
        let columns = EventColumns {
            user_ids: user_ids.as_slice()?,
            post_ids: post_ids.as_slice()?,
            kinds: kinds.as_slice()?,
            occurred_at: occurred_at.as_slice()?,
            dwell_ms: dwell_ms.as_slice()?,
        };
        self.run(py, None, |collector, tick| {
            collector.add(&columns, threads, tick)
        })
    }

    fn reach<'py>(
        &self,
        py: Python<'py>,
        threads: usize,
        progress: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let progress = progress.map(Bound::unbind);
        let (reach, ids) = self.run(py, progress.as_ref(), |collector, tick| {
            let reach = top::reach(collector, threads, tick)?;
            Ok((reach, collector.basis.posts.author_ids().to_vec()))
        })?;
        let engaged = || reach.creators.iter().zip(&ids).filter(|pair| *pair.0 > 0);
        let creator_ids: Vec<i64> = engaged().map(|pair| *pair.1).collect();
        let creator_users: Vec<i32> = engaged().map(|pair| *pair.0 as i32).collect();
        let topic_users: Vec<i32> = reach.topics.iter().map(|&users| users as i32).collect();
        let told = (
            reach.users,
            creator_ids.into_pyarray(py),
            creator_users.into_pyarray(py),
            topic_users.into_pyarray(py),
        );
        Ok(told.into_pyobject(py)?.into_any())
    }

    #[expect(clippy::needless_pass_by_value, reason = "as pyo3 gives it")]
    fn profiles<'py>(
        &self,
        py: Python<'py>,
        told: Option<Told<'py>>,
        threads: usize,
        progress: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let progress = progress.map(Bound::unbind);
        let told = match &told {
            None => None,
            Some((users, creator_ids, creator_users, topic_users)) => Some((
                *users,
                creator_ids.as_slice()?,
                creator_users.as_slice()?,
                topic_users.as_slice()?,
            )),
        };
        let profiles = self.run(py, progress.as_ref(), |collector, tick| {
            let posts = &collector.basis.posts;
            let told = match told {
                Some((users, ids, creators, topics)) => {
                    Some(reach::told(posts, users, ids, creators, topics)?)
                }
                None => None,
            };
            top::profiles(collector, told.as_ref(), threads, tick)
        })?;
        columns_of(py, profiles)
    }

    /// What counts of the given ages; or, `taken_back`, the likes of these ages that a younger unlike took back.
    fn tallies<'py>(
        &self,
        py: Python<'py>,
        ages_us: (u64, u64),
        taken_back: bool,
        threads: usize,
    ) -> PyResult<Bound<'py, PyDict>> {
        let selection = Selection {
            ages_us: ages_us.0..ages_us.1,
            taken_back_below_us: taken_back.then_some(ages_us.0),
        };
        let tallies = self.run(py, None, |collector, tick| {
            tallies(collector, &selection, threads, tick)
        })?;
        let columns = PyDict::new(py);
        columns.set_item("creators", tally_columns(py, tallies.creators)?)?;
        columns.set_item("topics", tally_columns(py, tallies.topics)?)?;
        columns.set_item("content_types", tally_columns(py, tallies.content_types)?)?;
        let days = PyDict::new(py);
        days.set_item("users", tallies.day_users.into_pyarray(py))?;
        days.set_item("days", tallies.days.into_pyarray(py))?;
        days.set_item("first_us", tallies.first_us.into_pyarray(py))?;
        columns.set_item("days", days)?;
        Ok(columns)
    }
}

impl AffinityEvents {
    fn lock<T>(&self, read: impl FnOnce(&mut Collector) -> T) -> T {
        // A panic while it was locked left events that are whole: each is pushed at once.
        read(
            &mut self
                .collector
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Run a kernel on what is collected, without the interpreter.
    fn run<T: Send>(
        &self,
        py: Python<'_>,
        progress: Option<&Py<PyAny>>,
        kernel: impl FnOnce(&mut Collector, &mut Tick<'_>) -> Result<T> + Send,
    ) -> PyResult<T> {
        attended(py, progress, |tick| {
            self.lock(|collector| kernel(collector, tick))
        })
    }
}

fn read_settings(settings: &Bound<'_, PyAny>) -> PyResult<Settings> {
    let number = |name: &str| settings.getattr(name)?.extract::<f64>();
    Ok(Settings {
        like_weight: number("like_weight")?,
        comment_weight: number("comment_weight")?,
        share_weight: number("share_weight")?,
        profile_view_weight: number("profile_view_weight")?,
        view_weight: number("view_weight")?,
        hide_weight: number("hide_weight")?,
        decay_per_day: number("decay_per_day")?,
        hide_decay_per_day: number("hide_decay_per_day")?,
        window_days: number("window_days")?,
        min_view_s: number("min_view_s")?,
        takeback_s: number("takeback_s")?,
        min_actions: number("min_actions")?,
    })
}

fn column<'py, T: Element>(
    columns: &Bound<'py, PyAny>,
    name: &str,
) -> PyResult<PyReadonlyArray1<'py, T>> {
    Ok(columns.getattr(name)?.cast::<PyArray1<T>>()?.readonly())
}

/// The columns by the names of `AffinityProfiles`.
fn columns_of(py: Python<'_>, profiles: Profiles) -> PyResult<Bound<'_, PyDict>> {
    let columns = PyDict::new(py);
    columns.set_item("creator_offsets", profiles.creator_offsets.into_pyarray(py))?;
    columns.set_item("topic_offsets", profiles.topic_offsets.into_pyarray(py))?;
    columns.set_item("user_ids", profiles.user_ids.into_pyarray(py))?;
    columns.set_item("actions", profiles.actions.into_pyarray(py))?;
    columns.set_item("creator_ids", profiles.creator_ids.into_pyarray(py))?;
    columns.set_item("creator_weights", profiles.creator_weights.into_pyarray(py))?;
    columns.set_item("topics", profiles.topics.into_pyarray(py))?;
    columns.set_item("topic_weights", profiles.topic_weights.into_pyarray(py))?;
    columns.set_item(
        "content_type_shares",
        profiles.content_type_shares.into_pyarray(py),
    )?;
    columns.set_item("velocity", profiles.velocity.into_pyarray(py))?;
    columns.set_item("exploration", profiles.exploration.into_pyarray(py))?;
    Ok(columns)
}

/// The columns by the names of `AffinityTally`.
fn tally_columns(py: Python<'_>, tally: Tally) -> PyResult<Bound<'_, PyDict>> {
    let columns = PyDict::new(py);
    columns.set_item("users", tally.users.into_pyarray(py))?;
    columns.set_item("keys", tally.keys.into_pyarray(py))?;
    columns.set_item("actions", tally.actions.into_pyarray(py))?;
    columns.set_item("hides", tally.hides.into_pyarray(py))?;
    columns.set_item("positive", tally.positive.into_pyarray(py))?;
    columns.set_item("negative", tally.negative.into_pyarray(py))?;
    Ok(columns)
}
