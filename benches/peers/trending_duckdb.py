"""DuckDB: one statement over tables of its own, with an as-of join for takebacks."""

from __future__ import annotations

import duckdb
import numpy as np

from feedscore import EventKind

from .. import THREADS
from .trending_answer import HOUR_US, KINDS, Counts, Given, fill

EVENTS = "CREATE TABLE event AS SELECT user_id, post_id, kind, us FROM given"
"""Take the events in, in DuckDB's own format; not timed."""
POSTS = "CREATE TABLE post AS SELECT id, author, row FROM posts"
"""Take the posts in; not timed."""

# What counts, as a table, since it is asked twice.
COUNTED = """
CREATE OR REPLACE TEMP TABLE counted AS
WITH told AS MATERIALIZED (
  SELECT row, user_id, kind, us FROM event JOIN post ON post.id = event.post_id
  WHERE kind IN ({like}, {unlike}, {comment}, {share}, {profile_view}) AND us BETWEEN {since} AND {until}
    AND user_id <> author),
unliked AS MATERIALIZED (SELECT row, user_id, us FROM told WHERE kind = {unlike}),
liked AS MATERIALIZED (SELECT row, user_id, us FROM told WHERE kind = {like}),
doubtful AS (SELECT liked.* FROM liked SEMI JOIN unliked USING (row, user_id)),
standing AS (
  SELECT row, user_id, us FROM liked ANTI JOIN unliked USING (row, user_id)
  UNION ALL
  SELECT l.row, l.user_id, l.us FROM doubtful AS l ASOF LEFT JOIN unliked AS u
    ON l.row = u.row AND l.user_id = u.user_id AND l.us <= u.us
  WHERE u.us IS NULL OR u.us - l.us > {takeback})
SELECT row, {like}::UTINYINT AS kind, min(us) AS us FROM standing GROUP BY row, user_id
UNION ALL
SELECT row, kind, min(us) FROM told WHERE kind IN ({share}, {profile_view}) GROUP BY row, user_id, kind
UNION ALL
SELECT row, kind, unnest(list_sort(list(DISTINCT us))[1:{comments}])
FROM told WHERE kind = {comment} GROUP BY row, user_id, kind
"""
BY_POST = """
SELECT row, count(*) FILTER (kind = {like}), count(*) FILTER (kind = {comment}), count(*) FILTER (kind = {share}),
  count(*) FILTER (kind = {profile_view}), count(*) FILTER (us >= {recent}) FROM counted GROUP BY row
"""
"""Count by post."""
PEAKS = """
SELECT row, arg_max(hour, (n, -hour)) FROM (
  SELECT row, us // {hour_us} AS hour, count(*) AS n FROM counted GROUP BY row, hour) GROUP BY row
"""
"""The hour with the most, the earliest of several."""


class TrendingDuckDB:
    """A database in memory, filled beforehand."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self.connection = duckdb.connect(config={"threads": THREADS})
        events = {
            "user_id": given.events.user_ids,
            "post_id": given.events.post_ids,
            "kind": given.events.kinds,
            "us": given.events.occurred_at.view(np.int64),
        }
        posts = {
            "id": given.posts.ids,
            "author": given.posts.author_ids,
            "row": np.arange(len(given.posts), dtype=np.uint32),
        }
        for name, columns, statement in (("given", events, EVENTS), ("posts", posts, POSTS)):
            self.connection.register(name, columns)
            self.connection.execute(statement)
            self.connection.unregister(name)

    def __call__(self) -> Counts:
        """Count."""
        given, posts = self.given, len(self.given.posts)
        values = {
            **{kind.name.lower(): int(kind) for kind in (*KINDS, EventKind.UNLIKE)},
            "since": given.since_us, "until": given.as_of_us, "recent": given.recent_us,
            "takeback": given.takeback_us, "comments": given.comments, "hour_us": HOUR_US,
        }  # fmt: skip
        self.connection.execute(COUNTED.format(**values))
        row, *counts = self.connection.execute(BY_POST.format(**values)).fetchnumpy().values()
        peaks = list(self.connection.execute(PEAKS.format(**values)).fetchnumpy().values())
        columns = [fill(row, column, posts) for column in counts]
        return Counts(np.stack(columns[:4], axis=1), columns[4], fill(peaks[0], peaks[1], posts))
