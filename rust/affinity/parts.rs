//! Parts of work that threads take in turn.

use std::sync::{Mutex, PoisonError};

use crate::matching::error::Result;
use crate::threads::{Tick, Watch, attended};

/// Let a thread a state take parts in turn; give the results in the order of the parts.
pub fn in_parts<S: Send, P: Send, R: Send>(
    parts: Vec<P>,
    states: &mut [S],
    tick: &mut Tick<'_>,
    work: impl Fn(&mut S, P, &Watch) -> R + Sync,
) -> Result<Vec<R>> {
    let mut results: Vec<Option<R>> = Vec::new();
    results.resize_with(parts.len(), || None);
    let queue = Mutex::new(parts.into_iter().zip(&mut results));
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    attended(states, tick, |state, watch| {
        while let Some((part, result)) = next().filter(|_| !watch.is_stopped()) {
            *result = Some(work(state, part, watch));
        }
    })?;
    drop(queue);
    Ok(results.into_iter().flatten().collect())
}
