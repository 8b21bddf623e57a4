"""What a post is about: its author's tags, then the keywords of its text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
import psycopg

from feedscore.population import Int32, Int64

from ...db.columns import fetch

MOST_TOPICS = 8
LONGEST_TAG = 50
TAGS_REMEMBERED = 100_000

# The ids of the tags that are topics already.
KNOWN = "SELECT id, tag FROM feed.topic WHERE tag = ANY (%(tags)s)"
ADD = """
INSERT INTO feed.topic (tag) SELECT tag FROM unnest(%s::text[]) AS new(tag) ORDER BY tag COLLATE "C"
ON CONFLICT DO NOTHING
"""
"""Make topics of tags. In the order of the tags: so two runs that add the same never wait for each other in a ring."""


@lru_cache(TAGS_REMEMBERED)
def normal_tag(tag: str) -> str | None:
    """Spell a tag as a topic: form NFKC, lower case, no `#` before it, `-` for white space within.

    None where nothing is left, or more than 50 characters: that is a sentence, and no tag.
    """
    seen = "".join(
        c.lower()
        for c in unicodedata.normalize("NFKC", tag)
        if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    words = seen.strip().lstrip("#").split()
    spelled = "-".join(words)
    return spelled if 0 < len(spelled) <= LONGEST_TAG else None


def topics_of(tags: Iterable[str], keywords: Iterable[str]) -> list[str]:
    """Give the tags in their order, then keywords until there are 8, each once."""
    topics: dict[str, None] = {}
    for tag in tags:
        spelled = normal_tag(tag)
        if spelled is not None:
            topics[spelled] = None
    for keyword in keywords:
        if len(topics) >= MOST_TOPICS:
            break
        topics[keyword] = None
    return list(topics)[:MOST_TOPICS]


def topic_ids(connection: psycopg.Connection, topics: Sequence[list[str]]) -> tuple[Int32, Int64]:
    """Give the ids of each row's topics, as CSR; topics that are new get one, in the transaction of the caller."""
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in topics])]).astype(np.int64)
    wanted = sorted({topic for row in topics for topic in row})
    ids = _known(connection, wanted)
    missing = [topic for topic in wanted if topic not in ids]
    if missing:
        connection.execute(ADD, (missing,))
        ids |= _known(connection, missing)
    return np.array([ids[topic] for row in topics for topic in row], np.int32), offsets


def _known(connection: psycopg.Connection, tags: list[str]) -> dict[str, int]:
    found = fetch(connection, KNOWN, {"id": "int4", "tag": "text"}, {"tags": tags}, rows_per_chunk=2_000)
    return dict(zip(found.texts("tag"), found.int32("id").tolist(), strict=True))
