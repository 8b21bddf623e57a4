"""Posts of real tables as arrays, with their topics."""

from __future__ import annotations

from collections import Counter

import numpy as np
import psycopg

from orchestrator.jobs.feed.exclusions import fetch_exclusions
from orchestrator.jobs.feed.post_columns import fetch_posts
from orchestrator.jobs.feed.topics import fetch_topics

USERS = np.array([1, 2, 5], np.int64)
FEATURE = """INSERT INTO feed.content_feature
  SELECT post, topics, 0.5, 0, false, 'en', NULL, NULL, 0, now(), '1' FROM (VALUES {}) AS f(post, topics)"""


def test_posts_come_by_id_with_the_codes_of_their_types_and_topics(connection: psycopg.Connection) -> None:
    connection.execute("INSERT INTO feed.topic (tag) VALUES ('zoo'), ('art')")
    connection.execute("""INSERT INTO app.posts (id, author_id, created_at, content_type) VALUES
      (30, 5, '2026-01-01 01:00+00', 'video'), (-7, 1, 'infinity', 'poll'), (20, 2, '2026-01-02', 'video')""")
    connection.execute(FEATURE.format("(30, ARRAY[1, 2, 99]), (-7, '{}')").encode())
    told: Counter[str] = Counter()
    stored = fetch_posts(connection, fetch_topics(connection), USERS, told)
    posts = stored.posts
    assert (posts.ids.tolist(), posts.author_ids.tolist()) == ([-7, 20, 30], [1, 2, 5])
    assert [stored.content_types[code] for code in posts.content_types] == ["poll", "video", "video"]
    assert (posts.topic_offsets.tolist(), posts.topics.tolist()) == ([0, 0, 0, 2], [1, 0])
    assert (
        posts.created_at[[0, 2]].tolist()
        == np.array(["1970-01-01", "2026-01-01T01"], "datetime64[us]").tolist()
    )
    assert told["rows_scanned"] == 3


def test_posts_of_nobody_are_left_out_and_counted(connection: psycopg.Connection) -> None:
    connection.execute("""INSERT INTO app.posts (id, author_id, created_at, content_type)
      VALUES (1, 9, now(), 'text'), (2, 1, now(), 'text')""")
    told: Counter[str] = Counter()
    posts = fetch_posts(connection, fetch_topics(connection), USERS, told).posts
    assert (posts.ids.tolist(), told["posts_of_nobody"]) == ([2], 1)


def test_only_named_posts_are_read(connection: psycopg.Connection) -> None:
    connection.execute("""INSERT INTO app.posts (id, author_id, created_at, content_type)
      SELECT i, 1, now(), 'text' FROM generate_series(1, 9) AS i""")
    told: Counter[str] = Counter()
    named = np.array([3, 8, 77], np.int64)
    posts = fetch_posts(connection, fetch_topics(connection), USERS, told, named).posts
    assert (posts.ids.tolist(), told["rows_scanned"]) == ([3, 8], 2)


def test_of_a_post_that_a_view_repeats_one_row_counts_and_a_missing_type_is_text(
    connection: psycopg.Connection,
) -> None:
    connection.execute("DROP VIEW feed.trending_now; DROP FUNCTION feed.feed_page; DROP TABLE app.posts")
    connection.execute("""CREATE VIEW app.posts AS SELECT * FROM (VALUES
        (1::bigint, 5::bigint, '2026-01-01'::timestamptz, NULL), (1, 2, '2026-01-01', 'photo'),
        (NULL, 2, '2026-01-01', 'photo'), (3, NULL, '2026-01-01', 'photo'))
      AS p(id, author_id, created_at, content_type)""")
    told: Counter[str] = Counter()
    stored = fetch_posts(connection, fetch_topics(connection), USERS, told)
    assert (stored.posts.author_ids.tolist(), told["posts_repeated"]) == ([2], 1)
    assert stored.content_types == ("photo", "text")


def test_a_block_excludes_both_ways_and_a_report_one(connection: psycopg.Connection) -> None:
    connection.execute("INSERT INTO app.blocks VALUES (1, 2, now()), (3, 4, now())")
    connection.execute("""INSERT INTO app.reports (id, reporter_id, reported_user_id, reported_post_id, created_at)
      VALUES (1, 5, 1, NULL, now()), (2, 5, NULL, 77, now())""")
    told: Counter[str] = Counter()
    everybody = set(zip(*(ids.tolist() for ids in fetch_exclusions(connection, told)), strict=True))
    assert everybody == {(1, 2), (2, 1), (3, 4), (4, 3), (5, 1)}
    of_some = fetch_exclusions(connection, told, np.array([2, 5], np.int64))
    assert set(zip(*(ids.tolist() for ids in of_some), strict=True)) == {(2, 1), (5, 1)}
