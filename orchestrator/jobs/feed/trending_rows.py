"""The rows of feed.trending_post: what is written, most popular first, and what is removed."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import psycopg

from feedscore import Column, Posts, TrendingPosts
from feedscore.population import Int64

from ...context import Batch, BatchResult, JobContext
from ...db.columns import fetch
from ...db.replace import Table, replace_rows
from ..write import digest

TABLE = Table(name="feed.trending_post", key=("post_id",))
# The posts that have a row, and whether it has expired.
STORED = "SELECT post_id, expires_at <= %(as_of)s FROM feed.trending_post"
STORED_KINDS = {"post_id": "int8", "has_expired": "bool"}
REMOVE = "DELETE FROM feed.trending_post WHERE post_id = ANY (%s)"
"""Remove the rows of these posts."""


def trending_columns(
    posts: Posts, trends: TrendingPosts, as_of: datetime, lifetime: timedelta, version: str
) -> list[Column]:
    """Make the rows of the gated posts, most popular first, ties by ascending id."""
    rows = np.flatnonzero(trends.gated)
    rows = rows[np.lexsort((posts.ids[rows], -trends.popularity[rows]))]
    count = len(rows)
    return [
        Column("post_id", "int8", posts.ids[rows]),
        Column("popularity", "float4", trends.popularity[rows]),
        Column("velocity", "float4", trends.velocity[rows]),
        Column("avg_velocity", "float4", np.full(count, trends.avg_velocity, np.float32)),
        Column("decay_multiplier", "float4", trends.decay_multiplier[rows]),
        Column("engagements", "int4", trends.engagements[rows]),
        Column("is_trending", "bool", trends.is_trending[rows]),
        Column("peak_time", "timestamptz", trends.peak_time[rows]),
        Column("expires_at", "timestamptz", _instants(as_of + lifetime, count)),
        Column("computed_at", "timestamptz", _instants(as_of, count)),
        Column("algorithm_version", "text", np.zeros(count, np.int64), vocabulary=[version]),
    ]


def write_trending(context: JobContext, columns: list[Column], as_of: datetime) -> None:
    """Write the rows, at most `limit` of them, then remove those that expired or should not be there any more."""
    total = min(len(columns[0]), context.parameters.limit or len(columns[0]))

    def work(connection: psycopg.Connection, batch: Batch) -> BatchResult:
        part = [column.part(batch.start, batch.stop) for column in columns]
        done = replace_rows(connection, TABLE, part, keep_missing=True)
        return BatchResult(written=done.inserted + done.updated)

    context.run.in_batches(total, work, stage=TABLE.name, inputs=digest(columns))
    kept = np.asarray(columns[0].values, np.int64)
    context.run.tell(rows_removed=_remove(context, kept, as_of))


def _remove(context: JobContext, kept: Int64, as_of: datetime) -> int:
    context.run.check_stop()
    with context.database.connection() as connection:
        stored = fetch(connection, STORED, STORED_KINDS, {"as_of": as_of}, rows_per_chunk=2_000)
        gone = ~np.isin(stored.int64("post_id"), kept)
        # A run with a limit touches no more than it was asked to; what expired goes all the same.
        if context.parameters.limit is not None:
            gone &= stored.boolean("has_expired")
        if not gone.any():
            return 0
        return connection.execute(REMOVE, (stored.int64("post_id")[gone].tolist(),)).rowcount


def _instants(time: datetime, count: int) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    return np.full(count, np.datetime64(time.replace(tzinfo=None), "us"))
