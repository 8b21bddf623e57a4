"""The job match-scores: feed.match_list, the best candidates of every viewer."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import psycopg
from pydantic import Field

from feedscore import MatchIndex, reference
from feedscore.population import Int64, UInt32

from ...context import Batch, BatchResult, DryRun, JobContext, JobParameters
from ...registry import Budget, Group, Job, Timetable
from ..estimate import rows_in
from ..ids import require_users, rows_of
from ..write import stamps
from .active_users import fetch_active
from .match_rows import LIST_LENGTH, Packer, run_inputs
from .people import People, load_people, midnight, with_rarity
from .stored_lists import CONFIRM, REMOVE, TABLE, StoredLists, fetch_stored, oldest_fresh, replace_lists

NAME = "match-scores"
VERSION = "1"
READS = (
    "app.users", "app.preferences", "app.interests", "app.blocks", "app.reports", "app.matches",
    "app.decisions", "app.hides", "feed.user_trait",
    "feed.user_interest_set", "feed.profile_rating_aggregate",
    "feed.user_rating_preference", "feed.match_list",
)  # fmt: skip
# Who has a list: active, visible, and of age on a given day.
VIEWERS = """
SELECT count(*) FROM app.users
WHERE is_active AND visibility = 'public' AND birth_date <= %(day)s::date - interval '18 years'
  AND birth_date >= %(day)s::date - interval '130 years'
  AND (cardinality(%(users)s::bigint[]) = 0 OR id = ANY (%(users)s::bigint[]))
  AND (%(active_since)s::timestamptz IS NULL OR last_active_at IS NULL OR last_active_at >= %(active_since)s)
