"""What was done with some posts, read by index into the trending kernel, without the deeds of users who do not exist."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import numpy as np
import psycopg

from feedscore import EventKind, Posts, TrendingEvents
from feedscore.population import Int64

from ...context import JobContext
from ...db.columns import fetch
from ..ids import distinct, rows_of
from .event_columns import EventQuery, only_rows, read_events
from .times import days_before

POSTS_AT_A_TIME = 10_000
ENGAGEMENTS = (
    EventKind.LIKE, EventKind.UNLIKE, EventKind.COMMENT, EventKind.SHARE, EventKind.PROFILE_VIEW,
)  # fmt: skip
# Which of these users there are.
USERS = "SELECT id FROM app.users WHERE id = ANY (%(users)s)"


class KnownUsers:
    """Tells which users exist; asks the database for each of them once, by index."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._asked = np.empty(0, np.int64)
        self._there = np.empty(0, np.int64)

    def holds(self, user_ids: Int64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Tell of each id whether such a user exists."""
        wanted = distinct(user_ids)
        fresh = wanted[~rows_of(self._asked, wanted)[1]]
        if len(fresh):
            found = fetch(self._connection, USERS, {"id": "int8"}, {"users": fresh}, rows_per_chunk=2_000)
            self._asked = distinct(np.concatenate([self._asked, fresh]))
            self._there = distinct(np.concatenate([self._there, found.int64("id")]))
        return rows_of(self._there, user_ids)[1]


def collect_events(
    context: JobContext,
    connections: tuple[psycopg.Connection, psycopg.Connection],
    posts: Posts,
    until: datetime,
    told: Counter[str],
) -> TrendingEvents:
    """Give the kernel what was done with the posts up to a time; the second connection is asked for users meanwhile."""
    settings = context.settings.trending
    collected = TrendingEvents(posts, np.datetime64(until.replace(tzinfo=None), "us"), settings)
    users = KnownUsers(connections[1])
    since = days_before(until, settings.window_h / 24)
    for start in range(0, len(posts), POSTS_AT_A_TIME):
        some = posts.ids[start : start + POSTS_AT_A_TIME]
        query = EventQuery(kinds=ENGAGEMENTS, since=since, until=until, posts=some)
        for events in read_events(connections[0], query, told, step=context.run.check_stop):
            known = users.holds(events.user_ids)
            told["events_of_nobody"] += int((~known).sum())
            collected.add(only_rows(events, known), threads=context.settings.threads)
    told["events_of_authors"] += collected.ignored.own
    return collected
