//! A tile of viewers meets everybody: boxes, genders and ages first, then block by block ages both ways and distance.

use super::index::MatchIndex;
use super::lanes::{LANES, Lanes, set_bits};
use super::places::surely_within;
use super::tile::{TILE, Tile};
use super::vector::Vector;

/// What a viewer meets of a block.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
pub struct Encounter {
    /// The squared chords in units; infinite where a place is unknown.
    pub chords: Lanes,
    /// The viewer's place in the tile.
    pub lane: usize,
    /// The candidates who pass the filters, a bit each.
    pub passing: u32,
    /// Those among them whose score is lowered.
    pub lowered: u32,
}

/// A block, and the viewers who meet somebody of it.
#[derive(Debug)]
pub struct Meeting<'a> {
    /// The viewers.
    pub tile: &'a Tile<'a>,
    /// The block.
    pub block: usize,
    /// Whether the places of viewers and candidates are known.
    pub placed: bool,
    /// Who meets whom; at least one passes in each.
    pub encounters: &'a [Encounter],
}

/// What becomes of the candidates that pass the filters.
pub trait Sink {
    /// Take the candidates of a block that some viewers may see.
    fn take<V: Vector>(&mut self, index: &MatchIndex, meeting: &Meeting<'_>);
}

/// Bring every viewer of the tile together with everybody.
#[inline(always)]
pub fn meet<V: Vector>(index: &MatchIndex, tile: &mut Tile<'_>, sink: &mut impl Sink) {
    let mut encounters = [Encounter::default(); TILE + 1];
    for leaf in index.tree.near(tile.extent, tile.reach) {
        let near = tile.approach::<V>(leaf);
        if near == 0 {
            continue;
        }
        let placed = leaf.extent.is_some() && tile.extent.is_some();
        for segment in index.tree.segments_of(leaf) {
            let viewers = near & tile.seekers(segment.gender);
            if viewers == 0 {
                continue;
            }
            let (from, to) = (segment.people.0 as usize, segment.people.1 as usize);
            let ages = &index.ages[from..to];
            let first = from + ages.partition_point(|&age| age < tile.window.0);
            let last = from + ages.partition_point(|&age| age <= tile.window.1);
            if first >= last {
                continue;
            }
            for block in first / LANES..last.div_ceil(LANES) {
                let youngest = index.ages[first.max(block * LANES)];
                let oldest = index.ages[last.min(block * LANES + LANES) - 1];
                let viewers = viewers & tile.who_want::<V>(youngest, oldest);
                let sought = tile.sought(index, block, (first, last));
                let count =
                    filter::<V>(index, tile, block, sought, placed, viewers, &mut encounters);
                if count > 0 {
                    let meeting = Meeting {
                        tile,
                        block,
                        placed,
                        encounters: &encounters[..count],
                    };
                    sink.take::<V>(index, &meeting);
                }
            }
        }
    }
}

/// Find who of the viewers meets whom of the sought candidates of a block, and tell how many encounters there are.
#[inline(always)]
pub(super) fn filter<V: Vector>(
    index: &MatchIndex,
    tile: &mut Tile<'_>,
    at: usize,
    sought: u32,
    placed: bool,
    viewers: u64,
    encounters: &mut [Encounter; TILE + 1],
) -> usize {
    let block = &index.blocks[at];
    let columns = [&block.age, &block.from, &block.to];
    let mut count = 0;
    for lane in set_bits(viewers) {
        let viewer = &tile.viewers[lane];
        let mut passing = sought & V::ages_agree(columns, viewer.age, viewer.wanted);
        let encounter = &mut encounters[count];
        encounter.lane = lane;
        if placed {
            let squares = block.chords::<V>(viewer.point.unwrap_or_default());
            let reach = V::of(&block.beyond).smaller(V::all(viewer.beyond));
            passing &= squares.at_most(reach);
            let doubtful = passing & !squares.at_most(surely_within(reach));
            if doubtful != 0 {
                passing &= !too_far(index, viewer.position, at, doubtful);
            }
            encounter.chords = squares.lanes();
        } else {
            encounter.chords = [f32::INFINITY; LANES];
        }
        let (never, lowered) = tile.excepted(lane, at as u32);
        passing &= !never;
        (encounter.passing, encounter.lowered) = (passing, lowered & passing);
        count += usize::from(passing != 0);
    }
    count
}

/// Which of the doubtful candidates are beyond a limit.
#[cold]
#[inline(never)]
fn too_far(index: &MatchIndex, viewer: usize, block: usize, doubtful: u32) -> u32 {
    set_bits(u64::from(doubtful))
        .filter(|&l| !index.within_limits(viewer, block * LANES + l))
        .fold(0, |far, l| far | 1 << l)
}
