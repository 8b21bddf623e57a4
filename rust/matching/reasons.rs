//! What the reasons of one pair are decided by, in f64, as the reference does it: for pairs where f32 does not do.

use std::cmp::Ordering;

use super::index::{MatchIndex, flag};
use super::places::distance_km;

/// Kinds of reasons; their codes less 1 are places in arrays.
pub const REASONS: usize = 6;
/// Place of the reason "quiz compatible".
pub const QUIZ: usize = 0;
/// Place of the reason "nearby".
pub const NEARBY: usize = 2;

/// What the reasons of a pair are decided by.
#[derive(Debug)]
pub struct Evidence {
    /// Contributions to the score, by reason; below 0 where the reason does not hold.
    pub weight: [f64; REASONS],
    /// The value of the factor.
    pub quiz: f64,
    /// The distance; infinite where a place is unknown.
    pub km: f64,
}

/// Weigh a pair that shares so many interests.
#[must_use]
pub fn weigh(index: &MatchIndex, viewer: usize, candidate: usize, shared: u16) -> Evidence {
    let (s, w) = (&index.settings, &index.settings.weights);
    let (mine, theirs) = (&index.records[viewer], &index.records[candidate]);
    let both = mine.flags & theirs.flags;
    let vectors = &index.quiz;
    let both_ways = vectors.of(viewer).zip(vectors.of(candidate));
    let dot: f64 = both_ways.map(|(a, b)| f64::from(a) * f64::from(b)).sum();
    let scales = vectors.inverse_length(viewer) * vectors.inverse_length(candidate);
    let quiz = f64::midpoint(1.0, (dot * scales).clamp(-1.0, 1.0));
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
