//! The Python edge of match scoring. `feedscore.matching` has checked dtypes, dimensions and layout.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use numpy::{Element, IntoPyArray, PyArray1, PyArrayMethods, PyReadonlyArray1, PyReadwriteArray1};
use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError, PyValueError};
use pyo3::prelude::*;

use super::attended::{attended, no_panic};
use crate::matching::error::{Error, Result};
use crate::matching::index;
use crate::matching::population::{Population, Sparse};
use crate::matching::seen_by::seen_by;
use crate::matching::settings::{Settings, Weights};
use crate::matching::simd::Path;
use crate::matching::top::{Lists, Run, count_eligible, top};

/// Add match scoring to the compiled module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(simd_paths, module)?)?;
    module.add_class::<MatchIndex>()
}

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(text) => PyValueError::new_err(text),
            Error::Interrupted => PyKeyboardInterrupt::new_err("match scoring was interrupted"),
            Error::Internal(text) => PyRuntimeError::new_err(text),
        }
    }
}

/// The instruction sets that this machine has, best first.
#[pyfunction]
fn simd_paths() -> Vec<&'static str> {
    Path::available().into_iter().map(Path::name).collect()
}

/// A population prepared for match scoring.
#[pyclass(frozen, module = "feedscore._native")]
struct MatchIndex {
    index: RwLock<index::MatchIndex>,
    path: Path,
}

#[pymethods]
impl MatchIndex {
    #[new]
    fn new(
        py: Python<'_>,
        population: &Bound<'_, PyAny>,
        settings: &Bound<'_, PyAny>,
        simd: Option<&str>,
    ) -> PyResult<Self> {
        let path = Path::choose(simd)?;
        let settings = read_settings(settings)?;
        let columns = Columns::read(population)?;
        let population = columns.population()?;
        let index = py.detach(|| no_panic(|| index::MatchIndex::build(&population, &settings)))?;
        Ok(Self {
            index: RwLock::new(index),
            path,
        })
    }

    /// The rows of those who can be matched, in the spatial order.
    fn order<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u32>> {
        let index = self.read();
        let rows = (0..index.len()).map(|at| index.rows[at]);
        PyArray1::from_iter(py, rows)
    }

    fn nbytes(&self) -> usize {
        self.read().nbytes()
    }

    /// Fill columns with lists written one after the other, and give their offsets.
    #[expect(
        clippy::too_many_arguments,
        clippy::needless_pass_by_value,
        reason = "a column each, as pyo3 gives it"
    )]
    fn top<'py>(
        &self,
        py: Python<'py>,
        viewers: PyReadonlyArray1<'py, u32>,
        k: usize,
        threads: usize,
        progress: Option<Bound<'py, PyAny>>,
        mut candidates: PyReadwriteArray1<'py, u32>,
        mut scores: PyReadwriteArray1<'py, f32>,
        mut facts: PyReadwriteArray1<'py, i64>,
    ) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let viewers = viewers.as_slice()?;
        let mut lists = Lists {
            candidates: candidates.as_slice_mut()?,
            scores: scores.as_slice_mut()?,
            facts: facts.as_slice_mut()?,
        };
        let progress = progress.map(Bound::unbind);
        let offsets = self.run(py, threads, progress.as_ref(), |run| {
            top(&self.read(), viewers, k, &mut lists, run)
        })?;
        Ok(offsets.into_pyarray(py))
    }

    /// Count the eligible candidates of each viewer.
    #[expect(clippy::needless_pass_by_value, reason = "as pyo3 gives it")]
    fn count_eligible<'py>(
        &self,
        py: Python<'py>,
        viewers: PyReadonlyArray1<'py, u32>,
        threads: usize,
    ) -> PyResult<Bound<'py, PyArray1<u64>>> {
        let viewers = viewers.as_slice()?;
        let counts = self.run(py, threads, None, |run| {
            count_eligible(&self.read(), viewers, run)
        })?;
        Ok(counts.into_pyarray(py))
    }

    /// List the viewers in whose lists candidates would stand.
    #[expect(clippy::needless_pass_by_value, reason = "as pyo3 gives it")]
    fn seen_by<'py>(
        &self,
        py: Python<'py>,
        candidates: PyReadonlyArray1<'py, u32>,
        thresholds: PyReadonlyArray1<'py, f32>,
    ) -> PyResult<Bound<'py, PyArray1<u32>>> {
        let (candidates, thresholds) = (candidates.as_slice()?, thresholds.as_slice()?);
        let work = || seen_by(&self.read(), candidates, thresholds, self.path);
        let viewers = py.detach(|| no_panic(work))?;
        Ok(viewers.into_pyarray(py))
    }

    /// Put people in the place of some rows, and of those alone.
    #[expect(clippy::needless_pass_by_value, reason = "as pyo3 gives it")]
    fn amend<'py>(
        &self,
        py: Python<'py>,
        rows: PyReadonlyArray1<'py, u32>,
        population: &Bound<'py, PyAny>,
        total: usize,
    ) -> PyResult<()> {
        let columns = Columns::read(population)?;
        let (rows, population) = (rows.as_slice()?, columns.population()?);
        let work = || self.write().amend(rows, &population, total);
        Ok(py.detach(|| no_panic(work))?)
    }
}

