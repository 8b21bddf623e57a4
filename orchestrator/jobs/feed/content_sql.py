"""The reads of content-features: which posts are due, and what they are computed from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import psycopg

from feedscore import ContentSettings, Texts
from feedscore.population import Int64
from feedscore.text import MAX_CHARACTERS

from ...db.columns import Columns, fetch

MOST_TAGS_READ = 64

# Users who reported each post.
REPORTS = """
  SELECT reported_post_id AS post_id, count(DISTINCT reporter_id)::int4 AS reporters FROM app.reports
  WHERE reported_post_id IS NOT NULL GROUP BY reported_post_id"""

DAYS = """
CASE WHEN isfinite(p.created_at)
  THEN least(greatest(floor(extract(epoch FROM %(as_of)s::timestamptz - p.created_at) / 86400), 0), %(days)s)
  ELSE %(days)s END::float8"""
"""Whole days since a post was made, up to those over which engagement is followed; no finite time is long ago."""

INPUTS = f"""
hashtextextended(left(coalesce(p.body, ''), {MAX_CHARACTERS}),
  hashtextextended(coalesce(p.tags::text, ''),
    hashtextextended(concat_ws(',', p.media_count, r.reporters,
      CASE WHEN {DAYS} < %(days)s THEN concat_ws(',', {DAYS}, p.like_count, p.comment_count, p.share_count) END),
      %(seed)s::int8)))"""
"""The fingerprint of what a post's row is computed from; engagement counts only as long as it is followed."""

NEW_IMAGES = """
%(images)s AND EXISTS (SELECT FROM app.media AS m
  WHERE m.post_id = p.id AND m.mime_type LIKE 'image/%%' AND m.created_at > f.computed_at)"""
"""Whether a post has pictures that its row does not know, where pictures are judged."""

# Posts whose row is missing, of another version, of other inputs, or made without an optional part that is here now.
DUE = f"""
SELECT p.id FROM app.posts AS p
LEFT JOIN ({REPORTS}) AS r ON r.post_id = p.id
LEFT JOIN feed.content_feature AS f ON f.post_id = p.id
WHERE p.id IS NOT NULL AND p.deleted_at IS NULL
  AND (f.post_id IS NULL OR f.algorithm_version <> %(version)s OR f.extras & %(extras)s <> %(extras)s
    OR f.inputs <> {INPUTS} OR {NEW_IMAGES})
"""  # noqa: S608 -- put together from constants

# Which of the named posts there are.
KNOWN = "SELECT p.id FROM app.posts AS p WHERE p.id = ANY (%(posts)s)"

# What the rows of some posts are computed from.
POSTS = f"""
SELECT DISTINCT ON (p.id) p.id, convert_to(left(coalesce(p.body, ''), {MAX_CHARACTERS}), 'UTF8'),
  (CASE WHEN array_ndims(p.tags) > 1 THEN ARRAY(SELECT unnest(p.tags)) ELSE coalesce(p.tags, '{{}}') END
  )[:{MOST_TAGS_READ}]::text[],
  greatest(coalesce(p.media_count, 0), 0)::float8,
  %(like)s::float8 * greatest(p.like_count, 0) + %(comment)s::float8 * greatest(p.comment_count, 0)
    + %(share)s::float8 * greatest(p.share_count, 0), -- a count that is NULL counts as 0
  {DAYS}, coalesce(r.reporters, 0)::float8, {INPUTS}
FROM app.posts AS p LEFT JOIN ({REPORTS} HAVING reported_post_id = ANY (%(posts)s)) AS r ON r.post_id = p.id
WHERE p.id = ANY (%(posts)s) AND p.deleted_at IS NULL
ORDER BY p.id, p.created_at
"""  # noqa: S608 -- put together from constants
POST_KINDS = {
    "post_id": "int8",
    "body": "bytea",
    "tags": "text[]",
    "media": "float8",
    "engagement": "float8",
    "days": "float8",
    "reporters": "float8",
    "inputs": "int8",
}

# Rows of posts that are gone, or were deleted.
REMOVE = """
DELETE FROM feed.content_feature AS f
WHERE NOT EXISTS (SELECT FROM app.posts AS p WHERE p.id = f.post_id AND p.deleted_at IS NULL)
"""
AND_OF_THESE = " AND f.post_id = ANY (%(posts)s)"
"""Narrow REMOVE to named posts."""


def parameters(
    settings: ContentSettings, now: datetime, version: str, extras: int, images: bool, seed: int
) -> dict[str, Any]:
    """Give what the statements here are told; engagement is taken as of the start of the hour of `now`."""
    return {
        "as_of": now.replace(minute=0, second=0, microsecond=0),
        "days": settings.engagement_days,
        "like": settings.like_weight,
        "comment": settings.comment_weight,
        "share": settings.share_weight,
        "version": version,
        "extras": extras,
        "images": images,
        "seed": seed,
    }


def fetch_due(connection: psycopg.Connection, params: dict[str, Any]) -> Int64:
    """Read the ids of posts that are due, ascending, each once."""
    return np.unique(fetch(connection, DUE, {"id": "int8"}, params, rows_per_chunk=10_000).int64("id"))


def fetch_known(connection: psycopg.Connection, post_ids: Int64) -> Int64:
    """Read which of these posts there are, deleted ones too; ascending, each once."""
    return np.unique(fetch(connection, KNOWN, {"id": "int8"}, {"posts": post_ids}).int64("id"))


def fetch_posts(connection: psycopg.Connection, post_ids: Int64, params: dict[str, Any]) -> Columns:
    """Read what the rows of these posts are computed from, by id ascending, without those deleted since."""
    return fetch(connection, POSTS, POST_KINDS, {**params, "posts": post_ids}, rows_per_chunk=1_000)


def bodies(posts: Columns) -> Texts:
    """Give the beginnings of the bodies, as far as they are looked at."""
    return Texts(*posts.blobs("body"))


def remove_gone(connection: psycopg.Connection, post_ids: Int64 | None) -> int:
    """Remove the rows of posts that are gone, of all or of these, and tell how many."""
    if post_ids is None:
        return connection.execute(REMOVE).rowcount
    return connection.execute((REMOVE + AND_OF_THESE).encode(), {"posts": post_ids.tolist()}).rowcount
