"""The parts of a whole: what each does, which is next, and what it hands on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import psycopg

from feedscore.population import Bool, Int64

from .runs import RunRecord

LOWEST, HIGHEST = int(np.iinfo(np.int64).min), int(np.iinfo(np.int64).max)

# The next part of a whole for a process that has done some parts of it: first those that go on with what it has. Those
# that another process may go on with are left to it for a while; nothing more urgent may wait.
NEXT_PART = """
SELECT p.id FROM feed.job_run AS p, (SELECT clock_timestamp() AS t) AS now
WHERE p.parent_id = %(whole)s AND p.status = 'QUEUED'
  AND (p.not_before IS NULL OR p.not_before <= t OR p.attempt = 1 AND (p.part ->> 'number')::int = ANY (%(done)s))
  AND NOT EXISTS (SELECT FROM feed.job_run AS u
    WHERE u.status = 'QUEUED' AND u.priority > p.priority AND (u.not_before IS NULL OR u.not_before <= t)
      AND u.dispatched_at IS NOT NULL)
  AND NOT EXISTS (SELECT FROM feed.pause AS h WHERE h.kind = 'job' AND h.name = p.job
    OR h.kind = 'queue' AND h.name = p.queue)
ORDER BY (p.part ->> 'number')::int = ANY (%(done)s) DESC, p.id LIMIT 1
"""
# Whether parts that go on with what this process has will come, since others are at work on what they wait for.
WILL_COME = """
SELECT EXISTS (SELECT FROM feed.job_run WHERE parent_id = %(whole)s AND status = 'WAITING' AND part ? 'hold_s'
    AND (part ->> 'number')::int = ANY (%(done)s))
  AND EXISTS (SELECT FROM feed.job_run WHERE parent_id = %(whole)s AND status = 'RUNNING')
"""
STORE_RESULT = """
INSERT INTO feed.job_part_result (run_id, result) VALUES (%s, %s) ON CONFLICT (run_id) DO UPDATE SET result = excluded.result
"""
RESULTS = """
SELECT r.result FROM feed.job_run AS p JOIN feed.job_part_result AS r ON r.run_id = p.id
WHERE p.parent_id = (SELECT parent_id FROM feed.job_run WHERE id = %s) AND p.status = 'SUCCESS' AND p.part ->> 'stage' = %s
ORDER BY p.id
"""


@dataclass(frozen=True)
class Part:
    """What one run of a whole does: a stage of the job, for the people of a range of ids or for all."""

    stage: str
    number: int
    """From 1."""
    of: int
    first_id: int | None = None
    """The smallest id; None = there is no bound."""
    end_id: int | None = None
    """The first id of the next range; None = there is no bound. All ranges together hold every id there can be."""

    def __str__(self) -> str:
        return f"{self.stage} {self.number}/{self.of}" if self.of > 1 else self.stage

    @property
    def span(self) -> dict[str, int]:
        """The smallest and the largest id, as parameters of a statement."""
        return {
            "first_id": LOWEST if self.first_id is None else self.first_id,
            "last_id": HIGHEST if self.end_id is None else self.end_id - 1,
        }

    def holds(self, ids: Int64) -> Bool:
        """Tell which ids lie in the range."""
        span = self.span
        return np.asarray((ids >= span["first_id"]) & (ids <= span["last_id"]))


@dataclass(frozen=True)
class Planned:
    """A part that is to be made."""

    part: Part
    needs: tuple[int, ...]
    """Places of others in the plan, all before it."""
    hold_s: float = 0.0
    """So long it is left to the process that can go on with what it has."""
    closes: bool = False


def part_of(record: RunRecord) -> Part | None:
    """Tell what of its job a run does; None = all."""
    if record.part is None:
        return None
    names = ("stage", "number", "of", "first_id", "end_id")
    return Part(**{name: record.part[name] for name in names if name in record.part})


def next_part(connection: psycopg.Connection, whole: int, done: Collection[int]) -> int | None:
    """Choose a part for a process that has done the parts of these numbers; None where none is free for it."""
    row = connection.execute(NEXT_PART, {"whole": whole, "done": list(done)}).fetchone()
    return int(row[0]) if row else None


def more_will_come(connection: psycopg.Connection, whole: int, done: Collection[int]) -> bool:
    """Tell whether it is worth waiting for parts that go on with what this process has."""
    row = connection.execute(WILL_COME, {"whole": whole, "done": list(done)}).fetchone()
    return bool(row and row[0])


def store_result(connection: psycopg.Connection, run_id: int, result: bytes) -> None:
    """Keep what a part hands on to a later stage."""
    connection.execute(STORE_RESULT, (run_id, result))


def fetch_results(connection: psycopg.Connection, run_id: int, stage: str) -> list[bytes]:
    """Read what the parts of a stage have handed on, for another part of their whole."""
    return [row[0] for row in connection.execute(RESULTS, (run_id, stage))]