impl MatchIndex {
    // A panic inside leaves the lock poisoned; it was told, and the index is not used again.
    fn read(&self) -> RwLockReadGuard<'_, index::MatchIndex> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, index::MatchIndex> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Run a kernel without the interpreter, but let signals and the progress callback stop it.
    fn run<T: Send>(
        &self,
        py: Python<'_>,
        threads: usize,
        progress: Option<&Py<PyAny>>,
        kernel: impl FnOnce(&mut Run<'_>) -> Result<T> + Send,
    ) -> PyResult<T> {
        attended(py, progress, |tick| {
            kernel(&mut Run {
                path: self.path,
                threads,
                tick,
            })
        })
    }
}

fn read_settings(settings: &Bound<'_, PyAny>) -> PyResult<Settings> {
    let number = |name: &str| settings.getattr(name)?.extract::<f64>();
    Ok(Settings {
        weights: Weights {
            quiz: number("quiz_weight")?,
            interests: number("interests_weight")?,
            proximity: number("proximity_weight")?,
            goals: number("goals_weight")?,
            age_fit: number("age_fit_weight")?,
            rating_quality: number("rating_quality_weight")?,
            rating_fit: number("rating_fit_weight")?,
            newness: number("newness_weight")?,
        },
        proximity_scale_km: number("proximity_scale_km")?,
        proximity_unknown: number("proximity_unknown")?,
        newness_scale_days: number("newness_scale_days")?,
        hide_strength: number("hide_strength")?,
        hide_scale_days: number("hide_scale_days")?,
        tier_a_score: number("tier_a_score")?,
        quiz_reason_value: number("quiz_reason_value")?,
        nearby_reason_km: number("nearby_reason_km")?,
        highly_rated_value: number("highly_rated_value")?,
        new_here_days: number("new_here_days")?,
    })
}

/// Flat views of the columns of a Python population, held while they are read.
struct Columns<'py> {
    ids: PyReadonlyArray1<'py, i64>,
    active: PyReadonlyArray1<'py, u8>,
    age: PyReadonlyArray1<'py, u8>,
    gender: PyReadonlyArray1<'py, u8>,
    seeking: PyReadonlyArray1<'py, u64>,
    min_age: PyReadonlyArray1<'py, i16>,
    max_age: PyReadonlyArray1<'py, i16>,
    placed: PyReadonlyArray1<'py, u8>,
    latitude: PyReadonlyArray1<'py, f64>,
    longitude: PyReadonlyArray1<'py, f64>,
    max_distance_km: PyReadonlyArray1<'py, f32>,
    traits: PyReadonlyArray1<'py, f32>,
    trait_count: usize,
    interest_offsets: PyReadonlyArray1<'py, i64>,
    interest_codes: PyReadonlyArray1<'py, u16>,
    interest_people: Option<PyReadonlyArray1<'py, i64>>,
    goals: PyReadonlyArray1<'py, u64>,
    goal_count: PyReadonlyArray1<'py, u8>,
    goal_people: Option<PyReadonlyArray1<'py, i64>>,
    rating_quality: PyReadonlyArray1<'py, f32>,
    rated: PyReadonlyArray1<'py, u8>,
    rating_preference: PyReadonlyArray1<'py, f32>,
    rating_attributes: PyReadonlyArray1<'py, f32>,
    attribute_count: usize,
    days_since_joined: PyReadonlyArray1<'py, f32>,
    excluded_offsets: PyReadonlyArray1<'py, i64>,
    excluded_rows: PyReadonlyArray1<'py, u32>,
    hidden_offsets: PyReadonlyArray1<'py, i64>,
    hidden_rows: PyReadonlyArray1<'py, u32>,
    hidden_days: PyReadonlyArray1<'py, f32>,
}

