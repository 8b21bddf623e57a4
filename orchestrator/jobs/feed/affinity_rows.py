"""From affinity profiles to rows of feed.affinity_profile; pure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from feedscore import AffinityProfiles, Column
from feedscore.population import Int64

from .lists import pick
from .topics import Topics


def profile_columns(
    profiles: AffinityProfiles, topics: Topics, content_types: tuple[str, ...], chosen: Int64 | None
) -> list[Column]:
    """Make the columns of everybody's profiles, or of those of chosen users, from user_id to actions."""
    if chosen is not None:
        profiles = _of(profiles, chosen)
    some = profiles.content_type_shares > 0
    offsets = np.concatenate([[0], np.cumsum(some.sum(axis=1))]).astype(np.int64)
    return [
        Column("user_id", "int8", profiles.user_ids),
        Column("creator_ids", "int8[]", profiles.creator_ids, profiles.creator_offsets),
        Column("creator_weights", "float4[]", profiles.creator_weights, profiles.creator_offsets),
        Column("topic_ids", "int4[]", topics.ids[profiles.topics], profiles.topic_offsets),
        Column("topic_weights", "float4[]", profiles.topic_weights, profiles.topic_offsets),
        Column("content_types", "text[]", np.nonzero(some)[1], offsets, vocabulary=content_types),
        Column("content_type_shares", "float4[]", profiles.content_type_shares[some], offsets),
        Column("engagement_velocity", "float4", profiles.velocity),
        Column("exploration_factor", "float4", profiles.exploration),
        Column("actions", "int4", profiles.actions),
    ]


def _of(profiles: AffinityProfiles, users: Int64) -> AffinityProfiles:
    rows = np.flatnonzero(np.isin(profiles.user_ids, users))
    if len(rows) == len(profiles):
        return profiles
    creators, creator_offsets = pick(profiles.creator_offsets, rows)
    topics, topic_offsets = pick(profiles.topic_offsets, rows)
    return replace(
        profiles,
        user_ids=profiles.user_ids[rows],
        actions=profiles.actions[rows],
        creator_offsets=creator_offsets,
        creator_ids=profiles.creator_ids[creators],
        creator_weights=profiles.creator_weights[creators],
        topic_offsets=topic_offsets,
        topics=profiles.topics[topics],
        topic_weights=profiles.topic_weights[topics],
        content_type_shares=profiles.content_type_shares[rows],
        velocity=profiles.velocity[rows],
        exploration=profiles.exploration[rows],
    )
