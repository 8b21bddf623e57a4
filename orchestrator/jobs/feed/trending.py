"""The job trending: feed.trending_post from the posts of the last two days and what was done with them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import psycopg
from pydantic import Field

from feedscore import Posts, TrendingPosts

from ...context import DryRun, JobContext, JobParameters
from ...db.rows_read import read_by_index, rows_read
from ...registry import Budget, Group, Job
from .times import days_before, last_quarter
from .trending_events import collect_events
from .trending_posts import fetch_candidates
from .trending_rows import trending_columns, write_trending

VERSION = "1"
# The planner's estimate of what was done with these posts.
EVENTS = "EXPLAIN (FORMAT JSON) SELECT FROM app.post_events WHERE post_id = ANY (%s)"


class TrendingParameters(JobParameters):
    """What trending can be told."""

    batch_size: int = Field(default=5_000, ge=1, description="Posts in one batch, each committed by itself.")


def trending(context: JobContext) -> None:
    """Find the posts of the last two days that stand out, as of the last quarter of an hour.

    It is about posts: named users (`--user-id`) change nothing.
    """
    as_of = last_quarter(context.now)
    lifetime = timedelta(hours=context.settings.trending.window_h)
    context.run.tell(as_of=as_of.isoformat())
    posts, trends = _compute(context)
    context.run.tell(
        posts_gated=int(trends.gated.sum()),
        posts_trending=int(trends.is_trending.sum()),
        engagements=int(trends.engagements.sum()),
        avg_velocity=trends.avg_velocity,
    )
    columns = trending_columns(posts, trends, as_of, lifetime, VERSION)
    write_trending(context, columns, as_of)


def _compute(context: JobContext) -> tuple[Posts, TrendingPosts]:
    as_of, told = last_quarter(context.now), Counter[str]()
    since = days_before(as_of, context.settings.trending.window_h / 24)
    with context.database.connection() as connection, context.database.connection() as other:
        read_by_index(connection)
        read_by_index(other)
        context.run.step("reading posts")
        posts = fetch_candidates(connection, since, told)
        context.run.step(f"reading what was done with {len(posts):,} posts")
        events = collect_events(context, (connection, other), posts, as_of, told)
        # What the server has read, whatever of it came through; where it does not count, what came through.
        received = told["rows_scanned"] + len(posts)
        told["rows_scanned"] = max(rows_read(connection) + rows_read(other), received)
    context.run.tell(**+told)  # what was not met is not told
    context.run.step("counting engagements")
    return posts, events.trends(threads=context.settings.threads)


def preview(context: JobContext) -> DryRun:
    """Tell which posts would be looked at, and about how many events."""
    since = days_before(last_quarter(context.now), context.settings.trending.window_h / 24)
    with context.database.connection() as connection:
        read_by_index(connection)
        posts = fetch_candidates(connection, since, Counter())
        scanned = {"app.posts": len(posts), "app.post_events": _estimate(connection, posts)}
    items = min(len(posts), context.parameters.limit or len(posts))
    return DryRun(items=items, rows_to_scan=scanned, note="only posts of the last two days, read by index")


def _estimate(connection: psycopg.Connection, posts: Posts) -> int:
    row = connection.execute(EVENTS, (posts.ids.tolist(),)).fetchone() if len(posts) else None
    return int(row[0][0]["Plan"]["Plan Rows"]) if row else 0


JOB = Job(
    name="trending",
    group=Group.FEED,
    run=trending,
    preview=preview,
    algorithm_version=VERSION,
    needs=("content-features",),
    budget=Budget(max_rows_scanned=10_000_000, max_rows_written=50_000, expected_runtime_s=30),
    parameters=TrendingParameters,
    schedule="*/15 * * * *",
    examples=("run trending", "run trending --limit 100 --dry-run"),
    writes=("feed.trending_post",),
)
