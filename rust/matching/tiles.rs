//! Viewers cut into tiles of neighbours, which threads take one after the other.

use std::sync::{Mutex, PoisonError};

use super::error::Result;
use super::index::MatchIndex;
use super::lanes::place;
use super::places::{EARTH_RADIUS_KM, Extent, UNITS};
use super::tile::TILE;
use crate::threads::{Tick, attended, thread_count};

/// Viewers farther apart than this share no tile, unless they reach farther anyhow: 60 km.
const TILE_WIDTH: f64 = 60.0 / EARTH_RADIUS_KM * UNITS;

/// Let each of some threads, 0 for one a core, do its work with one tile after the other, in the order of the slots.
///
/// The slots stand in the order of their viewers' positions. The work gets the number of the tile.
pub fn run_tiles<S: Send, W: FnMut(usize, Vec<S>) + Send>(
    index: &MatchIndex,
    slots: Vec<S>,
    viewer: impl Fn(&S) -> u32,
    (threads, tick): (usize, &mut Tick<'_>),
    worker: impl Fn() -> W,
) -> Result<()> {
    let sizes = tile_sizes(index, slots.iter().map(viewer));
    let threads = thread_count(threads, sizes.len());
    let queue = Mutex::new((sizes.into_iter().enumerate(), slots.into_iter()));
    let next = || {
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, size) = queue.0.next()?;
        Some((at, queue.1.by_ref().take(size).collect::<Vec<S>>()))
    };
    let mut workers: Vec<W> = (0..threads).map(|_| worker()).collect();
    attended(&mut workers, tick, |worker, watch| {
        while !watch.is_stopped()
            && let Some((at, tile)) = next()
        {
            let size = tile.len();
            worker(at, tile);
            watch.add(size);
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
