"""The job match-scores: feed.match_list, the best candidates of every viewer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import psycopg
from pydantic import Field

from feedscore import MatchIndex, reference
from feedscore.population import UInt32

from ...context import Batch, BatchResult, DryRun, JobContext, JobParameters
from ...registry import Budget, Group, Job, Sharding, Stage, Timetable
from ..estimate import rows_in
from ..ids import require_users
from ..write import stamps
from .active_users import fetch_active
from .match_rows import LIST_LENGTH, Packer, people_digest, run_inputs
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
ELIGIBLE = """is_active AND visibility = 'public' AND birth_date <= %(day)s::date - interval '18 years'
  AND birth_date >= %(day)s::date - interval '130 years'"""
VIEWERS = f"""
SELECT count(*) FROM app.users
WHERE {ELIGIBLE} AND (cardinality(%(users)s::bigint[]) = 0 OR id = ANY (%(users)s::bigint[]))
  AND (%(active_since)s::timestamptz IS NULL OR last_active_at IS NULL OR last_active_at >= %(active_since)s)
"""  # noqa: S608 -- a constant
# The lists of people who are gone or may no longer be shown.
REMOVE_GONE = f"""
DELETE FROM feed.match_list AS l
WHERE NOT EXISTS (SELECT FROM app.users AS u WHERE u.id = l.viewer_id AND {ELIGIBLE})
  AND (cardinality(%(users)s::bigint[]) = 0 OR l.viewer_id = ANY (%(users)s::bigint[]))
"""  # noqa: S608 -- a constant
# How many should have a list, how many of them have none of this version, and who has one that should not: in one pass.
CENSUS = f"""
SELECT count(u.id), count(u.id) FILTER (WHERE l.algorithm_version IS DISTINCT FROM %(version)s),
  array_agg(l.viewer_id) FILTER (WHERE u.id IS NULL)
FROM (SELECT id FROM app.users WHERE id IS NOT NULL AND {ELIGIBLE}) AS u
FULL JOIN (SELECT viewer_id, algorithm_version FROM feed.match_list) AS l ON l.viewer_id = u.id
"""  # noqa: S608 -- a constant


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
class Everybody:
    """Everybody's data, read once by each process, whatever shards of a whole it does."""

    people: People
    index: MatchIndex
    packer: Packer
    digest: str

    @classmethod
    def read(cls, context: JobContext) -> Everybody:
        """Read people and build the index."""
        run, settings, as_of = context.run, context.settings.match, midnight(context.now)
        parameters = context.parameters
        run.step("reading people")
        with context.database.connection() as connection:
            people = load_people(
                connection, as_of, rows_per_chunk=parameters.candidate_batch_size, step=run.check_stop
            )
            if not parameters.user_id and not _is_partial(parameters):
                people = with_rarity(connection, people, as_of.date())
        run.tell(rows_scanned=people.rows_scanned, **people.told)
        run.step("building the index")
        index = MatchIndex(people.population, settings)
        return cls(people, index, Packer.of(people, settings, VERSION), people_digest(people))


@dataclass(frozen=True, eq=False)
class Task:
    """What one run computes."""

    everybody: Everybody
    stored: StoredLists
    viewers: UInt32
    """Rows of the viewers to compute, in the order of the batches."""


def match_scores(context: JobContext) -> None:
    """Find the 200 best candidates of every viewer, exactly, and store them as one packed row.

    Scores are those of midnight UTC of the day, so a second run on one day changes nothing. A run over
    everybody also removes the lists of people who are gone or may no longer be shown.
    """
    score_viewers(context)
    if context.parameters.limit is None:
        _remove_gone(context)
        if _checks_everybody(context):
            context.run.tell(checked_everybody=context.now.isoformat())


def score_viewers(context: JobContext) -> None:
    """Compute and store the lists of the viewers that the run is for."""
    everybody: Everybody = context.kept.get(NAME) or Everybody.read(context)
    context.kept[NAME] = everybody
    with context.database.connection() as connection:
        task = _plan(connection, context, everybody)
    context.run.step("matching")
    context.run.in_batches(
        len(task.viewers),
        lambda connection, batch: _work(connection, batch, context, task),
        inputs=run_inputs(
            everybody.digest, task.viewers, context.settings.match, VERSION, midnight(context.now)
        ),
        workers=context.writers,
    )


