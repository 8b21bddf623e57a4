//! Who sees somebody: the viewers in whose lists some candidates would stand.

use super::error::{Error, Result};
use super::index::{MatchIndex, NOBODY};
use super::lanes::{LANES, lanes, place, set_bits};
use super::meet::{Encounter, Meeting, Sink, filter, meet};
use super::nearness::Nearness;
use super::score::{Constants, score};
use super::simd::{Path, Work};
use super::sinks::lower;
use super::tile::{TILE, Tile};
use super::top::check_viewers;
use super::vector::Vector;

/// List the viewers (rows, ascending) for whom one of the candidates (rows) passes all filters and scores at least
/// what `thresholds` has for the viewer's row.
pub fn seen_by(
    index: &MatchIndex,
    candidates: &[u32],
    thresholds: &[f32],
    path: Path,
) -> Result<Vec<u32>> {
    check_viewers(index, "candidates", candidates)?;
    if thresholds.len() != index.positions.len() {
        let rule = format!("must be {}, the number of people", index.positions.len());
        return Err(Error::argument("len(thresholds)", thresholds.len(), &rule));
    }
    let mut work = Seen {
        index,
        thresholds,
        candidates: candidates
            .iter()
            .map(|&row| index.positions[row as usize])
            .filter(|&position| position != NOBODY)
            .collect(),
        viewers: Vec::new(),
    };
    path.run(&mut work);
    let mut viewers = work.viewers;
    viewers.sort_unstable();
    viewers.dedup();
    Ok(viewers)
}

struct Seen<'a> {
    index: &'a MatchIndex,
    thresholds: &'a [f32],
    candidates: Vec<u32>,
    viewers: Vec<u32>,
}

impl Work for Seen<'_> {
    #[inline(always)]
    fn run<V: Vector>(&mut self) {
        let index = self.index;
        let formula = (Constants::of(index), Nearness::of(&index.settings));
        let mut suited = Suited::default();
        for candidate in std::mem::take(&mut self.candidates) {
            // The filters hold both ways, but for what each has decided about the other.
            let mut alone = Tile::seat(index, std::iter::once(candidate));
            alone.forget_exceptions();
            suited.positions.clear();
            meet::<V>(index, &mut alone, &mut suited);
            suited.positions.sort_unstable();
            let kind = |&position: &u32| {
                let (position, class) = (position as usize, index.class_of[position as usize]);
                (
                    index.point(position).is_some(),
                    index.classes[class as usize].0,
                )
            };
            for alike in suited.positions.chunk_by(|a, b| kind(a) == kind(b)) {
                for viewers in alike.chunks(TILE) {
                    self.score::<V>(&formula, viewers, candidate as usize);
                }
            }
        }
    }
}

impl Seen<'_> {
    /// Score one candidate for a tile of viewers, and keep those who see it.
    #[inline(always)]
    fn score<V: Vector>(
        &mut self,
        (constants, nearness): &(Constants, Nearness),
        viewers: &[u32],
        candidate: usize,
    ) {
        let index = self.index;
        let (block, lane) = place(candidate);
        let mut tile = Tile::seat(index, viewers.iter().copied());
        let all = u64::MAX >> (64 - viewers.len());
        let placed = tile.extent.is_some() && index.point(candidate).is_some();
        let mut encounters = [Encounter::default(); TILE + 1];
        let count = filter::<V>(
            index,
            &mut tile,
            block,
            1 << lane,
            placed,
            all,
            &mut encounters,
        );
        let meeting = Meeting {
            tile: &tile,
            block,
            placed,
            encounters: &encounters[..count],
        };
        for met in meeting.encounters {
            let (first, viewer) = ((block * LANES) as u32, &tile.viewers[met.lane]);
            let so_far = score::<V>(index, constants, &meeting, met).scores;
            let candidates = lanes(|l| first + l as u32);
            let scores = nearness.finish(
                index,
                viewer.position,
                (&candidates, met.passing),
                [so_far, V::of(&met.chords)],
            );
            let mut scores = scores.lanes();
            if met.lowered != 0 {
                scores = lower(viewer, first, met.lowered, scores);
            }
            let row = index.rows[viewers[met.lane] as usize];
            if scores[lane] >= self.thresholds[row as usize] {
                self.viewers.push(row);
            }
        }
    }
}

/// Collects all who pass.
#[derive(Debug, Default)]
struct Suited {
    positions: Vec<u32>,
}

impl Sink for Suited {
    #[inline(always)]
    fn take<V: Vector>(&mut self, _: &MatchIndex, meeting: &Meeting<'_>) {
        let start = (meeting.block * LANES) as u32;
        for met in meeting.encounters {
            let passing = set_bits(u64::from(met.passing));
            self.positions.extend(passing.map(|l| start + l as u32));
        }
    }
}
