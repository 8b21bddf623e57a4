"""The command that shows which posts are trending."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated

import psycopg
import typer

from feedscore import TrendingSettings

from ..settings import load_settings
from .options import AsJson
from .output import age, moment, print_json, print_table, remark, say
from .workplace import open_database

# What may be shown, the most popular first; who wrote it, and what it is about where that is known.
POSTS = """
SELECT t.post_id, t.author_id, u.display_name, t.content_type, t.created_at, t.popularity, t.velocity, t.avg_velocity,
  t.engagements, t.is_trending, t.peak_time, coalesce(f.topics, '{}'), t.computed_at
FROM feed.trending_now AS t
LEFT JOIN app.users AS u ON u.id = t.author_id
LEFT JOIN feed.post_feature AS f ON f.post_id = t.post_id
WHERE t.is_trending OR %(all)s
ORDER BY t.popularity DESC, t.post_id LIMIT %(limit)s
"""
# How many posts were considered and may be shown, how many have rows at all, and when trending last ran to its end.
STATE = """
SELECT (SELECT count(*) FROM feed.trending_now), (SELECT count(*) FROM feed.trending_post),
  (SELECT max(started_at) FROM feed.job_run WHERE job = 'trending' AND status = 'SUCCESS')
"""
TO_RUN = "run: python -m orchestrator run trending"


@dataclass(frozen=True)
class TrendingPost:
    """A post that stands out, or one that was considered."""

    rank: int
    post_id: int
    author_id: int
    author: str | None
    content_type: str
    created_at: datetime
    popularity: float
    velocity: float
    avg_velocity: float
    engagements: int
    is_trending: bool
    peak_time: datetime
    topics: list[str]
    computed_at: datetime

    @property
    def times_average(self) -> float | None:
        """How many times the mean its velocity is; None where nothing moves."""
        return self.velocity / self.avg_velocity if self.avg_velocity else None


def trending(
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most this many posts.")] = 20,
    everything: Annotated[
        bool, typer.Option("--all", help="All posts that were considered, trending or not.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the trending posts, the most popular first: whose, how popular, how fast, and when they peaked."""
    settings, now = load_settings(), datetime.now(UTC)
    with open_database(settings) as database, database.connection() as connection:
        found = fetch_trending(connection, limit, everything=everything)
        why_none = None if found else _why_none(connection, settings.trending)
    if as_json:
        print_json({"posts": [as_record(post) for post in found], "why_none": why_none})
    elif found:
        show(found, now)
    else:
        say(f"No trending posts: {why_none}.")


def fetch_trending(
    connection: psycopg.Connection, limit: int, *, everything: bool = False
) -> list[TrendingPost]:
    """Read the trending posts, or all that were considered, the most popular first."""
    rows = connection.execute(POSTS, {"limit": limit, "all": everything})
    return [TrendingPost(rank, *row) for rank, row in enumerate(rows, 1)]


def as_record(post: TrendingPost) -> dict[str, object]:
    """Give a post as JSON would have it."""
    return {**asdict(post), "times_average": post.times_average}


def show(found: list[TrendingPost], now: datetime) -> None:
    """Print posts as a table."""
    print_table(
        (
            "",
            "Post",
            "Author",
            "Type",
            "Popularity",
            "A minute",
            "Times average",
            "Peak hour",
            "Age",
            "Topics",
        ),
        [
            (
                str(post.rank),
                str(post.post_id),
                f"{post.author or '(no name)'} ({post.author_id})",
                post.content_type,
                f"{post.popularity:.1f}",
                f"{post.velocity:.2f}",
                "" if post.times_average is None else f"{post.times_average:.1f}",
                f"{post.peak_time.astimezone(UTC):%Y-%m-%d %H:00}",
                age(now - post.created_at),
                ", ".join(post.topics),
            )
            for post in found
        ],
        right={"", "Post", "Popularity", "A minute", "Times average", "Age"},
        title="Trending posts" if all(post.is_trending for post in found) else "Posts that were considered",
    )
    remark(f"As of {moment(max(post.computed_at for post in found))} UTC.")


def _why_none(connection: psycopg.Connection, settings: TrendingSettings) -> str:
    row = connection.execute(STATE).fetchone()
    considered, stored, last_run = row or (0, 0, None)
    if considered:
        return (
            f"none of the {considered:,} posts considered is engaged more than {settings.trending_ratio:g} times"
            " as fast as the mean; --all shows them"
        )
    if not last_run:
        return f"not computed yet; {TO_RUN}"
    if stored:
        return f"what was computed has expired, or was deleted or flagged since; {TO_RUN}"
    return (
        f"at the last run, {moment(last_run)} UTC, no post of the last {settings.window_h:g} h had"
        f" {settings.min_engagements:g} engagements; later: {TO_RUN}"
    )
