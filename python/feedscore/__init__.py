"""Kernels for social and dating feeds: exact top-K match scoring, as a Rust extension with a NumPy reference."""

from . import facts, reference
from .affinity import AffinityEvents
from .affinity_profiles import AffinityProfiles, AffinityReach
from .affinity_sums import AffinitySums
from .feed_rank import FeedIndex, FeedLists, FeedUsers
from .feed_settings import AffinitySettings, ContentSettings, FeedSettings, TrendingSettings
from .matching import MatchIndex, simd_paths
from .pgcopy import Column, Decoder, encode_rows, fingerprint_rows
from .population import MatchLists, MatchSettings, Population
from .posts import EventKind, PostEvents, Posts
from .text import TermCounter, TermFrequencies, TextFeatures, TextModel, Texts
from .trending import IgnoredEvents, TrendingEvents, TrendingPosts

__all__ = [
    "AffinityEvents",
    "AffinityProfiles",
    "AffinityReach",
    "AffinitySettings",
    "AffinitySums",
    "Column",
    "ContentSettings",
    "Decoder",
    "EventKind",
    "FeedIndex",
    "FeedLists",
    "FeedSettings",
    "FeedUsers",
    "IgnoredEvents",
    "MatchIndex",
    "MatchLists",
    "MatchSettings",
    "Population",
    "PostEvents",
    "Posts",
    "TermCounter",
    "TermFrequencies",
    "TextFeatures",
    "TextModel",
    "Texts",
    "TrendingEvents",
    "TrendingPosts",
    "TrendingSettings",
    "encode_rows",
    "facts",
    "fingerprint_rows",
    "reference",
    "simd_paths",
]
