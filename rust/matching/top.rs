//! The best candidates of many viewers, on several threads.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::error::{Error, Result};
use super::facts::Facts;
use super::index::{MatchIndex, NOBODY};
use super::lanes::place;
use super::lists::{Column, write_list};
pub use super::lists::{Lists, close_gaps};
use super::meet::meet;
use super::places::{EARTH_RADIUS_KM, Extent, UNITS};
use super::shares::share;
use super::simd::{Path, Work};
use super::sinks::{Best, Count};
use super::tile::{TILE, Tile};
use super::vector::Vector;
use crate::threads::thread_count;

/// Viewers farther apart than this share no tile, unless they reach farther anyhow: 60 km.
const TILE_WIDTH: f64 = 60.0 / EARTH_RADIUS_KM * UNITS;
/// How often the caller is asked whether to go on.
const TICK: Duration = Duration::from_millis(200);

/// How to run.
pub struct Run<'a> {
    /// The instruction set.
    pub path: Path,
    /// Threads; 0 for one a core.
    pub threads: usize,
    /// Called now and then with the number of viewers done; false stops the run.
    pub tick: &'a mut (dyn FnMut(usize) -> bool + Send),
}

/// The room for one viewer's list.
struct Slot<'a> {
    viewer: u32,
    length: &'a mut i64,
    list: Lists<'a>,
}

/// What a thread needs to list the best candidates of some viewers.
struct Lister<'a> {
    index: &'a MatchIndex,
    best: Best,
    facts: Option<Facts>,
    ranked: Vec<u64>,
    slots: Vec<Slot<'a>>,
}

impl Work for Lister<'_> {
    #[inline(always)]
    fn run<V: Vector>(&mut self) {
        let index = self.index;
        let mut tile = Tile::seat(index, self.slots.iter().map(|slot| slot.viewer));
        self.best.clear();
        meet::<V>(index, &mut tile, &mut self.best);
        for (slot, shortlist) in self.slots.iter_mut().zip(&mut self.best.lists) {
            shortlist.rank::<V>(&index.records, &mut self.ranked);
            *slot.length = self.ranked.len() as i64;
            if let Some(facts) = &mut self.facts {
                facts.seat(index, slot.viewer as usize);
            }
            let facts = self.facts.as_ref();
            write_list::<V>(index, facts, shortlist, &self.ranked, &mut slot.list);
        }
    }
}

/// What a thread needs to count the eligible candidates of some viewers.
struct Counter<'a> {
    index: &'a MatchIndex,
    slots: Vec<(u32, &'a mut u64)>,
}

impl Work for Counter<'_> {
    #[inline(always)]
    fn run<V: Vector>(&mut self) {
        let mut tile = Tile::seat(self.index, self.slots.iter().map(|slot| slot.0));
        let mut count = Count::default();
        meet::<V>(self.index, &mut tile, &mut count);
        for ((_, result), eligible) in self.slots.iter_mut().zip(count.eligible) {
            **result = eligible;
        }
    }
}

/// Fill in the best k candidates of each viewer (rows), and tell the offsets of the lists, one more than viewers.
///
/// Facts are left out where there is no room for any.
pub fn top(
    index: &MatchIndex,
    viewers: &[u32],
    k: usize,
    lists: Lists<'_>,
    mut run: Run<'_>,
) -> Result<Vec<i64>> {
    check_viewers(index, "viewers", viewers)?;
    let room = viewers.len().checked_mul(k);
    let with_facts = !lists.facts.is_empty();
    let mut lengths = vec![
        lists.candidates.len(),
        lists.candidate_ids.len(),
        lists.scores.len(),
    ];
    if with_facts {
        lengths.push(lists.facts.len());
    }
    for length in lengths {
        if k == 0 || Some(length) != room {
            return Err(Error::argument(
                "k",
                k,
                "must be 1 or more, with room for k entries a viewer",
            ));
        }
    }
    let mut offsets = vec![0; viewers.len() + 1];
    let Lists {
        candidates,
        candidate_ids,
        scores,
        facts,
    } = lists;
    let mut facts_left = &mut *facts;
    let slots = viewers
        .iter()
        .zip(&mut offsets[1..])
        .zip(
            candidates
                .chunks_exact_mut(k)
                .zip(candidate_ids.chunks_exact_mut(k)),
        )
        .zip(scores.chunks_exact_mut(k))
        .map(|(((&row, length), (candidates, candidate_ids)), scores)| {
            let taken = std::mem::take(&mut facts_left);
            let (facts, left) = taken.split_at_mut(k.min(taken.len()));
            facts_left = left;
            let viewer = index.positions[row as usize];
            Slot {
                viewer,
                length,
                list: Lists {
                    candidates,
                    candidate_ids,
                    scores,
                    facts,
                },
            }
        })
        .filter(|slot| slot.viewer != NOBODY)
        .collect();
    let path = run.path;
    run_tiles(
        index,
        slots,
        |slot| slot.viewer,
        &mut run,
        || {
            let mut lister = Lister {
                index,
                best: Best::new(index, k, with_facts),
                facts: with_facts.then(|| Facts::new(index)),
                ranked: Vec::new(),
                slots: Vec::new(),
            };
            move |slots| {
                lister.slots = slots;
                path.run(&mut lister);
            }
        },
    )?;
    for at in 1..offsets.len() {
        offsets[at] += offsets[at - 1];
    }
    let columns = [
        Column::Rows(candidates),
        Column::Numbers(candidate_ids),
        Column::Scores(scores),
        Column::Numbers(facts),
    ];
    let threads = thread_count(run.threads, columns.len());
    share(threads, columns.into_iter(), |column| {
        column.close_gaps(&offsets, k);
    });
    Ok(offsets)
}

