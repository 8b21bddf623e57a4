"""The posts that may be trending, read by index: those of the last two days that may be shown to anybody."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import numpy as np
import psycopg

from feedscore import Posts

from ...db.columns import fetch

# Posts since a time, whether their author exists, and whether they are flagged; each once, even if a view repeats it.
POSTS = """
SELECT DISTINCT ON (p.id) p.id, p.author_id, p.created_at,
  EXISTS (SELECT FROM app.users AS u WHERE u.id = p.author_id),
  EXISTS (SELECT FROM feed.content_feature AS f WHERE f.post_id = p.id AND f.nsfw_flagged)
FROM app.posts AS p
WHERE p.created_at >= %(since)s AND p.created_at < 'infinity' AND p.deleted_at IS NULL
  AND p.id IS NOT NULL AND p.author_id IS NOT NULL
ORDER BY p.id, p.created_at, p.author_id
"""
POST_KINDS = {
    "id": "int8", "author_id": "int8", "created_at": "timestamptz", "has_author": "bool", "is_flagged": "bool",
}  # fmt: skip


def fetch_candidates(connection: psycopg.Connection, since: datetime, told: Counter[str]) -> Posts:
    """Read the posts created since then that are neither deleted nor flagged, by ascending id.

    Those whose author does not exist are left out. Content types and topics are not read.
    """
    found = fetch(connection, POSTS, POST_KINDS, {"since": since}, rows_per_chunk=2_000)
    has_author, is_flagged = found.boolean("has_author"), found.boolean("is_flagged")
    told["posts_of_nobody"] += int((~has_author).sum())
    told["posts_flagged"] += int((has_author & is_flagged).sum())
    kept = has_author & ~is_flagged
    count = int(kept.sum())
    told["posts_considered"] += count
    return Posts(
        ids=found.int64("id")[kept],
        author_ids=found.int64("author_id")[kept],
        created_at=found.instants("created_at")[kept],
        content_types=np.zeros(count, np.uint8),
        topic_offsets=np.zeros(count + 1, np.int64),
        topics=np.empty(0, np.uint32),
    )
