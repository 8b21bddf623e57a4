"""The rows of feed.job_batch: which batches of an unfinished run are committed."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg


@dataclass(frozen=True)
class Cut:
    """What the batches of one stage were cut from; equal cuts have equal batches."""

    stage: str
    inputs: str
    total: int
    size: int


# Written in the transaction of the batch, and only while the run counts as running: a process that lost its
# lock to a successor can commit nothing more. Not waiting for the disk is safe: a crash of the server may
# lose the last batches, but only with their rows, and the commit that ends the run flushes all before it.
RECORD = """
INSERT INTO feed.job_batch (run_id, stage, inputs, total, size, batch, written)
SELECT id, %(stage)s, %(inputs)s, %(total)s, %(size)s, %(batch)s, %(written)s FROM feed.job_run
WHERE id = %(run_id)s AND status = 'RUNNING' AND set_config('synchronous_commit', 'off', true) IS NOT NULL
"""
# A batch with failed items keeps its work but gets no row, so that a resumed run tries it again.
STILL_RUNNING = """
SELECT FROM feed.job_run
WHERE id = %s AND status = 'RUNNING' AND set_config('synchronous_commit', 'off', true) IS NOT NULL
"""
HAS_BATCHES = "SELECT FROM feed.job_batch WHERE run_id = %s LIMIT 1"
ADOPT = "UPDATE feed.job_batch SET run_id = %(run_id)s WHERE run_id = %(predecessor)s"
# What runs before this one of the same job and scope left behind, when nobody will resume it any more.
CLEAR_OLDER = """
DELETE FROM feed.job_batch AS b USING feed.job_run AS r
WHERE r.id = b.run_id AND r.job = %(job)s AND r.scope = %(scope)s AND r.id < %(run_id)s
"""
COMMITTED = """
SELECT batch FROM feed.job_batch
WHERE run_id = %(run_id)s AND stage = %(stage)s
  AND inputs = %(inputs)s AND total = %(total)s AND size = %(size)s
"""
CLEAR_OTHER_CUTS = """
DELETE FROM feed.job_batch
WHERE run_id = %(run_id)s AND stage = %(stage)s
  AND NOT (inputs = %(inputs)s AND total = %(total)s AND size = %(size)s)
"""
CLEAR = "DELETE FROM feed.job_batch WHERE run_id = %s"


def record_batch(connection: psycopg.Connection, run_id: int, cut: Cut, batch: int, written: int) -> bool:
    """Record a batch in the transaction that did its work; False when the run no longer counts as running."""
    values = {**_values(run_id, cut), "batch": batch, "written": written}
    return connection.execute(RECORD, values).rowcount == 1


def still_running(connection: psycopg.Connection, run_id: int) -> bool:
    """Tell whether the run counts as running, for a batch that is not recorded."""
    return connection.execute(STILL_RUNNING, (run_id,)).rowcount == 1


def has_batches(connection: psycopg.Connection, run_id: int) -> bool:
    """Tell whether a run has left committed batches."""
    return connection.execute(HAS_BATCHES, (run_id,)).rowcount == 1


def adopt_batches(connection: psycopg.Connection, predecessor: int, run_id: int) -> int:
    """Take over the batches that another run has committed; tell how many."""
    return connection.execute(ADOPT, {"predecessor": predecessor, "run_id": run_id}).rowcount


def clear_older_batches(connection: psycopg.Connection, job: str, scope: str, run_id: int) -> None:
    """Forget the batches of all earlier runs of a job and scope."""
    connection.execute(CLEAR_OLDER, {"job": job, "scope": scope, "run_id": run_id})


def committed_batches(connection: psycopg.Connection, run_id: int, cut: Cut) -> frozenset[int]:
    """Name the committed batches of this cut, and forget those of the same stage that were cut otherwise."""
    values = _values(run_id, cut)
    connection.execute(CLEAR_OTHER_CUTS, values)
    return frozenset(row[0] for row in connection.execute(COMMITTED, values))


def clear_batches(connection: psycopg.Connection, run_id: int) -> None:
    """Forget the batches of a run that has ended well."""
    connection.execute(CLEAR, (run_id,))


def _values(run_id: int, cut: Cut) -> dict[str, int | str]:
    return {"run_id": run_id, "stage": cut.stage, "inputs": cut.inputs, "total": cut.total, "size": cut.size}
