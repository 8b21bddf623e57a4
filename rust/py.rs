//! The Python edge: the only files that name pyo3 or numpy are this one and those in `py/`.

use pyo3::prelude::*;

/// The compiled half of the package `feedscore`.
#[pymodule]
fn _native(_module: &Bound<'_, PyModule>) -> PyResult<()> {
    Ok(())
}
