"""What a feed depends on that is the viewer's own: affinity, exclusions, and what was seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import psycopg

from feedscore import FeedUsers
from feedscore.population import Float32, Int64, UInt32

from ...db.columns import Columns, fetch
from ..grouped import owners
from ..ids import rows_of
from .feed_presort_lists import pair_lists, regroup
from .feed_presort_posts import Moments, WindowPosts
from .lists import pick
from .topics import Topics

# Whom and what people like.
PROFILES = """
SELECT user_id, creator_ids, creator_weights, topic_ids, topic_weights
FROM feed.affinity_profile WHERE user_id = ANY (%(users)s)
"""
PROFILE_KINDS = {
    "user_id": "int8", "creator_ids": "int8[]", "creator_weights": "float4[]", "topic_ids": "int4[]",
    "topic_weights": "float4[]",
}  # fmt: skip
# People who are kept apart: blocked or reported, whoever did it, or hidden by the viewer.
EXCLUDED_PEOPLE = """
SELECT blocker_id, blocked_id FROM app.blocks WHERE blocker_id = ANY (%(users)s) AND blocked_id IS NOT NULL
UNION ALL
SELECT blocked_id, blocker_id FROM app.blocks WHERE blocked_id = ANY (%(users)s) AND blocker_id IS NOT NULL
UNION ALL
SELECT reporter_id, reported_user_id FROM app.reports
WHERE reporter_id = ANY (%(users)s) AND reported_user_id IS NOT NULL
UNION ALL
SELECT reported_user_id, reporter_id FROM app.reports
WHERE reported_user_id = ANY (%(users)s) AND reporter_id IS NOT NULL
UNION ALL
SELECT user_id, hidden_user_id FROM app.hides WHERE user_id = ANY (%(users)s) AND hidden_user_id IS NOT NULL
"""
# Posts that the viewer hid or reported, as told by tables; events tell it too.
EXCLUDED_POSTS = """
SELECT user_id, hidden_post_id FROM app.hides WHERE user_id = ANY (%(users)s) AND hidden_post_id IS NOT NULL
UNION ALL
SELECT reporter_id, reported_post_id FROM app.reports
WHERE reporter_id = ANY (%(users)s) AND reported_post_id IS NOT NULL
"""
PAIR_KINDS = {"viewer": "int8", "other": "int8"}
# What viewers did with posts since the window began. No post of the window was seen before that, so an index on
# (user_id, occurred_at) keeps this read to the events of the window, whatever else there is.
MET = """
SELECT user_id, array_agg(post_id) FILTER (WHERE kind = 'seen' AND occurred_at <= %(now)s),
  array_agg(post_id) FILTER (WHERE kind IN ('hide', 'report'))
FROM app.post_events
WHERE user_id = ANY (%(users)s) AND occurred_at >= %(since)s AND kind IN ('seen', 'hide', 'report')
  AND post_id IS NOT NULL