impl<'py> Columns<'py> {
    fn read(population: &Bound<'py, PyAny>) -> PyResult<Self> {
        let p = population;
        let width = |name: &str| {
            p.getattr(name)?
                .getattr("shape")?
                .get_item(1)?
                .extract::<usize>()
        };
        Ok(Self {
            ids: flat(p, "ids")?,
            active: bytes(p, "active")?,
            age: flat(p, "age")?,
            gender: flat(p, "gender")?,
            seeking: flat(p, "seeking")?,
            min_age: flat(p, "min_age")?,
            max_age: flat(p, "max_age")?,
            placed: bytes(p, "placed")?,
            latitude: flat(p, "latitude")?,
            longitude: flat(p, "longitude")?,
            max_distance_km: flat(p, "max_distance_km")?,
            traits: flat(p, "traits")?,
            trait_count: width("traits")?,
            interest_offsets: flat(p, "interest_offsets")?,
            interest_codes: flat(p, "interest_codes")?,
            interest_people: optional(p, "interest_people")?,
            goals: flat(p, "goals")?,
            goal_count: flat(p, "goal_count")?,
            goal_people: optional(p, "goal_people")?,
            rating_quality: flat(p, "rating_quality")?,
            rated: bytes(p, "rated")?,
            rating_preference: flat(p, "rating_preference")?,
            rating_attributes: flat(p, "rating_attributes")?,
            attribute_count: width("rating_attributes")?,
            days_since_joined: flat(p, "days_since_joined")?,
            excluded_offsets: flat(p, "excluded_offsets")?,
            excluded_rows: flat(p, "excluded_rows")?,
            hidden_offsets: flat(p, "hidden_offsets")?,
            hidden_rows: flat(p, "hidden_rows")?,
            hidden_days: flat(p, "hidden_days")?,
        })
    }

    fn population(&self) -> PyResult<Population<'_>> {
        Ok(Population {
            ids: self.ids.as_slice()?,
            active: self.active.as_slice()?,
            age: self.age.as_slice()?,
            gender: self.gender.as_slice()?,
            seeking: self.seeking.as_slice()?,
            min_age: self.min_age.as_slice()?,
            max_age: self.max_age.as_slice()?,
            placed: self.placed.as_slice()?,
            latitude: self.latitude.as_slice()?,
            longitude: self.longitude.as_slice()?,
            max_distance_km: self.max_distance_km.as_slice()?,
            traits: self.traits.as_slice()?,
            trait_count: self.trait_count,
            interests: Sparse {
                offsets: self.interest_offsets.as_slice()?,
                values: self.interest_codes.as_slice()?,
            },
            interest_people: slice(self.interest_people.as_ref())?,
            goals: self.goals.as_slice()?,
            goal_count: self.goal_count.as_slice()?,
            goal_people: slice(self.goal_people.as_ref())?,
            rating_quality: self.rating_quality.as_slice()?,
            rated: self.rated.as_slice()?,
            rating_preference: self.rating_preference.as_slice()?,
            rating_attributes: self.rating_attributes.as_slice()?,
            attribute_count: self.attribute_count,
            days_since_joined: self.days_since_joined.as_slice()?,
            excluded: Sparse {
                offsets: self.excluded_offsets.as_slice()?,
                values: self.excluded_rows.as_slice()?,
            },
            hidden: Sparse {
                offsets: self.hidden_offsets.as_slice()?,
                values: self.hidden_rows.as_slice()?,
            },
            hidden_days: self.hidden_days.as_slice()?,
        })
    }
}

/// A column as one row of numbers.
fn flat<'py, T: Element>(
    population: &Bound<'py, PyAny>,
    name: &str,
) -> PyResult<PyReadonlyArray1<'py, T>> {
    let column = population.getattr(name)?.call_method1("reshape", (-1,))?;
    Ok(column.cast::<PyArray1<T>>()?.readonly())
}

/// A column that may be None.
fn optional<'py>(
    population: &Bound<'py, PyAny>,
    name: &str,
) -> PyResult<Option<PyReadonlyArray1<'py, i64>>> {
    if population.getattr(name)?.is_none() {
        return Ok(None);
    }
    flat(population, name).map(Some)
}

fn slice<'a>(column: Option<&'a PyReadonlyArray1<'_, i64>>) -> PyResult<Option<&'a [i64]>> {
    Ok(column.map(PyReadonlyArray1::as_slice).transpose()?)
}

/// A column of bool as bytes: Rust may not look at a bool that is neither 0 nor 1, and `NumPy` can hold one.
fn bytes<'py>(population: &Bound<'py, PyAny>, name: &str) -> PyResult<PyReadonlyArray1<'py, u8>> {
    let column = population.getattr(name)?.call_method1("view", ("uint8",))?;
    Ok(column.cast::<PyArray1<u8>>()?.readonly())
}