def close_whole(context: JobContext) -> None:
    """Remove the lists of those who may have none any more, and count those that are there."""
    with context.database.connection() as connection:
        given = {"version": VERSION, "day": midnight(context.now).date()}
        eligible, without, gone = connection.execute(CENSUS, given).fetchone() or (0, 0, None)
        if gone:
            context.run.tell(lists_removed=connection.execute(REMOVE, (gone,)).rowcount)
    context.run.tell(viewers_eligible=eligible, viewers_without_list=without)
    if _checks_everybody(context):
        context.run.tell(checked_everybody=context.now.isoformat())


def _checks_everybody(context: JobContext) -> bool:
    """Tell whether after this run every list is up to date."""
    chooses = context.parameters.user_id or _is_partial(context.parameters) or _active_since(context)
    return not chooses


def _plan(connection: psycopg.Connection, context: JobContext, everybody: Everybody) -> Task:
    """Choose the viewers, in the order in which neighbours share candidates."""
    population, parameters = everybody.people.population, context.parameters
    scope = require_users(population.ids, parameters.user_id) if parameters.user_id else None
    stored = fetch_stored(connection, VERSION, scope, context.part)
    allowed = population.active & (population.age >= reference.ADULT_AGE)
    if context.part:
        allowed &= context.part.holds(population.ids)
    chosen = allowed.copy()
    if scope is not None:
        chosen &= np.isin(population.ids, scope)
        ineligible = np.setdiff1d(scope, population.ids[chosen])
        if len(ineligible):
            context.run.tell(not_eligible=", ".join(map(str, ineligible.tolist())))
    if _is_partial(parameters):
        ttl = timedelta(hours=context.settings.match_list_ttl_h)
        since = oldest_fresh(connection, NAME, VERSION, context.now, ttl)
        chosen &= stored.stale(population.ids, everybody.packer.inputs, since)
    active_since = _active_since(context)
    if active_since:
        chosen &= np.isin(population.ids, fetch_active(connection, active_since))
    if parameters.limit is not None:
        chosen &= np.cumsum(chosen) <= parameters.limit
    context.run.tell(viewers_eligible=int(allowed.sum()))
    order = everybody.index.order
    return Task(everybody, stored, order[chosen[order]])


def _work(connection: psycopg.Connection, batch: Batch, context: JobContext, task: Task) -> BatchResult:
    """Score the viewers of a batch and write the lists that differ from the stored ones."""
    threads = max(1, context.threads // context.writers)  # while one writes, the others score
    viewers = task.viewers[batch.start : batch.stop]
    lists = task.everybody.index.top(viewers, k=LIST_LENGTH, threads=threads)
    columns = task.everybody.packer.columns(lists)
    ids, fingerprint = (np.asarray(column.values) for column in (columns[0], columns[-1]))
    same = task.stored.holds(ids, fingerprint)
    changed = np.flatnonzero(~same).astype(np.uint32)
    if len(changed):
        replace_lists(connection, [*columns, *stamps(context, len(ids), VERSION)], changed)
    if same.any() and _is_partial(context.parameters):
        connection.execute(CONFIRM, (context.now, ids[same].tolist()))
    context.run.tell(pairs_stored=int(lists.offsets[-1]))
    return BatchResult(written=len(changed))


def _remove_gone(context: JobContext) -> None:
    """Remove the lists of people who are gone or no longer eligible, of those the run is for."""
    context.run.check_stop()
    given = {"day": midnight(context.now).date(), "users": list(context.parameters.user_id)}
    with context.database.connection() as connection:
        if removed := connection.execute(REMOVE_GONE, given).rowcount:
            context.run.tell(lists_removed=removed)


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
    sharding=Sharding(
        stages=(Stage("shard", score_viewers), Stage("close", close_whole, is_split=False)),
        people_per_s=12_000,
        not_when="stale",
    ),
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
