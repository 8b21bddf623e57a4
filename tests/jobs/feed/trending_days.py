"""Two busy days in real tables, and what trending makes of them, said once more in SQL."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import numpy as np

from feedscore import Column, EventKind
from orchestrator.db.engine import Database
from orchestrator.db.replace import copy_rows
from tests.jobs.conftest import NOW, execute

PEOPLE, POSTS, EVENTS = 60, 80, 6_000
KINDS = [*(kind.name.lower() for kind in EventKind), "wave"]
SHARES = [0.3, 0.1, 0.05, 0.2, 0.08, 0.12, 0.06, 0.05, 0.01, 0.01, 0.02]

# The figures of every post that may be considered, in plain SQL.
EXPECTED = f"""
WITH post AS (
  SELECT id, author_id, greatest(extract(epoch FROM timestamptz '{NOW}' - created_at)::float8, 0) / 3600 AS age_h
  FROM app.posts WHERE created_at >= timestamptz '{NOW}' - interval '48 h' AND deleted_at IS NULL
    AND author_id IN (SELECT id FROM app.users)
    AND id NOT IN (SELECT post_id FROM feed.content_feature WHERE nsfw_flagged)),
event AS (
  SELECT DISTINCT e.user_id, e.post_id, e.kind, e.occurred_at FROM app.post_events AS e
  JOIN post ON post.id = e.post_id AND post.author_id <> e.user_id
  WHERE e.occurred_at BETWEEN timestamptz '{NOW}' - interval '48 h' AND timestamptz '{NOW}'
    AND e.user_id IN (SELECT id FROM app.users)),
engagement AS (
  SELECT *, row_number() OVER (PARTITION BY user_id, post_id, kind ORDER BY occurred_at) AS time
  FROM event AS e WHERE kind IN ('comment', 'share', 'profile_view') OR kind = 'like' AND NOT EXISTS (
    SELECT FROM event AS u WHERE u.kind = 'unlike' AND (u.user_id, u.post_id) = (e.user_id, e.post_id)
      AND u.occurred_at BETWEEN e.occurred_at AND e.occurred_at + interval '10 s')),
counted AS (SELECT * FROM engagement WHERE time <= CASE kind WHEN 'comment' THEN 3 ELSE 1 END),
figure AS (
  SELECT post.id, count(*)::int AS engagements, 0.5 ^ (age_h / 24) AS decay,
    sum(CASE kind WHEN 'like' THEN 1 WHEN 'comment' THEN 2 WHEN 'share' THEN 3 ELSE 0.5 END) AS weighted,
    count(*) FILTER (WHERE occurred_at >= timestamptz '{NOW}' - interval '1 h') AS recent,
    (SELECT h FROM (SELECT date_trunc('hour', occurred_at, 'UTC') AS h FROM counted AS c WHERE c.post_id = post.id) AS x
      GROUP BY h ORDER BY count(*) DESC, h LIMIT 1) AS peak
  FROM post JOIN counted ON counted.post_id = post.id GROUP BY post.id, age_h HAVING count(*) >= 5)
SELECT id, engagements, weighted * decay, recent / 60.0, avg(recent) OVER () / 60, decay, peak,
  recent > 2 * avg(recent) OVER ()
FROM figure ORDER BY id
"""
STORED = """
SELECT post_id, engagements, popularity, velocity, avg_velocity, decay_multiplier, peak_time, is_trending
FROM feed.trending_post ORDER BY post_id
"""


def write_days(database: Database, seed: int = 1, posts: int = POSTS, events: int = EVENTS) -> None:
    """Write people, posts and events of all kinds: late, early, of nobody, on nothing, deleted and flagged ones too."""
    r = np.random.default_rng(seed)
    now = np.datetime64(NOW.replace(tzinfo=None), "us")
    ago_s = np.where(r.random(events) < 0.6, r.integers(0, 7200, events), r.integers(-600, 60 * 3600, events))
    execute(
        database,
        f"INSERT INTO app.users (id, created_at) SELECT i, '2025-01-01' FROM generate_series(1, {PEOPLE}) AS i",
    )
    with database.connection() as connection:
        copy_rows(connection, "app.posts", [
            Column("id", "int8", np.arange(1, posts + 1)),
            Column("author_id", "int8", r.integers(1, PEOPLE + 4, posts)),
            Column("created_at", "timestamptz", now - r.integers(-600, 60 * 3600, posts).astype("m8[s]")),
            Column("deleted_at", "timestamptz", np.full(posts, now), valid=r.random(posts) < 0.1),
            Column("content_type", "text", np.zeros(posts, np.int64), vocabulary=["text"]),
        ])  # fmt: skip
        copy_rows(connection, "app.post_events", [
            Column("id", "int8", np.arange(1, events + 1)),
            Column("user_id", "int8", r.integers(1, PEOPLE + 4, events)),
            Column("post_id", "int8", 1 + ((posts + 3) * r.random(events) ** 2).astype(np.int64)),
            Column("kind", "text", r.choice(len(KINDS), events, p=SHARES), vocabulary=KINDS),
            Column("occurred_at", "timestamptz", now - ago_s.astype("m8[s]")),
        ])  # fmt: skip
    for post in range(2, posts + 1, 9):
        flag(database, post)


def flag(database: Database, post: int) -> None:
    """Let a post be flagged as nsfw."""
    execute(
        database,
        f"""INSERT INTO feed.content_feature (post_id, topic_ids, quality, nsfw, nsfw_flagged, inputs, computed_at,
              algorithm_version) VALUES ({post}, '{{}}', 0, 1, true, 0, now(), '1')""",
    )


def publish(
    database: Database, post: int, *, author: int = 900, ago: timedelta = timedelta(hours=3), likes: int = 6
) -> None:
    """Write a post, its author, and likes of so many users, half an hour ago."""
    users = max(likes, 1)
    execute(
        database,
        f"""INSERT INTO app.users (id, created_at) SELECT i, '2025-01-01'
            FROM (SELECT {author} UNION ALL SELECT generate_series(1, {users})) AS u(i) ON CONFLICT DO NOTHING""",
        f"""INSERT INTO app.posts (id, author_id, created_at, content_type)
            VALUES ({post}, {author}, '{NOW - ago}', 'text')""",
    )
    engage(database, range(1, likes + 1), post)


def engage(
    database: Database,
    users: int | Iterable[int],
    post: int,
    kind: str = "like",
    time: str = str(NOW - timedelta(minutes=30)),
    count: int = 1,
) -> None:
    """Let somebody, or several, do something `count` times, each a second after the other."""
    who = list(users) if isinstance(users, Iterable) else [users]
    execute(
        database,
        f"""INSERT INTO app.post_events (id, user_id, post_id, kind, occurred_at)
            SELECT (SELECT coalesce(max(id), 0) FROM app.post_events) + row_number() OVER (), u, {post}, '{kind}',
              timestamptz '{time}' + (i - 1) * interval '1 s'
            FROM generate_series(1, {count}) AS i, unnest(ARRAY{who}::bigint[]) AS u""",
    )
