"""Who has done so much since their profile was computed that it is worth computing again."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import psycopg

from feedscore import AffinitySettings
from feedscore.population import Int64

from .times import days_before, end_of_day

ENOUGH_ACTIONS = 100

# When a run over everybody last found every profile up to date, or made it so: it leaves those alone that came out the
# same, whatever their rows say.
CHECKED = """
SELECT max((metadata ->> 'checked_everybody')::timestamptz) FROM feed.job_run
WHERE job = 'affinity' AND status = 'SUCCESS' AND items_failed = 0
"""
# Users by how much is new, as far as can be told without the rules for what counts twice or was taken back. Each
# user's new events are found through the index on app.post_events (user_id, occurred_at), and no more than needed.
NEWLY_ACTIVE = """
SELECT DISTINCT u.id FROM app.users AS u LEFT JOIN feed.affinity_profile AS a ON a.user_id = u.id
WHERE (%(users)s::bigint[] IS NULL OR u.id = ANY (%(users)s::bigint[]))
  AND (SELECT count(*) FROM (
    SELECT FROM app.post_events AS e
    WHERE e.user_id = u.id AND e.occurred_at <= %(until)s
      AND e.occurred_at > greatest(a.computed_at, %(checked)s::timestamptz, %(since)s::timestamptz)
      AND (e.kind IN ('like', 'comment', 'share', 'profile_view')
        OR e.kind = 'view' AND e.dwell_ms >= %(min_view_ms)s)
    LIMIT %(enough)s) AS action) >= %(enough)s
"""


def newly_active(
    connection: psycopg.Connection, settings: AffinitySettings, now: datetime, users: Int64 | None
) -> Int64:
    """Find those, of everybody or of some, with 100 actions since their profile; ascending."""
    checked = connection.execute(CHECKED).fetchone()
    found = connection.execute(
        NEWLY_ACTIVE,
        {
            "users": None if users is None else users.tolist(),
            "checked": checked and checked[0],
            "since": days_before(end_of_day(now), settings.window_days),
            "until": now,
            "min_view_ms": settings.min_view_s * 1000,
            "enough": ENOUGH_ACTIONS,
        },
    ).fetchall()
    return np.sort(np.array([user for (user,) in found], np.int64))
