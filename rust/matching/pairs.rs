//! What is asked only of pairs that may enter a list: the exact distance, exclusions and hides.

use super::index::MatchIndex;
use super::places::distance_km;

/// Whether neither limit is exceeded, as the reference decides it, of two people with a place.
#[must_use]
pub fn within_limits(index: &MatchIndex, viewer: usize, candidate: usize) -> bool {
    let km = distance_km(index.degrees[viewer], index.degrees[candidate]);
    km <= f64::from(index.limits_km[viewer]) && km <= f64::from(index.limits_km[candidate])
}

/// A bit for each row that the viewer excluded or hid: where it is 0 for a candidate's row, there is nothing to look up.
#[must_use]
pub fn remembered(index: &MatchIndex, viewer: usize) -> u64 {
    let row = index.records[viewer].row as usize;
    let hidden = index.hidden.row(row).iter().map(|&(row, _)| bit(row));
    index
        .excluded
        .row(row)
        .iter()
        .map(|&row| bit(row))
        .chain(hidden)
        .fold(0, |bits, bit| bits | bit)
}

/// The bit of a row in `remembered`.
#[inline(always)]
#[must_use]
pub fn bit(row: u32) -> u64 {
    1 << (row % 64)
}

/// What is left of a score, 1 where the viewer did not hide the candidate; None where the pair is excluded.
#[must_use]
pub fn what_is_left(index: &MatchIndex, viewer: usize, candidate: usize) -> Option<f32> {
    let (mine, theirs) = (
        index.records[viewer].row as usize,
        index.records[candidate].row,
    );
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
