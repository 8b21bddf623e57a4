//! The best candidates of many viewers, on several threads.

use super::error::{Error, Result};
use super::facts::Facts;
use super::index::{MatchIndex, NOBODY};
use super::lists::Written;
use super::meet::meet;
pub use super::outlet::Lists;
use super::outlet::{Outlet, reorder};
use super::simd::{Path, Work};
use super::sinks::{Best, Count};
use super::tile::Tile;
use super::tiles::run_tiles;
use super::vector::Vector;
use crate::threads::Tick;

/// How to run.
pub struct Run<'a> {
    /// The instruction set.
    pub path: Path,
    /// Threads; 0 for one a core.
    pub threads: usize,
    /// Called now and then with the number of viewers done; false stops the run.
    pub tick: &'a mut Tick<'a>,
}

/// One viewer, and where what is found goes.
struct Slot<'a, T> {
    viewer: u32,
    /// The place among those asked for.
    place: usize,
    found: &'a mut T,
}

/// The slots of those who can be matched, in the order of their positions.
fn slots<'a, T>(index: &MatchIndex, viewers: &[u32], found: &'a mut [T]) -> Vec<Slot<'a, T>> {
    let mut slots: Vec<Slot<'a, T>> = viewers
        .iter()
        .zip(found)
        .enumerate()
        .map(|(place, (&row, found))| Slot {
            viewer: index.positions[row as usize],
            place,
            found,
        })
        .filter(|slot| slot.viewer != NOBODY)
        .collect();
    slots.sort_by_key(|slot| slot.viewer);
    slots
}

/// What a thread needs to list the best candidates of some viewers.
struct Lister<'a> {
    index: &'a MatchIndex,
    k: usize,
    best: Best,
    facts: Option<Facts>,
    ranked: Vec<u64>,
    slots: Vec<Slot<'a, i64>>,
    written: Written,
}

impl Work for Lister<'_> {
    #[inline(always)]
    fn run<V: Vector>(&mut self) {
        let index = self.index;
        let mut tile = Tile::seat(index, self.slots.iter().map(|slot| slot.viewer));
        self.best.clear();
        meet::<V>(index, &mut tile, &mut self.best);
        self.written = Written::with_room(self.slots.len() * self.k, self.facts.is_some());
        for (lane, slot) in self.slots.iter_mut().enumerate() {
            let viewer = slot.viewer as usize;
            let shortlist = self.best.rank::<V>(index, (lane, viewer), &mut self.ranked);
            *slot.found = self.ranked.len() as i64;
            if let Some(facts) = &mut self.facts {
                facts.seat(index, viewer);
            }
            let facts = self.facts.as_ref();
            self.written
                .append::<V>(index, facts, shortlist, &self.ranked);
        }
    }
}

/// What a thread needs to count the eligible candidates of some viewers.
struct Counter<'a> {
    index: &'a MatchIndex,
    slots: Vec<Slot<'a, u64>>,
}

impl Work for Counter<'_> {
    #[inline(always)]
    fn run<V: Vector>(&mut self) {
        let mut tile = Tile::seat(self.index, self.slots.iter().map(|slot| slot.viewer));
        let mut count = Count::default();
        meet::<V>(self.index, &mut tile, &mut count);
        for (slot, eligible) in self.slots.iter_mut().zip(count.eligible) {
            *slot.found = eligible;
        }
    }
}

/// Fill in the best k candidates of each viewer (rows), one list after the other, and tell their offsets, one more than
/// viewers.
///
/// The columns have room for k entries a viewer. Facts are left out where there is no room for any.
pub fn top(
    index: &MatchIndex,
    viewers: &[u32],
    k: usize,
    lists: &mut Lists<'_>,
    run: &mut Run<'_>,
) -> Result<Vec<i64>> {
    check_viewers(index, "viewers", viewers)?;
    let with_facts = !lists.facts.is_empty();
    check_room(k, viewers.len(), lists)?;
    let mut offsets = vec![0; viewers.len() + 1];
    let slots = slots(index, viewers, &mut offsets[1..]);
    let order: Vec<usize> = slots.iter().map(|slot| slot.place).collect();
    let outlet = Outlet::new(Lists {
        candidates: &mut *lists.candidates,
        scores: &mut *lists.scores,
        facts: &mut *lists.facts,
    });
    let path = run.path;
    run_tiles(
        index,
        slots,
        |slot| slot.viewer,
        (run.threads, &mut *run.tick),
        || {
            let mut lister = Lister {
                index,
                k,
                best: Best::new(index, k, with_facts),
                facts: with_facts.then(|| Facts::new(index)),
                ranked: Vec::new(),
                slots: Vec::new(),
                written: Written::default(),
            };
            let outlet = &outlet;
            move |tile, slots| {
                lister.slots = slots;
                path.run(&mut lister);
                outlet.put(tile, std::mem::take(&mut lister.written));
            }
        },
    )?;
    drop(outlet);
    for at in 1..offsets.len() {
        offsets[at] += offsets[at - 1];
    }
    if !order.is_sorted() {
        let found = offsets[viewers.len()] as usize;
        reorder(&mut lists.candidates[..found], &order, &offsets);
        reorder(&mut lists.scores[..found], &order, &offsets);
        if with_facts {
            reorder(&mut lists.facts[..found], &order, &offsets);
        }
    }
    Ok(offsets)
}

fn check_room(k: usize, viewers: usize, lists: &Lists<'_>) -> Result<()> {
    let room = viewers.checked_mul(k);
    let facts = lists.facts.len();
    let lengths = [lists.candidates.len(), lists.scores.len()];
    let fits = |length: usize| Some(length) == room;
    if k == 0 || !lengths.into_iter().all(fits) || !(facts == 0 || fits(facts)) {
        let rule = "must be 1 or more, with room for k entries a viewer";
        return Err(Error::argument("k", k, rule));
    }
    Ok(())
}

/// Count the eligible candidates of each viewer (rows).
pub fn count_eligible(index: &MatchIndex, viewers: &[u32], run: &mut Run<'_>) -> Result<Vec<u64>> {
    check_viewers(index, "viewers", viewers)?;
    let mut counts = vec![0; viewers.len()];
    let path = run.path;
    run_tiles(
        index,
        slots(index, viewers, &mut counts),
        |slot| slot.viewer,
        (run.threads, &mut *run.tick),
        || {
            let mut counter = Counter {
                index,
                slots: Vec::new(),
            };
            move |_, slots| {
                counter.slots = slots;
                path.run(&mut counter);
            }
        },
    )?;
    Ok(counts)
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
