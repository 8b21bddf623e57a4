"""Who has done so much since their profile was computed that it is worth computing again."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import psycopg

from feedscore import AffinitySettings
from feedscore.population import Int64

from .times import days_before, end_of_day

ENOUGH_ACTIONS = 100

# Users by how much is new, as far as can be told without the rules for what counts twice or was taken back. Each
# user's new events are found through the index on app.post_events (user_id, occurred_at), and no more than needed.
NEWLY_ACTIVE = """
SELECT DISTINCT u.id FROM app.users AS u LEFT JOIN feed.affinity_profile AS a ON a.user_id = u.id
WHERE (%(users)s::bigint[] IS NULL OR u.id = ANY (%(users)s::bigint[]))
  AND (SELECT count(*) FROM (
    SELECT FROM app.post_events AS e
    WHERE e.user_id = u.id AND e.occurred_at >= %(since)s AND e.occurred_at <= %(until)s
      AND (a.computed_at IS NULL OR e.occurred_at > a.computed_at)
      AND (e.kind IN ('like', 'comment', 'share', 'profile_view')
        OR e.kind = 'view' AND e.dwell_ms >= %(min_view_ms)s)
    LIMIT %(enough)s) AS action) >= %(enough)s
"""


def newly_active(
    connection: psycopg.Connection, settings: AffinitySettings, now: datetime, users: Int64 | None
) -> Int64:
    """Find those, of everybody or of some, with 100 actions since their profile; ascending."""
    found = connection.execute(
        NEWLY_ACTIVE,
        {
            "users": None if users is None else users.tolist(),
            "since": days_before(end_of_day(now), settings.window_days),
            "until": now,
            "min_view_ms": settings.min_view_s * 1000,
            "enough": ENOUGH_ACTIONS,
        },
    ).fetchall()
    return np.sort(np.array([user for (user,) in found], np.int64))
