//! Independent pieces of work, shared among a few threads that end with the call.

use std::sync::{Mutex, PoisonError};

/// Do some work with every item, on so many threads, of which the caller's is one.
///
/// Where the system gives no further threads, the caller's does it all; a panic in one comes out here.
pub fn share<T: Send>(
    threads: usize,
    items: impl Iterator<Item = T> + Send,
    work: impl Fn(T) + Sync,
) {
    let waiting = Mutex::new(items);
    let next = || {
        waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .next()
    };
    let run = || {
        while let Some(item) = next() {
            work(item);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            if std::thread::Builder::new()
                .spawn_scoped(scope, run)
                .is_err()
            {
                break;
            }
        }
        run();
    });
}

/// Do two things at once, where the system gives a thread for the first; a panic in either comes out here.
pub fn beside<A: Send, B>(first: impl Fn() -> A + Sync, second: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let started = std::thread::Builder::new().spawn_scoped(scope, &first);
        let second = second();
        let first = match started {
            Ok(handle) => handle
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(_) => first(),
        };
        (first, second)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn two_things_come_out_together() {
        let mut seen = 0;
        assert_eq!(beside(|| 1, || seen = 2), (1, ()));
        assert_eq!(seen, 2);
    }

    #[test]
    fn every_item_is_worked_on_once() {
        for threads in [0, 1, 2, 7] {
            let sum = AtomicU64::new(0);
            share(threads, 1..=1000, |item| {
                sum.fetch_add(item, Ordering::Relaxed);
            });
            assert_eq!(sum.into_inner(), 500_500);
        }
    }
}
