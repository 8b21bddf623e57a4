"""The job feed-presort-cleanup: removes segments that nobody should read any more."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import psycopg
from pydantic import Field

from feedscore.population import Int64

from ...context import Batch, BatchResult, DryRun, JobContext, JobParameters
from ...db.columns import fetch
from ...registry import Budget, Group, Job
from ..estimate import rows_in
from ..ids import distinct

VERSION = "1"
READS = ("app.users", "app.posts", "feed.feed_presorted")
# Whose feeds are stored.
OWNERS = "SELECT DISTINCT user_id FROM feed.feed_presorted WHERE {scope}"
EVERYBODY = "true"
OF_THESE = "user_id = ANY (%(users)s)"
# Remove segments of some people, and tell why each went: its age, its owner, or its posts.
REMOVE = """
WITH judged AS (
  SELECT s.user_id, s.segment,
    CASE
      WHEN s.computed_at < %(oldest)s THEN 'stale'
      WHEN NOT EXISTS (SELECT FROM app.users AS u WHERE u.id = s.user_id AND u.is_active) THEN 'of_nobody'
      WHEN NOT EXISTS (
        SELECT FROM unnest(s.kinds, s.item_ids) AS i(kind, id)
        JOIN app.posts AS p ON p.id = i.id AND p.deleted_at IS NULL WHERE i.kind = 0) THEN 'without_posts'
    END AS fault
  FROM feed.feed_presorted AS s WHERE s.user_id = ANY (%(users)s)),
removed AS (
  DELETE FROM feed.feed_presorted AS s USING judged AS j
  WHERE s.user_id = j.user_id AND s.segment = j.segment AND j.fault IS NOT NULL
  RETURNING j.fault)
SELECT count(*) FILTER (WHERE fault = 'stale'), count(*) FILTER (WHERE fault = 'of_nobody'),
  count(*) FILTER (WHERE fault = 'without_posts')
FROM removed
"""


class CleanupParameters(JobParameters):
    """What feed-presort-cleanup can be told."""

    batch_size: int = Field(
        default=5_000, ge=1, description="Owners of feeds in one batch, each committed by itself."
    )


def feed_presort_cleanup(context: JobContext) -> None:
    """Remove the segments that are stale, of nobody who is active, or without any post that is left.

    A segment of which some posts are left stays as it is: the others are hidden by whoever reads it, and replaced when
    the feed is sorted next.
    """
    with context.database.connection() as connection:
        context.run.step("reading whose feeds are stored")
        owners = _owners(connection, context)
    values = {"oldest": context.now - timedelta(days=context.settings.feed_ttl_days)}

    def work(connection: psycopg.Connection, batch: Batch) -> BatchResult:
        users = owners[batch.start : batch.stop].tolist()
        counted = connection.execute(REMOVE, {**values, "users": users}).fetchone() or (0, 0, 0)
        stale, of_nobody, without_posts = counted
        context.run.tell(
            segments_stale=stale, segments_of_nobody=of_nobody, segments_without_posts=without_posts
        )
        return BatchResult(written=sum(counted))

    context.run.in_batches(len(owners), work, inputs=hashlib.sha256(owners.tobytes()).hexdigest())


def _owners(connection: psycopg.Connection, context: JobContext) -> Int64:
    """Give the people whose feeds are stored, ascending: all, or those asked for."""
    wanted = context.parameters.user_id
    query = OWNERS.format(scope=OF_THESE if wanted else EVERYBODY)
    found = fetch(connection, query, {"id": "int8"}, {"users": list(wanted)}, rows_per_chunk=10_000)
    return distinct(found.int64("id"))[: context.parameters.limit]


def preview(context: JobContext) -> DryRun:
    """Tell of how many people the feeds would be looked at."""
    with context.database.connection() as connection:
        items = len(_owners(connection, context))
        return DryRun(items=items, rows_to_scan=rows_in(connection, READS))


JOB = Job(
    name="feed-presort-cleanup",
    group=Group.MAINTENANCE,
    run=feed_presort_cleanup,
    preview=preview,
    algorithm_version=VERSION,
    budget=Budget(max_rows_scanned=20_000_000, max_rows_written=5_000_000, expected_runtime_s=60),
    parameters=CleanupParameters,
    schedule="40 3 * * *",
    examples=("run feed-presort-cleanup", "run feed-presort-cleanup --user-id 8"),
)
