//! What the reasons of one pair are decided by, in f64, as the reference does it: for pairs where f32 does not do.

use std::cmp::Ordering;

use super::index::MatchIndex;
use super::places::distance_km;
use super::record::flag;

/// Kinds of reasons; their codes less 1 are places in arrays.
pub const REASONS: usize = 6;
/// Place of the reason "quiz compatible".
pub const QUIZ: usize = 0;
/// Place of the reason "nearby".
pub const NEARBY: usize = 2;

/// What the reasons of a pair, or of eight, are decided by.
#[derive(Debug)]
pub struct Evidence<T> {
    /// Contributions to the score, by reason; below 0 where the reason does not hold.
    pub weight: [T; REASONS],
    /// The value of the factor.
    pub quiz: T,
    /// The distance; infinite where a place is unknown.
    pub km: T,
}

/// Weigh a pair that shares so many interests.
#[must_use]
pub fn weigh(index: &MatchIndex, viewer: usize, candidate: usize, shared: u16) -> Evidence<f64> {
    let (s, w) = (&index.settings, &index.settings.weights);
    let (mine, theirs) = (&index.records[viewer], &index.records[candidate]);
    let both = mine.flags & theirs.flags;
    let (a, b) = (index.quiz.of(viewer), index.quiz.of(candidate));
    let dot: f64 = a
        .iter()
        .zip(b)
        .map(|(&a, &b)| f64::from(a) * f64::from(b))
        .sum();
    let quiz = f64::midpoint(
        1.0,
        (dot * inverse_length(a) * inverse_length(b)).clamp(-1.0, 1.0),
    );
    let placed = both & flag::PLACED != 0;
    let km = if placed {
        distance_km(index.degrees[viewer], index.degrees[candidate])
    } else {
        f64::INFINITY
    };
    let goals = f64::from((mine.goals & theirs.goals).count_ones());
    let union = f64::from(mine.goal_count) + f64::from(theirs.goal_count) - goals;
    let interests = mine.interest_count + theirs.interest_count - shared;
    let quality = f64::from(theirs.quality);
    let newness = (-f64::from(theirs.days) / s.newness_scale_days).exp();
    let holds = |holds: bool, contribution: f64| if holds { contribution } else { -1.0 };
    let weight = [
        holds(
            both & flag::QUIZ != 0 && quiz >= s.quiz_reason_value,
            w.quiz * quiz,
        ),
        holds(
            shared > 0,
            w.interests * (f64::from(shared) / f64::from(interests.max(1))),
        ),
        holds(
            km <= s.nearby_reason_km,
            w.proximity * (-km / s.proximity_scale_km).exp(),
        ),
        holds(goals > 0.0, w.goals * (goals / union.max(1.0))),
        holds(
            theirs.flags & flag::RATED != 0 && quality >= s.highly_rated_value,
            w.rating_quality * quality,
        ),
        holds(theirs.days <= s.new_here_days as f32, w.newness * newness),
    ];
    Evidence { weight, quiz, km }
}

/// The slots of the reasons that hold, strongest first; of equal ones the one with the smaller code first.
#[must_use]
pub fn order(weight: &[f64; REASONS]) -> i32 {
    let mut held: Vec<usize> = (0..REASONS)
        .filter(|&reason| weight[reason] >= 0.0)
        .collect();
    held.sort_by(|&a, &b| weight[b].partial_cmp(&weight[a]).unwrap_or(Ordering::Equal));
    held.iter()
        .enumerate()
        .map(|(slot, &reason)| (reason as i32 + 1) << (3 * slot))
        .sum()
}

/// 1 / the length of a vector; 0 for zeros.
#[must_use]
pub fn inverse_length(row: &[f32]) -> f64 {
    let square: f64 = row.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    if square > 0.0 {
        1.0 / square.sqrt()
    } else {
        0.0
    }
}
