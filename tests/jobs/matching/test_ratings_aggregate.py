"""ratings-aggregate over real tables."""

from __future__ import annotations

import numpy as np

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.runner import RunStatus, run_job
from orchestrator.settings import Settings
from tests.jobs import plain
from tests.jobs.conftest import NOW, Runner, execute, rows, versions

JOB = "ratings-aggregate"
RECEIVED = """SELECT user_id, overall_mean, overall_count, quality, attribute_means, attribute_counts
  FROM feed.profile_rating_aggregate ORDER BY user_id"""
PREFERRED = "SELECT user_id, preference, rated_count FROM feed.user_rating_preference ORDER BY user_id"


def test_the_aggregates_are_those_of_the_definition(town: Database) -> None:
    expected = plain.ratings(town)
    received = {row[0]: row[1:] for row in rows(town, RECEIVED)}
    assert received.keys() == expected.centred.keys()
    assert len(received) > 50
    for user, (_, count, quality, _, _) in received.items():
        assert np.isclose(quality, expected.quality.get(user, (expected.overall - 1) / 9), atol=1e-6)
        assert (count > 0) == (user in expected.quality)
    preferred = {row[0]: np.frombuffer(row[1], "<f4") for row in rows(town, PREFERRED)}
    assert preferred.keys() == expected.preference.keys()
    for user, vector in preferred.items():
        assert np.allclose(vector, expected.preference[user], atol=1e-6)


def test_a_second_run_touches_no_row(town: Database, run_in_town: Runner) -> None:
    tables = (
        ("profile_rating_aggregate", "user_id"),
        ("user_rating_preference", "user_id"),
        ("rating_attribute", "position"),
    )
    before = [versions(town, f"feed.{table}", key) for table, key in tables]
    assert run_in_town(JOB).metadata["rows_written"] == 0
    assert [versions(town, f"feed.{table}", key) for table, key in tables] == before


def test_named_users_get_the_rows_of_a_full_run(town: Database, run_in_town: Runner) -> None:
    before = repr((rows(town, RECEIVED), rows(town, PREFERRED)))
    raters = [row[0] for row in rows(town, "SELECT DISTINCT rater_id FROM app.ratings ORDER BY 1 LIMIT 3")]
    rated = [row[0] for row in rows(town, "SELECT DISTINCT rated_id FROM app.ratings ORDER BY 1 LIMIT 3")]
    execute(
        town,
        f"DELETE FROM feed.profile_rating_aggregate WHERE user_id = ANY (ARRAY{rated})",
        f"DELETE FROM feed.user_rating_preference WHERE user_id = ANY (ARRAY{raters})",
    )
    run_in_town(JOB, user_id=(*raters, *rated))
    assert repr((rows(town, RECEIVED), rows(town, PREFERRED))) == before


def test_invalid_ratings_are_left_out_and_counted(database: Database, run: Runner) -> None:
    execute(
        database,
        "INSERT INTO app.users (id, created_at) SELECT i, now() FROM generate_series(1, 4) AS i",
        """INSERT INTO app.ratings SELECT a, b, c, v, now() FROM (VALUES
             (1, 2, 'overall', 10), (1, 3, 'overall', 2), (1, 2, 'humour', 8), (4, 3, 'humour', 4),
             (1, 1, 'overall', 10), (2, 3, 'overall', 11), (2, 4, 'overall', 0),
             (3, 4, 'overall', 'NaN'::real),
             (99, 2, 'overall', 5), (1, 99, 'overall', 5), (1, 4, ' ', 5)) AS r(a, b, c, v)""",
    )
    told = run(JOB).metadata
    assert told["ratings_invalid"] == 4
    assert told["ratings_of_nobody"] == 2
    assert told["ratings_of_no_attribute"] == 1
    assert rows(
        database, "SELECT position, attribute, mean, ratings FROM feed.rating_attribute ORDER BY 1"
    ) == [
        (-1, "overall", 6.0, 2),
        (0, "humour", 6.0, 2),
    ]
    assert rows(database, RECEIVED) == [
        (2, 10.0, 1, np.float32(((10 + 30) / 6 - 1) / 9), [8.0], [1]),
        (3, 2.0, 1, np.float32(((2 + 30) / 6 - 1) / 9), [4.0], [1]),
    ]
    # 10 is 4 above the mean of user 1, who so prefers the humour of user 2 (+2) to that of user 3 (-2).
    assert rows(database, PREFERRED) == [(1, np.float32(1).tobytes(), 2)]


def test_of_repeated_ratings_in_a_view_the_latest_counts(database: Database, run: Runner) -> None:
    execute(
        database,
        "INSERT INTO app.users (id, created_at) VALUES (1, now()), (2, now())",
        "ALTER TABLE app.ratings DROP CONSTRAINT ratings_pkey",
        """INSERT INTO app.ratings VALUES (1, 2, 'overall', 9, '2024-01-02'),
             (1, 2, 'overall', 3, '2024-01-01')""",
    )
    assert run(JOB).metadata["ratings_repeated"] == 1
    assert rows(database, RECEIVED)[0][1:3] == (9.0, 1)


def test_without_ratings_the_neutral_rating_stands_for_the_mean(database: Database, run: Runner) -> None:
    run(JOB)
    assert rows(database, "SELECT attribute, mean, ratings FROM feed.rating_attribute") == [
        ("overall", 5.5, 0)
    ]


def test_more_than_16_attributes_are_refused_by_number(database: Database, settings: Settings) -> None:
    execute(
        database,
        "INSERT INTO app.users (id, created_at) VALUES (1, now()), (2, now())",
        "INSERT INTO app.ratings SELECT 1, 2, 'a' || i, 5, now() FROM generate_series(1, 17) AS i",
    )
    record = run_job(database, settings, registry[JOB], now=NOW)
    assert record.status is RunStatus.FAILED
    assert "17 different attributes" in (record.error or "")


def test_rows_of_people_who_are_gone_are_removed(town: Database, run_in_town: Runner) -> None:
    rated, rater = rows(town, "SELECT rated_id, rater_id FROM app.ratings ORDER BY 1, 2 LIMIT 1")[0]
    execute(town, f"DELETE FROM app.users WHERE id IN ({rated}, {rater})")
    run_in_town(JOB)
    assert rated not in versions(town, "feed.profile_rating_aggregate", "user_id")
    assert rater not in versions(town, "feed.user_rating_preference", "user_id")
