//! A tile of viewers meets everybody: boxes, genders and ages first, then block by block ages both ways and distance.

use super::index::MatchIndex;
use super::lanes::{LANES, set_bits};
use super::places::surely_within;
use super::score::Constants;
use super::tile::{Tile, Viewer};
use super::vector::Vector;

/// What a viewer meets of a block.
#[derive(Debug)]
pub struct Encounter<'a, V> {
    /// The viewer.
    pub viewer: &'a Viewer<'a>,
    /// The viewer's place in the tile.
    pub lane: usize,
    /// The block.
    pub block: usize,
    /// The candidates who pass the filters, a bit each.
    pub passing: u32,
    /// Those among them whose score is lowered.
    pub lowered: u32,
    /// No candidate of the leaf has more weighted proximity.
    pub nearest: f32,
    /// The squared chords in units; None where a place is unknown.
    pub chords: Option<V>,
}

/// What becomes of the candidates that pass the filters.
pub trait Sink {
    /// Take the candidates of a block that one viewer may see; at least one.
    fn take<V: Vector>(&mut self, index: &MatchIndex, encounter: &Encounter<'_, V>);
}

/// Bring every viewer of the tile together with everybody.
#[inline(always)]
pub fn meet<V: Vector>(
    index: &MatchIndex,
    constants: &Constants,
    tile: &mut Tile<'_>,
    sink: &mut impl Sink,
) {
    for leaf in index.tree.near(tile.extent, tile.reach) {
        let near = tile.approach::<V>(leaf, constants);
        if near == 0 {
            continue;
        }
        let placed = leaf.extent.is_some();
        for segment in index.tree.segments_of(leaf) {
            let viewers = near & tile.seekers(segment.gender);
            if viewers == 0 {
                continue;
            }
            let (from, to) = (segment.people.0 as usize, segment.people.1 as usize);
            let ages = &index.ages[from..to];
            let first = from + ages.partition_point(|&age| age < tile.window.0);
            let last = from + ages.partition_point(|&age| age <= tile.window.1);
            if first < last {
                for block in first / LANES..last.div_ceil(LANES) {
                    meet_block::<V>(index, tile, (first, last), block, placed, viewers, sink);
                }
            }
        }
    }
}

#[inline(always)]
fn meet_block<V: Vector>(
    index: &MatchIndex,
    tile: &mut Tile<'_>,
    (first, last): (usize, usize),
    at: usize,
    placed: bool,
    viewers: u64,
    sink: &mut impl Sink,
) {
    let sought = tile.sought(index, at, (first, last));
    if sought == 0 {
        return;
    }
    let youngest = index.ages[first.max(at * LANES)];
    let oldest = index.ages[last.min(at * LANES + LANES) - 1];
    let block = &index.blocks[at];
    for lane in set_bits(viewers) {
        let viewer = &tile.viewers[lane];
        if oldest < viewer.wanted.0 || youngest > viewer.wanted.1 {
            continue;
        }
        let columns = [&block.age, &block.from, &block.to];
        let mut passing = sought & V::ages_agree(columns, viewer.age, viewer.wanted);
        if passing == 0 {
            continue;
        }
        let mut chords = None;
        if let Some(point) = viewer.point.filter(|_| placed) {
            let squares = block.chords::<V>(point);
            let reach = V::of(&block.beyond).smaller(V::all(viewer.beyond));
            passing &= squares.at_most(reach);
            let doubtful = passing & !squares.at_most(surely_within(reach));
            if doubtful != 0 {
                passing &= !too_far(index, viewer.position, at, doubtful);
            }
            chords = Some(squares);
        }
        let (never, lowered) = tile.excepted(lane, at as u32);
        passing &= !never;
        if passing == 0 {
            continue;
        }
        let encounter = Encounter {
            viewer: &tile.viewers[lane],
            lane,
            block: at,
            passing,
            lowered: lowered & passing,
            nearest: tile.nearest[lane],
            chords,
        };
        sink.take::<V>(index, &encounter);
    }
}

/// Which of the doubtful candidates are beyond a limit.
#[cold]
#[inline(never)]
fn too_far(index: &MatchIndex, viewer: usize, block: usize, doubtful: u32) -> u32 {
    set_bits(u64::from(doubtful))
        .filter(|&l| !index.within_limits(viewer, block * LANES + l))
        .fold(0, |far, l| far | 1 << l)
}
