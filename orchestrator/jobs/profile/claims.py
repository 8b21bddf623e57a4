"""The rows of feed.profile_analysis: an attempt is claimed, and only its claim may end it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import psycopg

from .analyser import Analysis, Usage
from .due import IS_DEAD, STUCK_AFTER, WINDOW

RETRIES = 3
RETRY_BASE = timedelta(minutes=1)
LONGEST_ERROR = 500
INSUFFICIENT = "insufficient data"

# Take people whom nobody else is at, and who were not analysed within the hour.
CLAIM = f"""
INSERT INTO feed.profile_analysis AS a (user_id, status, run_id, claim, started_at)
SELECT DISTINCT u.id, 'running', %(run)s::bigint, %(claim)s::uuid, clock_timestamp()
FROM app.users AS u WHERE u.id = ANY (%(users)s::bigint[]) AND u.is_active ORDER BY u.id
ON CONFLICT (user_id) DO UPDATE SET
  status = 'running', run_id = excluded.run_id, claim = excluded.claim, started_at = excluded.started_at
WHERE (a.analysed_at IS NULL OR a.analysed_at <= %(now)s - %(window)s)
  AND (a.status <> 'running' OR a.run_id = excluded.run_id OR {IS_DEAD})
RETURNING a.user_id, CASE WHEN a.result IS NOT NULL THEN a.inputs END
"""  # noqa: S608 -- put together from constants
# What was found, or nothing new to find (no analysis: all but the time stays).
COMPLETE = """
UPDATE feed.profile_analysis AS a SET
  status = 'completed', failures = 0, retry_at = NULL, error = NULL, claim = NULL,
  analysed_at = %(now)s, seen_until = %(now)s, messages = n.messages, insufficient_data = n.insufficient,
  result = CASE WHEN n.same THEN a.result ELSE n.result::jsonb END, analyser = %(analyser)s, inputs = n.inputs,
  tokens_in = n.tokens_in, tokens_out = n.tokens_out, cost = n.cost, algorithm_version = %(version)s
FROM unnest(%(users)s::bigint[], %(messages)s::int[], %(insufficient)s::bool[], %(same)s::bool[], %(result)s::text[],
  %(inputs)s::bigint[], %(tokens_in)s::int[], %(tokens_out)s::int[], %(cost)s::numeric[])
  AS n(user_id, messages, insufficient, same, result, inputs, tokens_in, tokens_out, cost)
WHERE a.user_id = n.user_id AND a.claim = %(claim)s
"""
# Tried again after a minute, two, four; given up then, until something is new.
FAIL = """
UPDATE feed.profile_analysis AS a SET
  status = 'failed', claim = NULL, error = n.error,
  failures = CASE WHEN a.failures >= %(retries)s THEN 0 ELSE a.failures + 1 END,
  retry_at = CASE WHEN a.failures < %(retries)s
    THEN %(now)s + greatest(%(base)s * 2 ^ a.failures * (0.75 + random() / 2), n.rest_s * interval '1 second') END,
  seen_until = CASE WHEN a.failures >= %(retries)s THEN %(now)s ELSE a.seen_until END
FROM unnest(%(users)s::bigint[], %(errors)s::text[], %(rests)s::float8[]) AS n(user_id, error, rest_s)
WHERE a.user_id = n.user_id AND a.claim = %(claim)s
"""
POSTPONE = """
UPDATE feed.profile_analysis SET status = 'waiting', claim = NULL, error = %(why)s, retry_at = %(until)s
WHERE user_id = ANY (%(users)s::bigint[]) AND claim = %(claim)s
"""
# Of people who are gone nothing is kept.
REMOVE_GONE = """
DELETE FROM feed.profile_analysis AS a WHERE NOT EXISTS (SELECT FROM app.users AS u WHERE u.id = a.user_id)
"""


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of one person."""

    user: int
    messages: int
    inputs: int
    analysis: Analysis | None = None
    """None: too few messages, or nothing has changed since the last one."""
    is_same: bool = False
    """Whether the last result stays."""

    @property
    def usage(self) -> Usage:
        """What it took."""
        return self.analysis.usage if self.analysis else Usage()


@dataclass(frozen=True)
class Failed:
    """Why there is no analysis of one person."""

    user: int
    error: str
    rest_s: float = 0.0


@dataclass(frozen=True)
class Claim:
    """Some people, taken for one attempt."""

    token: uuid.UUID
    known_inputs: dict[int, int | None]
    """User -> fingerprint of what the stored result was made from; None where there is no result."""


def claim(connection: psycopg.Connection, users: Sequence[int], *, run_id: int, now: datetime) -> Claim:
    """Take those of the users whom nobody else is at."""
    token = uuid.uuid4()
    values = {
        "users": list(users), "run": run_id, "claim": token, "now": now, "window": WINDOW,
        "stuck_after": STUCK_AFTER,
    }  # fmt: skip
    return Claim(token, dict(connection.execute(CLAIM.encode(), values).fetchall()))


def complete(
    connection: psycopg.Connection, taken: Claim, done: Sequence[Done], *, now: datetime, analyser: str, version: str
) -> int:  # fmt: skip
    """Write what was found; tells of how many people, since a claim may be lost meanwhile."""
    values = {
        "users": [one.user for one in done],
        "messages": [one.messages for one in done],
        "insufficient": [one.analysis is None and not one.is_same for one in done],
        "same": [one.is_same for one in done],
        "result": [_as_json(one.analysis) for one in done],
        "inputs": [one.inputs for one in done],
        "tokens_in": [one.usage.tokens_in for one in done],
        "tokens_out": [one.usage.tokens_out for one in done],
        "cost": [one.usage.cost for one in done],
        "claim": taken.token, "now": now, "analyser": analyser, "version": version,
    }  # fmt: skip
    return connection.execute(COMPLETE, values).rowcount


def fail(connection: psycopg.Connection, taken: Claim, failed: Sequence[Failed], *, now: datetime) -> int:
    """Write why there is no result, and when it is tried again."""
    values = {
        "users": [one.user for one in failed],
        "errors": [one.error.replace("\0", "")[:LONGEST_ERROR] for one in failed],
        "rests": [one.rest_s for one in failed],
        "claim": taken.token, "now": now, "retries": RETRIES, "base": RETRY_BASE,
    }  # fmt: skip
    return connection.execute(FAIL, values).rowcount


def postpone(
    connection: psycopg.Connection, taken: Claim, users: Sequence[int], *, until: datetime, why: str
) -> None:
    """Let people wait."""
    connection.execute(POSTPONE, {"users": list(users), "claim": taken.token, "until": until, "why": why})


def remove_gone(connection: psycopg.Connection) -> int:
    """Remove what is known of people who are gone, and tell how many."""
    return connection.execute(REMOVE_GONE).rowcount


def _as_json(analysis: Analysis | None) -> str | None:
    if analysis is None:
        return None
    told = asdict(analysis)
    del told["usage"]  # has columns of its own
    return json.dumps(told).replace("\\u0000", "")