GROUP BY user_id
"""
MET_KINDS = {"user_id": "int8", "seen": "int8[]?", "refused": "int8[]?"}
ROWS_PER_CHUNK = 2_000


@dataclass(frozen=True)
class Viewers:
    """Some people and what their feeds depend on."""

    users: FeedUsers
    """By ascending id; every sparse column but the topics is ascending and unique within a person."""

    @property
    def ids(self) -> Int64:
        """Who they are, ascending."""
        return self.users.user_ids


def fetch_viewers(
    connection: psycopg.Connection, ids: Int64, window: WindowPosts, moments: Moments, window_days: float
) -> Viewers:
    """Read what the feeds of some people, given by ascending id, depend on; of posts, only those of the window."""
    params = {"users": ids, "since": moments.ago(days=window_days), "now": moments.now}
    profiles = fetch(connection, PROFILES, PROFILE_KINDS, params, rows_per_chunk=ROWS_PER_CHUNK)
    people = fetch(connection, EXCLUDED_PEOPLE, PAIR_KINDS, params, rows_per_chunk=ROWS_PER_CHUNK)
    posts = fetch(connection, EXCLUDED_POSTS, PAIR_KINDS, params, rows_per_chunk=ROWS_PER_CHUNK)
    met = fetch(connection, MET, MET_KINDS, params, rows_per_chunk=ROWS_PER_CHUNK)
    seen_by, seen = _met(met, "seen", window)
    refused_by, refused = _met(met, "refused", window)
    listed_by, listed = _of_window(posts.int64("viewer"), posts.int64("other"), window)
    excluded = _lists(ids, people.int64("viewer"), people.int64("other"))
    refusals = _lists(ids, np.concatenate([refused_by, listed_by]), np.concatenate([refused, listed]))
    seen_posts = _lists(ids, seen_by, seen)
    creators = _creators(ids, profiles)
    topics = _topics(ids, profiles, window.topics)
    users = FeedUsers(
        user_ids=ids,
        creator_offsets=creators[0],
        creator_ids=creators[1],
        creator_weights=creators[2],
        topic_offsets=topics[0],
        topics=topics[1],
        topic_weights=topics[2],
        excluded_author_offsets=excluded[0],
        excluded_authors=excluded[1],
        excluded_post_offsets=refusals[0],
        excluded_posts=refusals[1],
        seen_offsets=seen_posts[0],
        seen_posts=seen_posts[1],
    )
    return Viewers(users)


def users_at(users: FeedUsers, rows: Int64) -> FeedUsers:
    """Pick some users."""
    creator_places, creators = pick(users.creator_offsets, rows)
    topic_places, topics = pick(users.topic_offsets, rows)
    author_places, authors = pick(users.excluded_author_offsets, rows)
    post_places, posts = pick(users.excluded_post_offsets, rows)
    seen_places, seen = pick(users.seen_offsets, rows)
    return FeedUsers(
        user_ids=users.user_ids[rows],
        creator_offsets=creators,
        creator_ids=users.creator_ids[creator_places],
        creator_weights=users.creator_weights[creator_places],
        topic_offsets=topics,
        topics=users.topics[topic_places],
        topic_weights=users.topic_weights[topic_places],
        excluded_author_offsets=authors,
        excluded_authors=users.excluded_authors[author_places],
        excluded_post_offsets=posts,
        excluded_posts=users.excluded_posts[post_places],
        seen_offsets=seen,
        seen_posts=users.seen_posts[seen_places],
    )


def _lists(ids: Int64, viewers: Int64, values: Int64) -> tuple[Int64, Int64]:
    return pair_lists(rows_of(ids, viewers)[0], values, len(ids))


def _met(met: Columns, name: str, window: WindowPosts) -> tuple[Int64, Int64]:
    return _of_window(owners(met, "user_id", name), met.int64_lists(name)[0], window)


def _of_window(viewers: Int64, posts: Int64, window: WindowPosts) -> tuple[Int64, Int64]:
    _, known = rows_of(window.posts.ids, posts)
    return viewers[known], posts[known]


def _creators(ids: Int64, profiles: Columns) -> tuple[Int64, Int64, Float32]:
    values, offsets = profiles.int64_lists("creator_ids")
    weights, _ = profiles.float32_lists("creator_weights")
    lists, places = regroup(rows_of(ids, profiles.int64("user_id"))[0], offsets, len(ids))
    return lists, values[places], _weights(weights[places])


def _topics(ids: Int64, profiles: Columns, topics: Topics) -> tuple[Int64, UInt32, Float32]:
    values, offsets = profiles.int32_lists("topic_ids")
    weights, _ = profiles.float32_lists("topic_weights")
    lists, places = regroup(rows_of(ids, profiles.int64("user_id"))[0], offsets, len(ids))
    _, known = topics.codes_of(values[places])
    codes, lists = topics.codes(values[places], lists)
    return lists, codes, _weights(weights[places][known])


def _weights(weights: Float32) -> Float32:
    return np.clip(np.nan_to_num(weights), 0, 1).astype(np.float32)
