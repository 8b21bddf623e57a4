"""How common words are: counted once a day over the newest posts, kept in feed.term_frequency."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import psycopg

from feedscore import Column, TermCounter, TermFrequencies, Texts
from feedscore.text import MAX_CHARACTERS

from ...context import JobContext
from ...db.columns import fetch, fetch_parts
from ...db.replace import Table, replace_rows
from ..write import stamps

POSTS_AT_A_TIME = 10_000
TABLE = Table(name="feed.term_frequency", key=("corpus",), volatile=())
STORED = """
SELECT posts, terms, counts, computed_at FROM feed.term_frequency WHERE algorithm_version = %(version)s
"""
STORED_KINDS = {"posts": "int8", "terms": "text[]", "counts": "int4[]", "computed_at": "timestamptz"}
# The texts of the newest posts.
NEWEST = f"""
SELECT convert_to(left(body, {MAX_CHARACTERS}), 'UTF8') FROM app.posts
WHERE deleted_at IS NULL AND body <> '' ORDER BY created_at DESC, id DESC LIMIT %(posts)s
"""  # noqa: S608 -- put together from constants


def term_frequencies(context: JobContext, due: int, version: str) -> TermFrequencies:
    """Give the stored frequencies, counted anew where they are of an earlier day or of fewer posts than are due.

    So all posts that are computed on one day are measured by the same words, whether at once or one by one.
    """
    with context.database.connection() as connection:
        stored = _stored(connection, version)
    midnight = context.now.replace(hour=0, minute=0, second=0, microsecond=0)
    if (
        stored
        and stored[1] >= midnight
        and stored[0].posts >= min(due, context.settings.content.corpus_posts)
    ):
        return stored[0]
    counted = _count(context)
    if stored and stored[0] == counted and stored[1] >= midnight:
        return counted
    _write(context, counted, version)
    return counted


def _stored(connection: psycopg.Connection, version: str) -> tuple[TermFrequencies, datetime] | None:
    found = fetch(connection, STORED, STORED_KINDS, {"version": version})
    if not found.rows:
        return None
    counts = dict(zip(found.text_lists("terms")[0], found.int32_lists("counts")[0].tolist(), strict=True))
    at: datetime = found.instants("computed_at")[0].item()
    return TermFrequencies(int(found.int64("posts")[0]), counts), at.replace(tzinfo=UTC)


def _count(context: JobContext) -> TermFrequencies:
    settings, counter = context.settings.content, TermCounter()
    context.run.step("counting words")
    with context.database.connection() as connection:
        parts = fetch_parts(
            connection,
            NEWEST,
            {"body": "bytea"},
            {"posts": int(settings.corpus_posts)},
            rows_per_part=POSTS_AT_A_TIME,
        )
        for part in parts:
            context.run.check_stop()
            counter.add(Texts(*part.blobs("body")))
    context.run.tell(posts_counted=counter.posts)
    return counter.frequencies(int(settings.corpus_terms))


def _write(context: JobContext, counted: TermFrequencies, version: str) -> None:
    ends = np.array([0, len(counted.counts)], np.int64)
    columns = [
        Column("corpus", "int2", np.ones(1, np.int16)),
        Column("posts", "int8", np.array([counted.posts], np.int64)),
        Column("terms", "text[]", list(counted.counts), ends),
        Column("counts", "int4[]", np.array(list(counted.counts.values()), np.int32), ends),
        *stamps(context, 1, version),
    ]
    with context.database.connection() as connection:
        replace_rows(connection, TABLE, columns, keep_missing=True)
