"""Posts with their topics, from app.posts and feed.content_feature into the arrays of `feedscore.Posts`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import psycopg

from feedscore import Posts
from feedscore.population import Int64
from feedscore.posts import MAX_CONTENT_TYPES

from ...db.columns import Columns, fetch
from ...errors import SourceError
from ..ids import rows_of
from .lists import pick
from .topics import Topics

DEFAULT_CONTENT_TYPE = "text"

# The types of posts there are, by code point.
CONTENT_TYPES = f"""
SELECT DISTINCT coalesce(content_type, '{DEFAULT_CONTENT_TYPE}') COLLATE "C" FROM app.posts ORDER BY 1
"""  # noqa: S608 -- a constant of ours
# Posts, whether or not they are still there, by id; the type is its place among those above.
POSTS = f"""
SELECT p.id, p.author_id, CASE WHEN isfinite(p.created_at) THEN p.created_at ELSE 'epoch' END,
  array_position(%(types)s::text[], coalesce(p.content_type, '{DEFAULT_CONTENT_TYPE}'))::int2, f.topic_ids
FROM app.posts AS p LEFT JOIN feed.content_feature AS f ON f.post_id = p.id
WHERE p.id IS NOT NULL AND p.author_id IS NOT NULL AND {{scope}}
"""  # noqa: S608 -- a constant of ours
POST_KINDS = {
    "id": "int8", "author_id": "int8", "created_at": "timestamptz", "type": "int2?", "topic_ids": "int4[]?",
}  # fmt: skip
EVERY_POST = "true"
OF_THESE = "p.id = ANY (%(ids)s)"


@dataclass(frozen=True, eq=False)
class StoredPosts:
    """Posts, and what the codes of their types stand for."""

    posts: Posts
    """By ascending id."""
    content_types: tuple[str, ...]
    """The name of each code, by code point."""


def fetch_posts(
    connection: psycopg.Connection,
    topics: Topics,
    users: Int64,
    told: Counter[str],
    ids: Int64 | None = None,
) -> StoredPosts:
    """Read all posts, or those with these ids; a post without content features has no topics.

    Posts whose author is not among `users`, which ascend, are left out and counted. Raises SourceError where
    there are more types of posts than the kernels have codes.
    """
    types = tuple(row[0] for row in connection.execute(CONTENT_TYPES))
    if len(types) > MAX_CONTENT_TYPES:
        raise SourceError(
            f"app.posts.content_type has {len(types)} different types, there are {MAX_CONTENT_TYPES} codes"
        )
    query = POSTS.format(scope=EVERY_POST if ids is None else OF_THESE)
    params = {"types": list(types), "ids": ids}
    found = fetch(connection, query, POST_KINDS, params, rows_per_chunk=2_000)
    told["rows_scanned"] += found.rows
    return StoredPosts(_posts(found, topics, users, told), types)


def _posts(found: Columns, topics: Topics, users: Int64, told: Counter[str]) -> Posts:
    _, author_known = rows_of(users, found.int64("author_id"))
    told["posts_of_nobody"] += int((~author_known).sum())
    kept = np.flatnonzero(author_known & found.valid("type"))
    keys = [found.int16("type"), found.instants("created_at"), found.int64("author_id"), found.int64("id")]
    order = kept[np.lexsort([key[kept] for key in keys])]
    ids = found.int64("id")[order]
    first = np.concatenate([[True], ids[1:] != ids[:-1]])[: len(ids)]  # a view may repeat an id
    told["posts_repeated"] += int((~first).sum())
    order = order[first]
    codes, offsets = topics.codes(*found.int32_lists("topic_ids"))
    places, starts = pick(offsets, order)
    return Posts(
        ids=ids[first],
        author_ids=found.int64("author_id")[order],
        created_at=found.instants("created_at")[order],
        content_types=(found.int16("type")[order] - 1).astype(np.uint8),
        topic_offsets=starts,
        topics=codes[places],
    )