"""


class MatchParameters(JobParameters):
    """What match-scores can be told."""

    batch_size: int = Field(default=500, ge=1, description="Viewers in one batch, each committed by itself.")
    stale: bool = Field(
        default=False,
        description="Only lists that are missing, past their time to live, or whose viewer's data changed.",
    )
    active: bool = Field(
        default=False,
        description="Only lists of people who were here within the last active_user_days, or nobody knows when.",
    )


@dataclass(frozen=True, eq=False)
class Task:
    """What one run computes."""

    people: People
    stored: StoredLists
    packer: Packer
    viewers: UInt32
    """Rows of the viewers to compute, in the order of the batches."""
    eligible: Int64
    """Ids of all who may have a list."""


def match_scores(context: JobContext) -> None:
    """Find the 200 best candidates of every viewer, exactly, and store them as one packed row.

    Scores are those of midnight UTC of the day, so a second run on one day changes nothing. A run over
    everybody also removes the lists of people who are gone or may no longer be shown.
    """
    parameters = context.parameters
    as_of = midnight(context.now)
    with context.database.connection() as connection:
        context.run.step("reading people")
        people = load_people(
            connection, as_of, rows_per_chunk=parameters.candidate_batch_size, step=context.run.check_stop
        )
        scope = require_users(people.population.ids, parameters.user_id) if parameters.user_id else None
        if scope is None and not _is_partial(parameters):
            people = with_rarity(connection, people, as_of.date())
        context.run.tell(rows_scanned=people.rows_scanned, **people.told)
        context.run.step("building the index")
        index = MatchIndex(people.population, context.settings.match)
        task = _plan(connection, context, people, index.order, scope)
    context.run.step("matching")
    context.run.in_batches(
        len(task.viewers),
        lambda connection, batch: _work(connection, batch, context, task, index),
        inputs=run_inputs(people, task.viewers, context.settings.match, VERSION, as_of),
        workers=context.settings.write_connections,
    )
    if parameters.limit is None:
        _remove_others(context, task, scope)
        if scope is None and not _is_partial(parameters) and not _active_since(context):
            context.run.tell(checked_everybody=context.now.isoformat())


def _plan(
    connection: psycopg.Connection,
    context: JobContext,
    people: People,
    order: UInt32,
    scope: Int64 | None,
) -> Task:
    """Choose the viewers, in the order in which neighbours share candidates."""
    population, parameters = people.population, context.parameters
    stored = fetch_stored(connection, VERSION, scope)
    packer = Packer.of(people, context.settings.match, VERSION)
    allowed = population.active & (population.age >= reference.ADULT_AGE)
    chosen = allowed.copy()
    if scope is not None:
        chosen &= np.isin(population.ids, scope)
        ineligible = np.setdiff1d(scope, population.ids[chosen])
        if len(ineligible):
            context.run.tell(not_eligible=", ".join(map(str, ineligible.tolist())))
    if _is_partial(parameters):
        ttl = timedelta(hours=context.settings.match_list_ttl_h)
        since = oldest_fresh(connection, NAME, VERSION, context.now, ttl)
        chosen &= stored.stale(population.ids, packer.inputs, since)
    active_since = _active_since(context)
    if active_since:
        chosen &= np.isin(population.ids, fetch_active(connection, active_since))
    if parameters.limit is not None:
        chosen &= np.cumsum(chosen) <= parameters.limit
    context.run.tell(viewers_eligible=int(allowed.sum()))
    return Task(people, stored, packer, order[chosen[order]], population.ids[allowed])


def _work(
    connection: psycopg.Connection, batch: Batch, context: JobContext, task: Task, index: MatchIndex
) -> BatchResult:
    """Score the viewers of a batch and write the lists that differ from the stored ones."""
    lists = index.top(
        task.viewers[batch.start : batch.stop], k=LIST_LENGTH, threads=_threads_of_a_worker(context)
    )
    columns = task.packer.columns(lists)
    ids, fingerprint = (np.asarray(column.values) for column in (columns[0], columns[-1]))
    same = task.stored.holds(ids, fingerprint)
    changed = np.flatnonzero(~same).astype(np.uint32)
    if len(changed):
        replace_lists(connection, [*columns, *stamps(context, len(ids), VERSION)], changed)
    if same.any() and _is_partial(context.parameters):
        connection.execute(CONFIRM, (context.now, ids[same].tolist()))
    context.run.tell(pairs_stored=int(lists.offsets[-1]))
    return BatchResult(written=len(changed))


def _threads_of_a_worker(context: JobContext) -> int:
    """Share the threads among the workers: while one writes, the others score."""
    threads = context.settings.threads or os.cpu_count() or 1
    return max(1, threads // context.settings.write_connections)


def _remove_others(context: JobContext, task: Task, scope: Int64 | None) -> None:
    """Remove the lists of people who are gone or no longer eligible, of those in scope."""
    context.run.check_stop()
    _, kept = rows_of(task.eligible, task.stored.viewers)
    gone = task.stored.viewers[~kept]
    if scope is not None:
        gone = np.intersect1d(gone, scope)
    if len(gone):
        with context.database.connection() as connection:
            context.run.tell(lists_removed=connection.execute(REMOVE, (gone.tolist(),)).rowcount)


def _is_partial(parameters: JobParameters) -> bool:
    return isinstance(parameters, MatchParameters) and parameters.stale


def _active_since(context: JobContext) -> datetime | None:
    """Tell since when one must have been here to get a list; None: everybody gets one."""
    parameters = context.parameters
    if isinstance(parameters, MatchParameters) and parameters.active:
        return context.now - timedelta(days=context.settings.active_user_days)
    return None


def preview(context: JobContext) -> DryRun:
    """Tell how many viewers would get a list; which of them are stale shows only after reading everything."""
    asked = {
        "day": midnight(context.now).date(),
        "users": list(context.parameters.user_id),
        "active_since": _active_since(context),
    }
    with context.database.connection() as connection:
        found = connection.execute(VIEWERS, asked).fetchone()
        rows = rows_in(connection, READS)
    items = int(found[0]) if found else 0
    note = "at most: only stale lists are computed" if _is_partial(context.parameters) else ""
    return DryRun(items=min(items, context.parameters.limit or items), rows_to_scan=rows, note=note)


JOB = Job(
    name=NAME,
    group=Group.MATCHING,
    run=match_scores,
    preview=preview,
    algorithm_version=VERSION,
    budget=Budget(max_rows_scanned=200_000_000, max_rows_written=2_000_000, expected_runtime_s=300),
    needs=("build-user-traits", "user-interest-sets", "ratings-aggregate"),
    parameters=MatchParameters,
    schedule="30 2 * * *",
    more_schedules=(Timetable(name="match-scores-active", cron="0 */6 * * *", parameters={"active": True}),),
    examples=(
        "run match-scores",
        "run match-scores --user-id 8 --user-id 17",
        "run match-scores --stale",
        "run match-scores --active",
        "run match-scores --dry-run --json",
    ),
    writes=(TABLE, "feed.match_rarity"),
)
