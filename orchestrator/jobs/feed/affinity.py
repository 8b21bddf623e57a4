"""The job affinity: feed.affinity_profile and feed.affinity_reach, what people like, from what they did with posts."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from pydantic import Field

from feedscore import AffinityReach
from feedscore.population import Int64

from ...context import DryRun, JobContext, JobParameters
from ...db.rows_read import read_by_index, rows_read
from ...registry import Budget, Group, Job, Sharding, Stage
from ..estimate import preview_users
from ..ids import fetch_users, require_users
from ..write import Output, write_people
from .affinity_events import Reading, collect
from .affinity_rows import profile_columns
from .affinity_shards import (
    CLOSE,
    JOIN,
    REACH,
    SHARD,
    TABLE,
    VERSION,
    close_whole,
    join_reach,
    reach_of_shard,
    weigh_shard,
)
from .newly_active import newly_active
from .stored_reach import fetch_reach, write_reach
from .topics import Topics, fetch_topics

READS = (
    "app.users", "app.posts", "app.post_events", "app.blocks", "app.reports", "feed.content_feature", "feed.topic",
    "feed.affinity_reach",
)  # fmt: skip
WORTH_READING_ALL = 10
"""Where more than one user in so many is computed, reading all events in one go beats looking up theirs."""


class AffinityParameters(JobParameters):
    """What affinity can be told."""

    batch_size: int = Field(
        default=20_000, ge=1, description="People in one batch, each committed by itself."
    )
    changed: bool = Field(
        default=False, description="Only users with 100 or more actions since their profile was computed."
    )


@dataclass(frozen=True, eq=False)
class Scope:
    """Whose profiles are computed, and against whose likings."""

    users: Int64
    """Everybody there is, ascending."""
    chosen: Int64 | None
    """Whose profiles are written; None = everybody's."""
    reach: AffinityReach | None
    """What a run over everybody has stored; None = it is to be computed from everybody's events."""
    topics: Topics

    @property
    def read(self) -> Int64 | None:
        """Whose events are read; None = everybody's."""
        if self.chosen is None or self.reach is None:
            return None
        return self.chosen if len(self.chosen) * WORTH_READING_ALL <= len(self.users) else None


def affinity(context: JobContext) -> None:
    """Learn from 90 days of actions which creators, topics and types of posts each person likes.

    Ages of events are those at the end of the UTC day, so that a second run on one day changes nothing.
    For some users, the stored reach of creators and topics is used; where there is none yet, that of
    everybody is computed. Users with fewer than 10 actions have no profile.
    """
    with context.database.connection() as connection:
        scope = _scope(connection, context)
        if scope.chosen is not None and not len(scope.chosen):
            return
        reading = Reading(
            connection,
            context.settings.affinity,
            context.now,
            step=context.run.step,
            check_stop=context.run.check_stop,
        )
        if scope.read is not None:
            read_by_index(connection)
        collected = collect(reading, scope.users, scope.topics, scope.read)
        # What the server has read, whatever of it came through; where it does not count, what came through.
        reading.told["rows_scanned"] = max(rows_read(connection), reading.told["rows_scanned"])
    context.run.tell(**+reading.told)  # what was not met is not told
    context.run.step("weighing likings")
    events, threads = collected.events, context.threads
    reach = scope.reach
    if reach is None:
        reach = events.reach(threads=threads)
        _store_reach(context, reach, scope.topics)
    profiles = events.profiles(reach=reach, threads=threads)
    context.run.tell(users_with_actions=reach.users)
    columns = profile_columns(profiles, scope.topics, collected.content_types, scope.chosen)
    write_people(context, Output(TABLE, columns, scope.chosen), VERSION)
    if scope.chosen is None and context.parameters.limit is None:
        context.run.tell(checked_everybody=context.now.isoformat())


def _scope(connection: psycopg.Connection, context: JobContext) -> Scope:
    """Choose the users, and read what is stored for runs over some."""
    context.run.step("reading users")
    parameters = context.parameters
    users, topics = fetch_users(connection), fetch_topics(connection)
    chosen = require_users(users, parameters.user_id) if parameters.user_id else None
    if isinstance(parameters, AffinityParameters) and parameters.changed:
        chosen = newly_active(connection, context.settings.affinity, context.now, chosen)
        context.run.tell(users_changed=len(chosen))
    return Scope(users, chosen, None if chosen is None else fetch_reach(connection, topics), topics)


def _store_reach(context: JobContext, reach: AffinityReach, topics: Topics) -> None:
    context.run.check_stop()
    with context.database.connection() as connection:
        done = write_reach(connection, reach, topics)
    context.run.tell(rows_written=done.inserted + done.updated, reach_removed=done.deleted)


def preview(context: JobContext) -> DryRun:
    """Tell how many users' events would be read; who of them has changed shows only then."""
    is_changed = isinstance(context.parameters, AffinityParameters) and context.parameters.changed
    return preview_users(context, READS, "at most: only users who changed are computed" if is_changed else "")


JOB = Job(
    name="affinity",
    group=Group.FEED,
    run=affinity,
    preview=preview,
    algorithm_version=VERSION,
    needs=("content-features",),
    budget=Budget(max_rows_scanned=200_000_000, max_rows_written=10_000_000, expected_runtime_s=300),
    parameters=AffinityParameters,
    sharding=Sharding(
        stages=(
            Stage(REACH, reach_of_shard),
            Stage(JOIN, join_reach, is_split=False),
            Stage(SHARD, weigh_shard, goes_on=True),
            Stage(CLOSE, close_whole, is_split=False),
        ),
        people_per_s=5_000,
        one_for_each_worker=True,
        not_when="changed",
    ),
    schedule="0 3 * * *",
    examples=("run affinity", "run affinity --user-id 8", "run affinity --changed"),
    writes=(TABLE, "feed.affinity_reach"),
)
