//! Parts of work that threads take in turn.

use std::sync::{Mutex, PoisonError};

use crate::matching::error::Result;
use crate::threads::{Tick, Watch, attended, thread_count};

/// Let a worker a thread take parts in turn; give the results in the order of the parts.
pub fn in_parts<P: Send, R: Send, W: FnMut(P, &Watch) -> R>(
    parts: Vec<P>,
    threads: usize,
    tick: &mut Tick<'_>,
    worker: impl Fn() -> W + Sync,
) -> Result<Vec<R>> {
    let mut results: Vec<Option<R>> = Vec::new();
    results.resize_with(parts.len(), || None);
    let mut states = vec![(); thread_count(threads, parts.len())];
    let queue = Mutex::new(parts.into_iter().zip(&mut results));
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    attended(&mut states, tick, |(), watch| {
        let mut worker = worker();
        while let Some((part, result)) = next().filter(|_| !watch.is_stopped()) {
            *result = Some(worker(part, watch));
        }
    })?;
    drop(queue);
    Ok(results.into_iter().flatten().collect())
}
