"""One advisory lock for each job and scope: held by the connection of a run, gone with its process."""

from __future__ import annotations

import psycopg

KEY = "hashtextextended('feedscore run ' || %(job)s || ' ' || %(scope)s, 0)"
TRY_LOCK = f"SELECT pg_try_advisory_lock({KEY})"
UNLOCK = f"SELECT pg_advisory_unlock({KEY})"
# Postgres shows a 64-bit key as two halves.
IS_LOCKED = f"""
SELECT EXISTS (
  SELECT FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
  WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted AND d.datname = current_database()
    AND (l.classid::bigint << 32 | l.objid::bigint) = {KEY})
"""  # noqa: S608 -- a constant


def try_lock(connection: psycopg.Connection, job: str, scope: str) -> bool:
    """Take the lock until `unlock` or the end of the connection; False if somebody else has it."""
    row = connection.execute(TRY_LOCK, {"job": job, "scope": scope}).fetchone()
    return bool(row and row[0])


def unlock(connection: psycopg.Connection, job: str, scope: str) -> None:
    """Give the lock back."""
    connection.execute(UNLOCK, {"job": job, "scope": scope})


def is_locked(connection: psycopg.Connection, job: str, scope: str) -> bool:
    """Tell whether a live process runs the job with this scope, without touching the lock."""
    row = connection.execute(IS_LOCKED, {"job": job, "scope": scope}).fetchone()
    return bool(row and row[0])
