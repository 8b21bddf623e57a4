"""Wholes and their parts: runs over everybody that several workers share.

A whole is the row that was enqueued. From its opening to the end of its parts it is RUNNING, in no process. Its parts
are runs of their own, with needs, locks, checkpoints and further tries like any other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from .parts import Planned
from .runs import RunRecord, RunStatus

# How long one worker would have taken for the latest runs over everybody that ended well and resumed nothing, and for
# how many people.
PACE = """
SELECT coalesce(p.worker_s, r.duration_ms / 1000.0)::float8, (r.metadata ->> 'people')::float8 FROM feed.job_run AS r
LEFT JOIN LATERAL (SELECT sum(duration_ms) / 1000.0 AS worker_s FROM feed.job_run
  WHERE r.shards IS NOT NULL AND parent_id = r.id) AS p ON true
WHERE r.job = %s AND r.scope = 'all' AND r.status = 'SUCCESS' AND r.resumed_from IS NULL AND r.dispatched_at IS NOT NULL
  AND r.algorithm_version = %s AND r.parameters = %s AND r.metadata ->> 'people' <> '0'
ORDER BY r.id DESC LIMIT 3
"""
COUNT_PEOPLE = "SELECT count(*) FROM app.users"
# The ids at which everybody is cut into parts of one size.
BOUNDS = """
SELECT unnest(percentile_disc(%s::float8[]) WITHIN GROUP (ORDER BY id)) FROM app.users WHERE id IS NOT NULL
"""
OPEN = """
UPDATE feed.job_run SET shards = %s, metadata = metadata || %s WHERE id = %s RETURNING *
"""
ADD_PART = """
INSERT INTO feed.job_run (job, job_group, scope, as_of, trigger, status, algorithm_version, parameters, metadata, cause,
  priority, max_attempts, parent_id, part)
SELECT job, job_group, %(scope)s, as_of, trigger, %(status)s, algorithm_version, parameters, '{}',
  'part of run ' || id, priority, max_attempts, id, %(part)s
FROM feed.job_run WHERE id = %(whole)s
RETURNING id
"""
ADD_NEEDS = "INSERT INTO feed.job_run_need (run_id, need_id) SELECT %s, unnest(%s::bigint[])"
# What a whole that did not end well has done; its ranges are those of the parts it lacks, too.
PARTS = "SELECT * FROM feed.job_run WHERE parent_id = %s ORDER BY id"
ADOPT = "UPDATE feed.job_run SET parent_id = %s WHERE parent_id = %s AND status = 'SUCCESS'"
# The place of a whole among other runs is taken from its opening to its end.
IS_OPEN = """
SELECT * FROM feed.job_run WHERE job = %s AND scope = %s AND status = 'RUNNING' AND shards IS NOT NULL
"""
HOLD_WHOLE = "SELECT FROM feed.job_run WHERE id = %s FOR NO KEY UPDATE"
# Wholes all of whose parts have ended: as the last of them, which closes, did. Of items each was counted once: a further
# try of a part goes on behind what was committed.
END = """
WITH ended AS (
  SELECT w.id, c.status, c.error, c.metadata, s.* FROM feed.job_run AS w
  CROSS JOIN LATERAL (SELECT * FROM feed.job_run WHERE parent_id = w.id AND part ->> 'closes' IS NOT NULL
    ORDER BY id DESC LIMIT 1) AS c
  CROSS JOIN LATERAL (SELECT sum(items_processed) AS processed,
      coalesce(sum(items_failed) FILTER (WHERE status = 'SUCCESS'), 0) AS failed,
      sum((metadata ->> 'rows_scanned')::bigint) AS rows_scanned, sum((metadata ->> 'rows_written')::bigint) AS rows_written
    FROM feed.job_run WHERE parent_id = w.id) AS s
  WHERE w.status = 'RUNNING' AND w.shards IS NOT NULL AND NOT EXISTS (
    SELECT FROM feed.job_run WHERE parent_id = w.id AND status IN ('WAITING', 'QUEUED', 'RUNNING')))
UPDATE feed.job_run AS w SET
  status = CASE WHEN w.cancel_requested THEN 'CANCELLED' WHEN e.status = 'SKIPPED' THEN 'FAILED' ELSE e.status END,
  error = CASE WHEN e.status <> 'SUCCESS' THEN e.error WHEN e.failed > 0 THEN e.failed || ' items failed' END,
  items_processed = e.processed, items_failed = e.failed,
  metadata = w.metadata || e.metadata || jsonb_strip_nulls(
    jsonb_build_object('rows_scanned', e.rows_scanned, 'rows_written', e.rows_written)),
  heartbeat_at = t, finished_at = t, duration_ms = round(1000 * extract(epoch FROM t - w.started_at))