/// Count the eligible candidates of each viewer (rows).
pub fn count_eligible(index: &MatchIndex, viewers: &[u32], mut run: Run<'_>) -> Result<Vec<u64>> {
    check_viewers(index, "viewers", viewers)?;
    let mut counts = vec![0; viewers.len()];
    let slots: Vec<(u32, &mut u64)> = viewers
        .iter()
        .zip(&mut counts)
        .map(|(&row, count)| (index.positions[row as usize], count))
        .filter(|slot| slot.0 != NOBODY)
        .collect();
    let path = run.path;
    run_tiles(
        index,
        slots,
        |slot| slot.0,
        &mut run,
        || {
            let mut counter = Counter {
                index,
                slots: Vec::new(),
            };
            move |slots| {
                counter.slots = slots;
                path.run(&mut counter);
            }
        },
    )?;
    Ok(counts)
}

/// Cut the slots into tiles of viewers that are near each other, and let threads run them.
fn run_tiles<S: Send, W: FnMut(Vec<S>)>(
    index: &MatchIndex,
    mut slots: Vec<S>,
    viewer: impl Fn(&S) -> u32,
    run: &mut Run<'_>,
    worker: impl Fn() -> W + Sync,
) -> Result<()> {
    slots.sort_unstable_by_key(&viewer);
    let sizes = tile_sizes(index, slots.iter().map(&viewer));
    let threads = thread_count(run.threads, sizes.len());
    let queue = Mutex::new((sizes.into_iter(), slots.into_iter()));
    let next = || {
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        let size = queue.0.next()?;
        Some(queue.1.by_ref().take(size).collect::<Vec<S>>())
    };
    let (stop, done) = (AtomicBool::new(false), AtomicUsize::new(0));
    let work = || {
        let mut worker = worker();
        while let Some(tile) = next().filter(|_| !stop.load(Ordering::Relaxed)) {
            let size = tile.len();
            worker(tile);
            done.fetch_add(size, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        let (alive, ended) = channel::<()>();
        let mut handles = Vec::new();
        for _ in 0..threads {
            let (alive, work) = (alive.clone(), &work);
            let spawned = std::thread::Builder::new().spawn_scoped(scope, move || {
                let _alive = alive;
                work();
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
            if !(run.tick)(done.load(Ordering::Relaxed)) {
                stop.store(true, Ordering::Relaxed);
            }
        }
        if handles.into_iter().any(|handle| handle.join().is_err()) {
            return Err(Error::Internal(
                "a worker of the match kernel panicked: please report it".into(),
            ));
        }
        if stop.load(Ordering::Relaxed) {
            Err(Error::Interrupted)
        } else {
            Ok(())
        }
    })
}

/// The sizes of tiles of ascending positions: full, but not of people who have different neighbours, or genders.
fn tile_sizes(index: &MatchIndex, viewers: impl Iterator<Item = u32>) -> Vec<usize> {
    let mut sizes = Vec::new();
    let (mut size, mut extent, mut reach, mut kind) = (0, Extent::EMPTY, 0.0_f32, None);
    for viewer in viewers.map(|viewer| viewer as usize) {
        let point = index.point(viewer);
        let (block, lane) = place(viewer);
        let own_reach = index.blocks[block].beyond[lane];
        let gender = index.classes[index.class_of[viewer] as usize].0;
        let mut wider = extent;
        if let Some(point) = point {
            wider.include(point);
        }
        let limit = TILE_WIDTH.max(f64::from(reach.max(own_reach)).sqrt() / 2.0);
        let too_wide = point.is_some() && wider.widest().1 as f64 > limit;
        let own_kind = Some((point.is_some(), gender));
        if size == TILE || (size > 0 && (too_wide || own_kind != kind)) {
            sizes.push(size);
            (size, extent, reach) = (0, Extent::EMPTY, 0.0);
        }
        if let Some(point) = point {
            extent.include(point);
        }
        (size, reach, kind) = (size + 1, reach.max(own_reach), own_kind);
    }
    if size > 0 {
        sizes.push(size);
    }
    sizes
}

/// Refuse rows that are nobody's.
pub fn check_viewers(index: &MatchIndex, name: &str, viewers: &[u32]) -> Result<()> {
    let people = index.positions.len();
    match viewers.iter().position(|&row| row as usize >= people) {
        Some(at) => {
            let rule = format!("must be below {people}, the number of people");
            Err(Error::element(name, at, viewers[at], &rule))
        }
        None => Ok(()),
    }
}
