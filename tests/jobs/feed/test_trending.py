"""The job trending over real tables: its figures beside plain SQL, what is left out, what is read, what is removed."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.jobs.feed.times import last_quarter
from orchestrator.plan import make_plan
from orchestrator.runner import preview_plan
from orchestrator.settings import Settings
from tests.jobs.conftest import NOW, Runner, execute, rows, versions

from .trending_days import EXPECTED, STORED, engage, flag, publish, write_days

JOB, TABLE = "trending", "feed.trending_post"
COUNTED = "SELECT post_id, engagements FROM feed.trending_post ORDER BY post_id"


def assert_as_expected(database: Database) -> None:
    found, expected = rows(database, STORED), rows(database, EXPECTED)
    assert [(*row[:2], *row[6:]) for row in found] == [(*row[:2], *row[6:]) for row in expected]
    for stored, plain in zip(found, expected, strict=True):
        assert stored[2:6] == pytest.approx([float(value) for value in plain[2:6]], rel=1e-6)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_rows_are_those_that_plain_sql_gives(database: Database, run: Runner, seed: int) -> None:
    write_days(database, seed)
    told = run(JOB, batch_size=7).metadata
    assert_as_expected(database)
    stored = rows(database, STORED)
    assert len(stored) > 30
    assert told["posts_gated"] == told["rows_written"] == len(stored)
    assert told["posts_trending"] == sum(row[-1] for row in stored) > 0
    for name in ("posts_flagged", "posts_of_nobody", "events_of_nobody", "events_of_unknown_kind",
                 "events_in_the_future", "events_of_authors"):  # fmt: skip
        assert told[name] > 0, name


def test_the_rows_of_the_town_are_those_that_plain_sql_gives(town: Database) -> None:
    assert_as_expected(town)
    assert rows(town, STORED)


def test_rows_tell_when_they_were_computed_and_expire_after_two_days(database: Database, run: Runner) -> None:
    publish(database, 1)
    run(JOB, now=NOW + timedelta(minutes=14, seconds=59))
    query = "SELECT computed_at, expires_at, algorithm_version FROM feed.trending_post"
    assert rows(database, query) == [(NOW, NOW + timedelta(hours=48), "1")]


def test_a_second_run_touches_no_row(database: Database, run: Runner) -> None:
    write_days(database)
    run(JOB)
    before = versions(database, TABLE, "post_id")
    again = run(JOB, now=NOW + timedelta(minutes=10)).metadata
    assert (again["rows_written"], again["rows_removed"]) == (0, 0)
    assert versions(database, TABLE, "post_id") == before


def test_a_later_run_has_later_figures(database: Database, run: Runner) -> None:
    publish(database, 1)
    run(JOB)
    run(JOB, now=NOW + timedelta(hours=1))
    assert rows(database, "SELECT velocity, computed_at FROM feed.trending_post") == [
        (0, NOW + timedelta(hours=1))
    ]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE app.posts SET deleted_at = '2026-08-01' WHERE id = 2",
        "DELETE FROM app.posts WHERE id = 2",
        "DELETE FROM app.users WHERE id = 902",
        "UPDATE app.posts SET created_at = '2026-07-30 11:59:59+00' WHERE id = 2",
        "UPDATE app.posts SET created_at = 'infinity' WHERE id = 2",
        "DELETE FROM app.post_events WHERE post_id = 2 AND user_id < 3",
    ],
)
def test_a_post_that_no_longer_passes_loses_its_row(database: Database, run: Runner, change: str) -> None:
    publish(database, 1)
    publish(database, 2, author=902)
    run(JOB)
    assert rows(database, COUNTED) == [(1, 6), (2, 6)]
    execute(database, change)
    assert run(JOB).metadata["rows_removed"] == 1
    assert rows(database, COUNTED) == [(1, 6)]


def test_a_flagged_post_is_gone_from_the_view_at_once_and_from_the_table_with_the_next_run(
    database: Database, run: Runner
) -> None:
    for post in (1, 2):
        publish(database, post)
    run(JOB)
    execute(database, "UPDATE feed.trending_post SET expires_at = now() + interval '1 h'")
    flag(database, 2)
    assert rows(database, "SELECT post_id FROM feed.trending_now") == [(1,)]
    assert run(JOB).metadata["posts_flagged"] == 1
    assert rows(database, COUNTED) == [(1, 6)]


def test_expired_rows_are_removed(database: Database, run: Runner) -> None:
    publish(database, 1)
    run(JOB)
    told = run(JOB, now=NOW + timedelta(hours=49)).metadata
    assert (told["rows_removed"], rows(database, COUNTED)) == (1, [])


def test_a_limit_writes_the_most_popular_and_removes_only_what_expired(
    database: Database, run: Runner
) -> None:
    for post, likes in ((1, 6), (2, 9), (3, 7)):
        publish(database, post, likes=likes)
    run(JOB, limit=2)
    assert rows(database, COUNTED) == [(2, 9), (3, 7)]
    execute(
        database,
        "DELETE FROM app.post_events WHERE post_id = 3",
        "INSERT INTO feed.trending_post SELECT 99, 1, 1, 1, 1, 9, false, '2026-07-01', '2026-07-01', '2026-07-01', '1'",
    )
    assert run(JOB, limit=1).metadata["rows_removed"] == 1
    assert rows(database, COUNTED) == [(2, 9), (3, 7)]


def test_events_of_users_posts_and_kinds_that_do_not_exist_are_ignored(
    database: Database, run: Runner
) -> None:
    publish(database, 1)
    engage(database, 777, 1)
    engage(database, 1, 888)
    engage(database, 2, 1, kind="wave")
    told = run(JOB).metadata
    assert (told["events_of_nobody"], told["events_of_unknown_kind"]) == (1, 1)
    assert rows(database, COUNTED) == [(1, 6)]


@pytest.mark.parametrize("time", ["2026-08-01 12:00:01+00", "2999-01-01", "infinity", "-infinity"])
def test_events_of_the_future_and_of_no_time_are_ignored(database: Database, run: Runner, time: str) -> None:
    publish(database, 1)
    publish(database, 2, likes=4)
    for post in (1, 2):
        engage(database, range(1, 5), post, kind="share", time=time)
    run(JOB)
    assert rows(database, COUNTED) == [(1, 6)]


def test_a_post_of_the_future_is_as_new_as_can_be(database: Database, run: Runner) -> None:
    publish(database, 1, ago=timedelta(days=-400))
    run(JOB)
    assert rows(database, "SELECT decay_multiplier, popularity FROM feed.trending_post") == [(1, 6)]


def test_a_spammer_makes_no_trend_and_a_brigade_does(database: Database, run: Runner) -> None:
    for post in range(1, 6):
        publish(database, post, likes=6)
    for kind in ("like", "comment", "share", "profile_view"):
        engage(database, 6, 1, kind=kind, count=500)
    execute(
        database, "INSERT INTO app.users (id, created_at) SELECT i, now() FROM generate_series(100, 160) AS i"
    )
    engage(database, range(100, 160), 2)
    run(JOB)
    trending = dict(rows(database, "SELECT post_id, is_trending FROM feed.trending_post"))
    assert trending == {1: False, 2: True, 3: False, 4: False, 5: False}


def test_an_author_cannot_push_a_post(database: Database, run: Runner) -> None:
    publish(database, 1, author=900, likes=4)
    for kind in ("like", "comment", "share"):
        engage(database, 900, 1, kind=kind, count=3)
    assert run(JOB).metadata["events_of_authors"] == 9
    assert rows(database, COUNTED) == []


def test_nothing_to_consider_is_no_error(database: Database, run: Runner) -> None:
    told = run(JOB).metadata
    assert (told["posts_gated"], told["rows_removed"], told["avg_velocity"]) == (0, 0, 0)


def test_old_posts_and_old_events_are_not_read(database: Database, run: Runner) -> None:
    write_days(database)
    few = run(JOB).metadata["rows_scanned"]
    execute(
        database,
        """INSERT INTO app.posts (id, author_id, created_at, content_type)
           SELECT 1000 + i, 1, '2026-06-01', 'text' FROM generate_series(1, 20000) AS i""",
        """INSERT INTO app.post_events (id, user_id, post_id, kind, occurred_at)
           SELECT 100000 + i, 1 + i % 60, 1001 + i % 20000, 'like', '2026-06-02' FROM generate_series(1, 300000) AS i""",
        "ANALYZE",
    )
    told = run(JOB).metadata
    assert told["rows_written"] == 0
    # Bookkeeping and catalogues are read too, a few thousand rows; what grew by 320,000 rows is not.
    assert told["rows_scanned"] < few + 32_000


def test_what_is_read_is_counted_by_the_server(database: Database, run: Runner) -> None:
    publish(database, 1)
    engage(database, 1, 1, kind="impression", count=2_000)
    assert run(JOB).metadata["rows_scanned"] >= 2_006


def test_both_reads_go_by_index(database: Database, connection: psycopg.Connection) -> None:
    from orchestrator.db.rows_read import read_by_index
    from orchestrator.jobs.feed import event_columns, trending_posts

    write_days(database)
    read_by_index(connection)
    posts = trending_posts.POSTS.replace("%(since)s", f"'{NOW - timedelta(hours=48)}'")
    events = event_columns.EVENTS.format(scope="post_id = ANY ('{1,2,3}')")
    events = events.replace("%(since)s", f"'{NOW}'").replace("%(unwanted)s", "'{seen}'::text[]")
    for query, index in ((posts, "posts_by_time"), (events, "post_events_by_post")):
        plan = "\n".join(row[0] for row in connection.execute(f"EXPLAIN {query}".encode()))
        assert "Seq Scan" not in plan
        assert index in plan


def test_a_dry_run_tells_what_would_be_read_and_writes_nothing(
    database: Database, settings: Settings
) -> None:
    write_days(database)
    execute(database, "ANALYZE")
    *_, (_, told) = preview_plan(database, settings, make_plan(registry, [JOB]), {}, now=NOW)
    considered = rows(database, "SELECT count(*) FROM app.posts WHERE created_at >= '2026-07-30 12:00+00'")[
        0
    ][0]
    assert 0 < told.items < considered
    assert 0 < told.rows_to_scan["app.post_events"] < 6_000
    assert rows(database, COUNTED) == []


def test_quarters_of_an_hour_begin_at_their_first_moment() -> None:
    assert last_quarter(NOW) == NOW
    assert last_quarter(NOW - timedelta(microseconds=1)) == NOW - timedelta(minutes=15)
