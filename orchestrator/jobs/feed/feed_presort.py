"""The job feed-presort: feed.feed_presorted, the posts and match cards that everybody sees next."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass

import numpy as np
import psycopg
from pydantic import Field, ValidationInfo, field_validator

from feedscore.population import Int64

from ...context import Batch, BatchResult, DryRun, JobContext, JobParameters
from ...db.rows_read import read_by_index, rows_read
from ...registry import Budget, Group, Job, Sharding, Stage
from ..estimate import rows_in
from ..ids import require_users
from ..write import stamps
from .feed_presort_cards import Cards, ItemKind, choose_cards
from .feed_presort_matches import Encounters, fetch_encounters, fetch_suggestions
from .feed_presort_people import People, fetch_people
from .feed_presort_posts import Moments, fetch_window
from .feed_presort_ranking import Ranking
from .feed_presort_segments import Shape, cut_segments, place_cards
from .feed_presort_stored import REMOVE_GONE, TABLE, fetch_posts, replace_segments
from .feed_presort_viewers import Viewers, fetch_viewers

NAME = "feed-presort"
VERSION = "1"
READS = (
    "app.users", "app.posts", "app.post_events", "app.blocks", "app.reports", "app.hides", "app.matches",
    "app.decisions", "app.messages", "feed.content_feature", "feed.trending_post", "feed.affinity_profile",
    "feed.match_list", "feed.feed_presorted",
)  # fmt: skip
MOST_ITEMS = 500
"""A feed is no longer than the candidates it is chosen from."""
# Who gets a feed.
VIEWERS = """
SELECT count(*) FROM app.users
WHERE is_active AND (cardinality(%(users)s::bigint[]) = 0 OR id = ANY (%(users)s::bigint[]))
"""


class FeedParameters(JobParameters):
    """What feed-presort can be told."""

    batch_size: int = Field(default=2_500, ge=1, description="Users in one batch, each committed by itself.")
    segment_size: int = Field(default=20, ge=1, description="Items of one segment.")
    max_segments: int = Field(
        default=3, ge=1, validate_default=True, description="Segments of one feed, at most."
    )
    incremental: bool = Field(
        default=False, description="Only merge what is newer than the stored feeds into them."
    )

    @field_validator("max_segments")
    @classmethod
    def _is_not_too_long(cls, max_segments: int, info: ValidationInfo) -> int:
        if info.data.get("segment_size", 1) * max_segments > MOST_ITEMS:
            raise ValueError(f"segment_size times max_segments must be at most {MOST_ITEMS}")
        return max_segments


# Who has no feed yet; where there is nothing to show there is none.
WITHOUT_FEED = """
SELECT count(*) FROM app.users AS u
WHERE is_active AND NOT EXISTS (SELECT FROM feed.feed_presorted AS s WHERE s.user_id = u.id AND s.segment = 1)
"""


@dataclass(frozen=True, eq=False)
class Shared:
    """What all feeds share, read once by each process, whatever shards of a whole it does."""

    people: People
    moments: Moments
    encounters: tuple[Encounters, ...]
    ranking: Ranking
    digest: str
    """Of the posts."""


@dataclass(frozen=True, eq=False)
class Task:
    """What one run computes."""

    shared: Shared
    users: Int64
    """Who gets a feed, ascending."""
    shape: Shape
    incremental: bool


def feed_presort(context: JobContext) -> None:
    """Sort everybody's feed: the best posts of the last days, with match cards among them, cut into segments.

    Ages count from the start of the hour of the run, so a second run within the hour changes nothing but what is new.
    A full run over everybody also removes the feeds of people who are gone or inactive.
    """
    sort_feeds(context)
    if context.parameters.limit is None and not context.parameters.user_id:
        _remove_gone(context)


def sort_feeds(context: JobContext) -> None:
    """Sort and store the feeds of the people that the run is for."""
    task = _plan(context)
    context.run.in_batches(
        len(task.users),
        lambda connection, batch: _work(connection, batch, context, task),
        inputs=_inputs(task),
        workers=context.writers,
    )


def close_whole(context: JobContext) -> None:
    """Remove the feeds of people who are gone, and count those without one."""
    _remove_gone(context)
    with context.database.connection() as connection:
        row = connection.execute(WITHOUT_FEED).fetchone()
    context.run.tell(people_without_feed=row[0] if row else 0)


def _remove_gone(context: JobContext) -> None:
    if isinstance(context.parameters, FeedParameters) and context.parameters.incremental:
        return
    context.run.check_stop()
    with context.database.connection() as connection:
        context.run.tell(segments_of_nobody_removed=connection.execute(REMOVE_GONE).rowcount)


def _read(context: JobContext) -> Shared:
    """Read what all feeds share."""
    settings, parameters, run = context.settings.feed, context.parameters, context.run
    assert isinstance(parameters, FeedParameters)  # noqa: S101 -- narrows the type
    moments = Moments.of(context.now)
    with context.database.connection() as connection:
        run.step("reading people")
        people = fetch_people(connection)
        scope = require_users(people.ids, parameters.user_id) if parameters.user_id else None
        run.step("reading posts")
        window = fetch_window(connection, people, moments, settings)
        run.tell(**window.told)
        run.step("reading matches and messages")
        encounters = fetch_encounters(connection, moments, settings, scope)
        run.tell(rows_scanned=rows_read(connection))
    as_of = np.datetime64(moments.as_of.replace(tzinfo=None), "us")
    threads = max(1, context.threads // context.writers)  # while one reads or writes, the others rank
    ranking = Ranking(window, as_of, settings, _shape(parameters).length, threads)
    return Shared(people, moments, encounters, ranking, window.digest())


def _shape(parameters: FeedParameters) -> Shape:
    return Shape(parameters.segment_size, parameters.max_segments)


def _plan(context: JobContext) -> Task:
    """Choose whose feeds are sorted."""
    parameters = context.parameters
    assert isinstance(parameters, FeedParameters)  # noqa: S101 -- narrows the type
    shared: Shared = context.kept.get(NAME) or _read(context)
    context.kept[NAME] = shared
    users = shared.people.active_ids
    if parameters.user_id:
        scope = require_users(shared.people.ids, parameters.user_id)
        users = np.intersect1d(scope, users)
        inactive = np.setdiff1d(scope, users)
        if len(inactive):
            context.run.tell(not_active=", ".join(map(str, inactive.tolist())))
    elif context.part:
        users = users[context.part.holds(users)]
    return Task(shared, users[: parameters.limit], _shape(parameters), parameters.incremental)


def _work(connection: psycopg.Connection, batch: Batch, context: JobContext, task: Task) -> BatchResult:
    """Sort the feeds of a batch and write the segments that differ from the stored ones."""
    settings, shared = context.settings.feed, task.shared
    ranking = shared.ranking
    read_by_index(connection)
    ids = task.users[batch.start : batch.stop]
    viewers = fetch_viewers(connection, ids, ranking.window, shared.moments, settings.window_days)
    if task.incremental:
        ranked = ranking.merged(viewers, fetch_posts(connection, ids, VERSION))
    else:
        ranked = ranking.all_posts(viewers)
    feeds = place_cards(ranked, _cards(connection, context, shared, viewers), settings, task.shape.length)
    columns = cut_segments(ids, feeds, task.shape)
    done = replace_segments(connection, ids, columns, stamps(context, len(columns[0]), VERSION), VERSION)
    shown = Counter(feeds.kinds.tolist())
    context.run.tell(
        rows_scanned=rows_read(connection),
        feeds=int((np.diff(feeds.offsets) > 0).sum()),
        posts_shown=shown[ItemKind.POST],
        **{f"cards_{kind.name.lower()}": shown[kind] for kind in ItemKind if kind is not ItemKind.POST},
    )
    return BatchResult(written=done.written + done.removed)


def _cards(connection: psycopg.Connection, context: JobContext, shared: Shared, viewers: Viewers) -> Cards:
    settings = context.settings.feed
    candidates = [encounter.among(viewers.ids) for encounter in shared.encounters]
    candidates.append(fetch_suggestions(connection, viewers.ids, settings.suggestion_score))
    return choose_cards(shared.people, viewers, candidates, settings.max_cards)


def _inputs(task: Task) -> str:
    """Condense what all batches share, so that only batches of the same posts and people are taken over."""
    digest = hashlib.blake2b(repr((VERSION, task.shared.moments.as_of)).encode(), digest_size=16)
    digest.update(task.shared.digest.encode())
    digest.update(task.users.tobytes())
    return digest.hexdigest()


def preview(context: JobContext) -> DryRun:
    """Tell how many people would get a feed."""
    users = list(context.parameters.user_id)
    with context.database.connection() as connection:
        found = connection.execute(VIEWERS, {"users": users}).fetchone()
        rows = rows_in(connection, READS)
    items = int(found[0]) if found else 0
    note = "of posts, events and messages only the last days are read"
    return DryRun(items=min(items, context.parameters.limit or items), rows_to_scan=rows, note=note)


JOB = Job(
    name=NAME,
    group=Group.FEED,
    run=feed_presort,
    preview=preview,
    algorithm_version=VERSION,
    budget=Budget(max_rows_scanned=100_000_000, max_rows_written=5_000_000, expected_runtime_s=120),
    needs=("match-scores", "affinity", "content-features", "trending"),
    parameters=FeedParameters,
    sharding=Sharding(
        stages=(Stage("shard", sort_feeds), Stage("close", close_whole, is_split=False)), people_per_s=20_000
    ),
    schedule="20 * * * *",
    examples=(
        "run feed-presort",
        "run feed-presort --user-id 8",
        "run feed-presort --incremental",
        "run feed-presort --segment-size 10 --max-segments 5",
    ),
    writes=(TABLE,),
)
