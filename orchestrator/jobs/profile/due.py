"""Who is to be analysed: those of whom something is new, or a try is to be made again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import psycopg

from ...errors import ParameterError

JOB_NAME = "profile-analysis"
NEW_MESSAGES = 5
WINDOW = timedelta(hours=1)
"""One analysis for each person within it; and a view of a profile calls for one of this age or older."""
STUCK_AFTER = timedelta(minutes=5)
LATE = timedelta(minutes=15)
"""Messages and views that were committed so long after their time are still found at once."""
OLDEST_VIEW = timedelta(days=1)
"""A view calls for something fresh then, not days later."""

# The time up to which the last complete run looked for what is new.
LOOKED_UNTIL = """
SELECT (metadata ->> 'looked_until')::timestamptz FROM feed.job_run
WHERE job = %s AND scope = 'all' AND status = 'SUCCESS' AND metadata ? 'looked_until'
ORDER BY id DESC LIMIT 1
"""
# A message counts if it is the person's own, on the record, to somebody else who is there, and not from the future.
COUNTS = """NOT m.off_the_record AND m.recipient_id <> m.sender_id AND m.sent_at <= %(now)s
  AND m.sent_at > 'epoch' AND EXISTS (SELECT FROM app.users AS r WHERE r.id = m.recipient_id)"""
# An attempt that nobody is at any more: too long ago, or of a run that has ended.
IS_DEAD = """(a.started_at < clock_timestamp() - %(stuck_after)s
  OR NOT EXISTS (SELECT FROM feed.job_run AS r WHERE r.id = a.run_id AND r.status = 'RUNNING'))"""
# Everybody who is due. Only people with lately written messages or views are looked at closer.
DUE = f"""
WITH wrote AS MATERIALIZED (
  SELECT DISTINCT sender_id AS user_id FROM app.messages AS m WHERE sent_at > %(since)s AND {COUNTS}),
wrote_enough AS (
  SELECT w.user_id FROM wrote AS w LEFT JOIN feed.profile_analysis AS a ON a.user_id = w.user_id
  JOIN app.messages AS m ON m.sender_id = w.user_id AND m.sent_at > coalesce(a.seen_until, '-infinity') AND {COUNTS}
  GROUP BY w.user_id HAVING count(*) >= {NEW_MESSAGES}),
looked_at AS (
  SELECT v.viewed_id AS user_id FROM app.profile_views AS v
  LEFT JOIN feed.profile_analysis AS a ON a.user_id = v.viewed_id
  WHERE v.viewed_at > greatest(%(since)s, %(views_since)s) AND v.viewed_at <= %(now)s AND v.viewer_id <> v.viewed_id
    AND EXISTS (SELECT FROM app.users AS u WHERE u.id = v.viewer_id)
    AND (a.seen_until IS NULL OR v.viewed_at >= a.seen_until + %(window)s)),
tried AS (
  SELECT a.user_id FROM feed.profile_analysis AS a
  WHERE a.status IN ('failed', 'waiting') AND a.retry_at <= %(now)s OR a.status = 'running' AND {IS_DEAD}),
called_for AS (SELECT * FROM wrote_enough UNION SELECT * FROM looked_at UNION SELECT * FROM tried)
SELECT DISTINCT u.id FROM called_for AS c JOIN app.users AS u ON u.id = c.user_id AND u.is_active
LEFT JOIN feed.profile_analysis AS a ON a.user_id = u.id
WHERE (a.analysed_at IS NULL OR a.analysed_at <= %(now)s - %(window)s)
  AND (a.status IS DISTINCT FROM 'failed' OR a.retry_at IS NULL OR a.retry_at <= %(now)s)
  AND (a.status IS DISTINCT FROM 'waiting' OR a.retry_at <= %(now)s)
  AND (a.status IS DISTINCT FROM 'running' OR {IS_DEAD})
  -- Somebody has asked for it: that run does it.
  AND NOT EXISTS (SELECT FROM feed.job_run AS r WHERE r.job = %(job)s AND r.scope = 'users:' || u.id
    AND r.status IN ('WAITING', 'QUEUED', 'RUNNING'))
ORDER BY u.id
"""  # noqa: S608 -- put together from constants
# Of named people those who can be analysed now; NULL: there is no such person.
NAMED = f"""
SELECT n.id, bool_or(u.id IS NOT NULL) AS is_known,
  bool_or(coalesce(u.is_active, false) AND (a.analysed_at IS NULL OR a.analysed_at <= %(now)s - %(window)s)
    AND (a.status IS DISTINCT FROM 'running' OR {IS_DEAD})) AS is_open
FROM unnest(%(users)s::bigint[]) AS n(id)
LEFT JOIN app.users AS u ON u.id = n.id LEFT JOIN feed.profile_analysis AS a ON a.user_id = n.id
GROUP BY n.id ORDER BY n.id
"""  # noqa: S608 -- put together from constants


def due_users(connection: psycopg.Connection, now: datetime) -> list[int]:
    """Give the people who are due, ascending."""
    row = connection.execute(LOOKED_UNTIL, (JOB_NAME,)).fetchone()
    # Who could not be analysed for an hour may have written nothing since.
    since = row[0] - WINDOW - LATE if row else None
    values = {**_times(now), "since": since or "-infinity", "views_since": now - OLDEST_VIEW, "job": JOB_NAME}
    return [user for (user,) in connection.execute(DUE.encode(), values)]


def named_users(connection: psycopg.Connection, now: datetime, users: Sequence[int]) -> list[int]:
    """Give those of named people who can be analysed now, ascending; ParameterError names who is not there."""
    found = connection.execute(NAMED.encode(), {**_times(now), "users": list(users)}).fetchall()
    unknown = [str(user) for user, is_known, _ in found if not is_known]
    if unknown:
        raise ParameterError(f"user_id: no such user in app.users: {', '.join(unknown)}")
    return [user for user, _, is_open in found if is_open]


def _times(now: datetime) -> dict[str, datetime | timedelta]:
    return {"now": now, "window": WINDOW, "stuck_after": STUCK_AFTER}
