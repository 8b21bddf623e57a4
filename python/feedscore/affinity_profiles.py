"""What the affinity kernel gives: profiles of users, and how many users each creator and topic reached."""

from __future__ import annotations

from dataclasses import dataclass

from .population import Float32, Int32, Int64, UInt32

MAX_PROFILE_CREATORS = 20
MAX_PROFILE_TOPICS = 30


@dataclass(frozen=True, kw_only=True, eq=False)
class AffinityReach:
    """How many users engaged each creator and each topic: what makes a common liking weigh little.

    To engage is to have at least one action that counts; a hide engages nothing.
    """

    users: int
    """With at least one action that counts."""
    creator_ids: Int64
    """(c,) ascending; creators whom somebody engaged."""
    creator_users: Int32
    """(c,) distinct users."""
    topic_users: Int32
    """(t,) distinct users, one number a topic code."""


@dataclass(frozen=True, kw_only=True, eq=False)
class AffinityProfiles:
    """What some users like, one row a user in ascending order of their ids; u is the number of users.

    The lists are CSR: those of user i stand at `offsets[i]:offsets[i + 1]`, the strongest first, ties by the smaller
    id or code. Weights are in [0, 1], the first of a list is 1.
    """

    user_ids: Int64
    """(u,) ascending; users with fewer than `min_actions` actions have no profile."""
    actions: Int32
    """(u,) that count."""
    creator_offsets: Int64
    creator_ids: Int64
    creator_weights: Float32
    """At most 20 a user."""
    topic_offsets: Int64
    topics: UInt32
    topic_weights: Float32
    """Codes of `Posts.topics`, at most 30 a user."""
    content_type_shares: Float32
    """(u, T) shares of the positive weight, a row adds up to 1; T is the largest content type code of the posts + 1."""
    velocity: Float32
    """(u,) actions a day since the first that counts, but over at least one day."""
    exploration: Float32
    """(u,) in [0, 1]: entropy over creators by the logarithm of their number; 0 for one creator."""

    def __len__(self) -> int:
        return len(self.user_ids)
