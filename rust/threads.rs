//! Work on several threads, under the eyes of a caller who may stop it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::matching::error::{Error, Result};

/// How often the caller is asked whether to go on.
const TICK: Duration = Duration::from_millis(200);

/// Called now and then with the amount that is done; false stops the work.
pub type Tick<'a> = dyn FnMut(usize) -> bool + Send + 'a;

/// What the threads and the caller tell each other.
#[derive(Debug, Default)]
pub struct Watch {
    stop: AtomicBool,
    done: AtomicUsize,
}

impl Watch {
    /// Whether the caller wants no more; a thread asks this between two pieces of its work.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Tell that so much more is done.
    pub fn add(&self, amount: usize) {
        self.done.fetch_add(amount, Ordering::Relaxed);
    }
}

/// The number of threads that is meant: 0 is one a core; never more than `most`, never less than one.
#[must_use]
pub fn thread_count(threads: usize, most: usize) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let wanted = if threads == 0 { cores() } else { threads };
    wanted.clamp(1, most.max(1))
}

/// Let `work` run on one thread for each of the states, of which there must be one.
///
/// The threads share what is to be done by themselves, such as through a queue: where the system gives fewer
/// threads, some states stay untouched. No thread lives on after the call.
///
/// # Errors
/// `Interrupted` when the caller stopped the work; `Internal` when a thread panicked, or none could be started.
pub fn attended<S: Send>(
    states: &mut [S],
    tick: &mut Tick<'_>,
    work: impl Fn(&mut S, &Watch) + Sync,
) -> Result<()> {
    let watch = Watch::default();
    std::thread::scope(|scope| {
        let (alive, ended) = channel::<()>();
        let mut handles = Vec::new();
        for state in states {
            let (alive, work, watch) = (alive.clone(), &work, &watch);
            let spawned = std::thread::Builder::new().spawn_scoped(scope, move || {
                let _alive = alive;
                work(state, watch);
            });
            match spawned {
                Ok(handle) => handles.push(handle),
                // Fewer threads will do; none will not.
                Err(error) if handles.is_empty() => {
                    return Err(Error::Internal(format!(
                        "no thread could be started: {error}"
                    )));
                }
                Err(_) => break,
            }
        }
        drop(alive);
        while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            if !tick(watch.done.load(Ordering::Relaxed)) {
                watch.stop.store(true, Ordering::Relaxed);
            }
        }
        if handles.into_iter().any(|handle| handle.join().is_err()) {
            return Err(Error::Internal(
                "a worker of a kernel panicked: please report it".into(),
            ));
        }
        if watch.is_stopped() {
            Err(Error::Interrupted)
        } else {
            Ok(())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_thread_of_its_own() {
        let mut states = [1, 2, 3];
        let done = attended(&mut states, &mut |_| true, |state, _| *state *= 10);
        assert_eq!((done, states), (Ok(()), [10, 20, 30]));
    }

    #[test]
    fn the_caller_can_stop_the_work() {
        let stopped = attended(&mut [()], &mut |_| false, |(), watch| {
            while !watch.is_stopped() {
                watch.add(1);
            }
        });
        assert_eq!(stopped, Err(Error::Interrupted));
    }

    #[test]
    fn a_panic_becomes_an_error() {
        let broken = attended(&mut [0], &mut |_| true, |state, _| {
            assert_ne!(*state, 0, "a panic that this test means");
        });
        assert!(matches!(broken, Err(Error::Internal(_))));
    }
}
