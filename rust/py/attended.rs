//! Kernels without the interpreter, which signals and the progress callback may stop all the same.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::prelude::*;

use crate::matching::error::{Error, Result};
use crate::threads::Tick;

/// Run a kernel detached; what a signal or `progress`, called with the amount done, raises, ends it and comes out.
pub fn attended<T: Send>(
    py: Python<'_>,
    progress: Option<&Py<PyAny>>,
    kernel: impl FnOnce(&mut Tick<'_>) -> Result<T> + Send,
) -> PyResult<T> {
    let mut raised = None;
    let mut tick = |done: usize| {
        let asked = Python::attach(|py| {
            py.check_signals()?;
            progress.map_or(Ok(()), |progress| progress.call1(py, (done,)).map(drop))
        });
        // What was raised first is what the caller shall see.
        if let Err(error) = asked {
            raised.get_or_insert(error);
        }
        raised.is_none()
    };
    let result = py.detach(|| no_panic(|| kernel(&mut tick)));
    match (raised, result) {
        (Some(error), _) => Err(error),
        (None, result) => Ok(result?),
    }
}

/// Turn a panic, which would be a fault of ours, into an error.
pub fn no_panic<T>(kernel: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(kernel)).unwrap_or_else(|_| {
        Err(Error::Internal(
            "a kernel panicked: please report it".into(),
        ))
    })
}
