//! A tile of viewers meets everybody: boxes, genders and ages first, then block by block ages both ways and distance.

use super::index::MatchIndex;
use super::lanes::{BLOCK, Halves, LANES, set_bits};
use super::masks::ages_agree;
use super::score::Constants;
use super::tile::{Tile, Viewer};
use super::vector::Vector;

/// What a viewer meets of a block.
#[derive(Debug)]
pub struct Encounter<'a> {
    /// The viewer.
    pub viewer: &'a Viewer,
    /// The viewer's place in the tile.
    pub lane: usize,
    /// The block.
    pub block: usize,
    /// The candidates who pass the filters, a bit each; the doubtful distances among them.
    pub passing: u32,
    /// No candidate of the leaf has more weighted proximity.
    pub nearest: f32,
    /// The squared chords in units; None where a place is unknown.
    pub chords: Option<&'a Halves>,
}

/// What becomes of the candidates that pass the filters.
pub trait Sink {
    /// Take the candidates of a block that one viewer may see; at least one.
    fn take<V: Vector>(&mut self, index: &MatchIndex, encounter: &Encounter<'_>);
}

/// Bring every viewer of the tile together with everybody.
#[inline(always)]
pub fn meet<V: Vector>(
    index: &MatchIndex,
    constants: &Constants,
    tile: &mut Tile,
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
                for block in first / BLOCK..last.div_ceil(BLOCK) {
                    meet_block::<V>(index, tile, (first, last), block, placed, viewers, sink);
                }
            }
        }
    }
}

#[inline(always)]
fn meet_block<V: Vector>(
    index: &MatchIndex,
    tile: &Tile,
    (first, last): (usize, usize),
    at: usize,
    placed: bool,
    viewers: u32,
    sink: &mut impl Sink,
) {
    let sought = tile.sought(index, at, (first, last));
    if sought == 0 {
        return;
    }
    let youngest = index.ages[first.max(at * BLOCK)];
    let oldest = index.ages[last.min(at * BLOCK + BLOCK) - 1];
    let block = &index.blocks[at];
    for lane in set_bits(u64::from(viewers)) {
        let viewer = &tile.viewers[lane];
        if oldest < viewer.wanted.0 || youngest > viewer.wanted.1 {
            continue;
        }
        let columns = [&block.age, &block.from, &block.to];
        let suits = sought & ages_agree(columns, viewer.age, viewer.wanted);
        if suits == 0 {
            continue;
        }
        let mut encounter = Encounter {
            viewer,
            lane,
            block: at,
            passing: suits,
            nearest: tile.nearest[lane / LANES][lane % LANES],
            chords: None,
        };
        let mut chords = Halves::default();
        if let Some(point) = viewer.point.filter(|_| placed) {
            let mut near = 0;
            for half in 0..2 {
                let squares = block.chords::<V>(half, point);
                let reach = V::of(&block.beyond[half]).smaller(V::all(viewer.beyond));
                near |= squares.at_most(reach) << (half * LANES);
                chords[half] = squares.lanes();
            }
            encounter.passing &= near;
            encounter.chords = Some(&chords);
        }
        if encounter.passing != 0 {
            sink.take::<V>(index, &encounter);
        }
    }
}
