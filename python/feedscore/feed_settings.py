"""The weights and constants of content features, trending, affinity and feed rank."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ContentSettings:
    """Weights and constants of content features."""

    length_weight: float = 0.3
    length_half_letters: float = 140.0
    """Letters at which the length of a text counts half."""
    media_weight: float = 0.2
    media_half: float = 1.0
    engagement_weight: float = 0.5
    engagement_half_per_day: float = 5.0
    like_weight: float = 1.0
    comment_weight: float = 2.0
    share_weight: float = 3.0
    engagement_days: float = 7.0
    """Engagement is followed for as long; then a post's quality is settled."""
    report_weight: float = 0.2
    """Taken off for each user who reported the post."""
    nsfw_flag: float = 0.8
    """The probability from which a post is flagged."""
    nsfw_letters: float = 280.0
    """Letters up to which every word of the lexicon counts in full; a longer text meets more of them by chance."""
    language_votes: float = 1.5
    """Votes of stop words that it takes to tell a language."""
    language_lead: float = 1.3
    """How many times the votes of the next language."""
    keyword_share: float = 0.0002
    """The share of posts that must have a word, or nobody would find another post by it."""
    corpus_posts: float = 200_000.0
    """The newest posts that frequencies of words are counted over."""
    corpus_terms: float = 200_000.0
    """Words whose frequency is kept."""


@dataclass(frozen=True, kw_only=True)
class TrendingSettings:
    """Weights and constants of trending."""

    like_weight: float = 1.0
    comment_weight: float = 2.0
    share_weight: float = 3.0
    profile_view_weight: float = 0.5
    comments_counted: float = 3.0
    """Comments of one user on one post that count; the other kinds count once."""
    takeback_s: float = 10.0
    """A like that is taken back within this time does not count."""
    window_h: float = 48.0
    """Older posts are not considered, and rows expire after as long."""
    half_life_h: float = 24.0
    velocity_window_h: float = 1.0
    min_engagements: float = 5.0
    trending_ratio: float = 2.0
    """A post is trending whose velocity is above this many times the mean."""


@dataclass(frozen=True, kw_only=True)
class AffinitySettings:
    """Weights and constants of affinity profiles."""

    like_weight: float = 1.0
    comment_weight: float = 2.0
    share_weight: float = 3.0
    profile_view_weight: float = 0.5
    view_weight: float = 0.2
    hide_weight: float = 3.0
    """Taken off, not added."""
    decay_per_day: float = 0.95
    hide_decay_per_day: float = 0.99
    window_days: float = 90.0
    min_view_s: float = 2.0
    takeback_s: float = 10.0
    """A like that is taken back within this time does not count."""
    min_actions: float = 10.0


@dataclass(frozen=True, kw_only=True)
class FeedSettings:
    """Weights and constants of feed rank and of match cards."""

    creator_weight: float = 0.30
    topic_weight: float = 0.25
    trending_weight: float = 0.15
    quality_weight: float = 0.10
    freshness_weight: float = 0.20
    seen_weight: float = 0.5
    """Taken off a post that was seen."""
    window_days: float = 7.0
    trending_quantile: float = 0.99
    """The quantile of velocity that counts as 1."""
    first_card_slot: int = 5
    """Where the first match card stands, counted from 1 over the whole feed."""
    card_slot_step: int = 10
    """How many slots further the next one stands."""
    max_cards: int = 3
    new_match_days: float = 7.0
    """How long a match is new."""
    revived_message_h: float = 48.0
    revived_silence_days: float = 14.0
    """A conversation is revived by a message of the last hours that came after so long a silence."""
    suggestion_score: float = 0.8
    """The match score from which a suggestion takes a slot."""
