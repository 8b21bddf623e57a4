//! What is asked only of pairs that may enter a list: the exact distance, exclusions and hides.

use super::index::MatchIndex;
use super::places::distance_km;
use super::record::flag;

/// Whether neither limit is exceeded, as the reference decides it; `chord` is the squared chord of the hot loop.
#[inline(always)]
#[must_use]
pub fn within_limits(index: &MatchIndex, viewer: usize, candidate: usize, chord: f32) -> bool {
    let surely = index.records[viewer]
        .within
        .min(index.records[candidate].within);
    chord <= surely || within_limits_exactly(index, viewer, candidate)
}

#[cold]
fn within_limits_exactly(index: &MatchIndex, viewer: usize, candidate: usize) -> bool {
    let placed = |position: usize| index.records[position].flags & flag::PLACED != 0;
    if !placed(viewer) || !placed(candidate) {
        return true;
    }
    let km = distance_km(index.degrees[viewer], index.degrees[candidate]);
    km <= f64::from(index.limits_km[viewer]) && km <= f64::from(index.limits_km[candidate])
}

/// The rows that the viewer excluded or hid.
pub fn remembered(index: &MatchIndex, viewer: usize) -> impl Iterator<Item = u32> + '_ {
    let row = index.rows[viewer] as usize;
    let hidden = index.hidden.row(row).iter().map(|&(row, _)| row);
    index.excluded.row(row).iter().copied().chain(hidden)
}

/// What is left of a score, 1 where the viewer did not hide the candidate; None where the pair is excluded.
#[must_use]
pub fn what_is_left(index: &MatchIndex, viewer: usize, candidate: usize) -> Option<f32> {
    let (mine, theirs) = (index.rows[viewer] as usize, index.rows[candidate]);
    if index.excluded.row(mine).binary_search(&theirs).is_ok() {
        return None;
    }
    let hidden = index.hidden.row(mine);
    Some(
        hidden
            .binary_search_by_key(&theirs, |&(row, _)| row)
            .map_or(1.0, |at| hidden[at].1),
    )
}
