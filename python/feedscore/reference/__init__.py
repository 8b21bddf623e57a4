"""The kernels in plain NumPy and float64: the specification, and the oracle that the Rust kernels are tested against."""

from .affinity import affinity_profiles, affinity_reach
from .feed_rank import (
    base_score,
    creator_affinity,
    feed_candidates,
    feed_rank,
    feed_score,
    is_open,
    is_recent,
    spread_authors,
    topic_affinity,
)
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
    "base_score",
    "creator_affinity",
    "distance_km",
    "eligible",
    "feed_candidates",
    "feed_rank",
    "feed_score",
    "filters",
    "interest_rarity",
    "is_open",
    "is_recent",
    "match_top",
    "round_half_up",
    "score",
    "spread_authors",
    "topic_affinity",
    "trending_posts",
    "viewer_interests",
    "weights",
]
