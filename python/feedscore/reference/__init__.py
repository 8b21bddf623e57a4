"""The kernels in plain NumPy and float64: the specification, and the oracle that the Rust kernels are tested against."""

from .affinity import affinity_profiles, affinity_reach
from .matching import (
    ADULT_AGE,
    EARTH_RADIUS_KM,
    FACTORS,
    ViewerScores,
    distance_km,
    eligible,
    filters,
    interest_rarity,
    match_top,
    round_half_up,
    score,
    viewer_interests,
    weights,
)
from .trending import trending_posts

__all__ = [
    "ADULT_AGE",
    "EARTH_RADIUS_KM",
    "FACTORS",
    "ViewerScores",
    "affinity_profiles",
    "affinity_reach",
    "distance_km",
    "eligible",
    "filters",
    "interest_rarity",
    "match_top",
    "round_half_up",
    "score",
    "trending_posts",
    "viewer_interests",
    "weights",
]