FROM ended AS e, (SELECT clock_timestamp() AS t) AS now WHERE w.id = e.id AND w.status = 'RUNNING'
RETURNING w.id, w.status
"""
FORGET_RESULTS = """
DELETE FROM feed.job_part_result WHERE run_id IN (SELECT id FROM feed.job_run WHERE parent_id = ANY (%s))
"""
STANDING = """
SELECT parent_id, count(*) FILTER (WHERE status = 'SUCCESS') AS done, count(*) FILTER (WHERE status = 'RUNNING') AS running,
  count(DISTINCT scope) AS parts, sum(items_processed)::bigint AS processed
FROM feed.job_run WHERE parent_id = ANY (%s) GROUP BY parent_id
"""


@dataclass(frozen=True)
class Standing:
    """How far a whole is."""

    parent_id: int
    done: int
    running: int
    parts: int
    processed: int


def latest_pace(
    connection: psycopg.Connection, job: str, version: str, parameters: object
) -> list[tuple[float, float]]:
    """Tell how many seconds of one worker the latest runs over everybody took, each with its number of people."""
    found = connection.execute(PACE, (job, version, Jsonb(parameters))).fetchall()
    return [(float(seconds), float(people)) for seconds, people in found if seconds is not None]


def count_people(connection: psycopg.Connection) -> int:
    """Count everybody in app.users."""
    row = connection.execute(COUNT_PEOPLE).fetchone()
    return int(row[0]) if row else 0


def cut_people(connection: psycopg.Connection, parts: int) -> list[int]:
    """Give the ids at which everybody is cut into `parts` ranges of about one size: one fewer, or still fewer."""
    shares = [number / parts for number in range(1, parts)]
    return sorted({row[0] for row in connection.execute(BOUNDS, (shares,)) if row[0] is not None})


def open_whole(
    connection: psycopg.Connection, whole: RunRecord, planned: Sequence[Planned], before: int | None
) -> RunRecord:
    """Make the parts of a whole; those that `before`, the whole it resumes, has done are taken over."""
    done: dict[str, int] = {}
    if before is not None:
        connection.execute(ADOPT, (whole.id, before))
        done = {part.scope: part.id for part in parts_of(connection, whole.id)}
    ids: list[int] = []
    shards = max(plan.part.of for plan in planned)
    for plan in planned:
        scope = str(plan.part)
        needs = [ids[place] for place in plan.needs]
        ids.append(done.get(scope) or _add_part(connection, whole.id, scope, plan, needs))
    adopted = {"parts_resumed": len(done)} if done else {}
    with connection.cursor(row_factory=class_row(RunRecord)) as cursor:
        record = cursor.execute(OPEN, (shards, Jsonb(adopted), whole.id)).fetchone()
    assert record is not None  # noqa: S101 -- an UPDATE of a row that was just read
    return record


def _add_part(connection: psycopg.Connection, whole: int, scope: str, plan: Planned, needs: list[int]) -> int:
    told = {name: value for name, value in asdict(plan.part).items() if value is not None}
    told |= {"hold_s": plan.hold_s} if plan.hold_s else {}
    told |= {"closes": True} if plan.closes else {}
    values = {
        "whole": whole, "scope": scope, "part": Jsonb(told),
        "status": RunStatus.WAITING if needs else RunStatus.QUEUED,
    }  # fmt: skip
    row = connection.execute(ADD_PART, values).fetchone()
    assert row is not None  # noqa: S101 -- an INSERT of one row returns one row
    connection.execute(ADD_NEEDS, (row[0], needs))
    return int(row[0])


def parts_of(connection: psycopg.Connection, whole: int) -> list[RunRecord]:
    """List the parts of a whole with all their tries, the oldest first."""
    with connection.cursor(row_factory=class_row(RunRecord)) as cursor:
        return cursor.execute(PARTS, (whole,)).fetchall()


def find_open_whole(connection: psycopg.Connection, job: str, scope: str) -> RunRecord | None:
    """Find the whole of a job that has been opened and has not ended."""
    with connection.cursor(row_factory=class_row(RunRecord)) as cursor:
        return cursor.execute(IS_OPEN, (job, scope)).fetchone()


def hold_whole(connection: psycopg.Connection, whole: int) -> None:
    """Let the ends of its parts come one after the other, so that the last sees that it is."""
    connection.execute(HOLD_WHOLE, (whole,))


def end_wholes(connection: psycopg.Connection) -> list[int]:
    """Record how wholes ended whose parts have all ended, and tell which."""
    ended = connection.execute(END).fetchall()
    well = [run_id for run_id, status in ended if status == RunStatus.SUCCESS]
    if well:
        connection.execute(FORGET_RESULTS, (well,))
    return [run_id for run_id, _ in ended]


def standings(connection: psycopg.Connection, wholes: Collection[int]) -> dict[int, Standing]:
    """Tell how far some wholes are, by their ids."""
    with connection.cursor(row_factory=class_row(Standing)) as cursor:
        found = cursor.execute(STANDING, (list(wholes),)).fetchall()
    return {standing.parent_id: standing for standing in found}
