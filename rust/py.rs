//! The Python edge: the only files that name pyo3 or numpy are this one and those in `py/`.

mod affinity;
mod attended;
mod columns;
mod copy;
mod feed_rank;
mod matching;
mod text;
mod trending;

use pyo3::prelude::*;

/// The compiled half of the package `feedscore`.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    affinity::register(module)?;
    copy::register(module)?;
    feed_rank::register(module)?;
    matching::register(module)?;
    text::register(module)?;
    trending::register(module)
}
