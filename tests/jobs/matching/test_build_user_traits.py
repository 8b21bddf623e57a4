"""build-user-traits over real tables."""

from __future__ import annotations

import numpy as np
import pytest

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.runner import RunStatus, run_job
from orchestrator.settings import Settings
from tests.jobs import plain
from tests.jobs.conftest import NOW, Runner, execute, rows, versions

JOB = "build-user-traits"
STORED = "SELECT user_id, traits, answered, algorithm_version FROM feed.user_trait ORDER BY user_id"
QUESTIONS = """INSERT INTO app.quiz_questions VALUES
  (1, 'q', 'calm', 1, 1, 5), (2, 'q', 'calm', -1, 1, 5), (3, 'q', 'brave', 1, 0, 10)"""


def test_the_vectors_are_those_of_the_definition(town: Database) -> None:
    expected = plain.quiz_vectors(town)
    found = {row[0]: np.frombuffer(row[1], "<f4") for row in rows(town, STORED)}
    assert found.keys() == expected.keys()
    assert len(found) > 300
    for user, vector in found.items():
        assert np.allclose(vector, expected[user], atol=1e-6)


def test_a_second_run_touches_no_row(town: Database, run_in_town: Runner) -> None:
    before = versions(town, "feed.user_trait", "user_id"), versions(town, "feed.trait", "position")
    assert run_in_town(JOB).metadata["rows_written"] == 0
    assert (versions(town, "feed.user_trait", "user_id"), versions(town, "feed.trait", "position")) == before


def test_named_users_get_the_row_of_a_full_run_and_nobody_else_moves(
    town: Database, run_in_town: Runner
) -> None:
    before, touched = rows(town, STORED), versions(town, "feed.user_trait", "user_id")
    execute(town, "DELETE FROM feed.user_trait WHERE user_id IN (1, 2, 3, 4, 5)")
    users = tuple(range(1, 6))
    run_in_town(JOB, user_id=users)
    assert rows(town, STORED) == before
    after = versions(town, "feed.user_trait", "user_id")
    assert {user for user in after if after[user] != touched[user]} <= set(users)


def test_rows_of_people_who_are_gone_or_took_their_answers_back_are_removed(
    town: Database, run_in_town: Runner
) -> None:
    gone, silent = (row[0] for row in rows(town, "SELECT user_id FROM feed.user_trait ORDER BY 1 LIMIT 2"))
    execute(
        town,
        f"DELETE FROM app.users WHERE id = {gone}",
        f"DELETE FROM app.quiz_answers WHERE user_id = {silent}",
    )
    run_in_town(JOB, user_id=(silent,))
    assert silent not in versions(town, "feed.user_trait", "user_id")
    assert run_in_town(JOB).metadata["rows_removed"] == 1
    assert gone not in versions(town, "feed.user_trait", "user_id")


def test_bad_answers_are_left_out_and_counted(database: Database, run: Runner) -> None:
    execute(
        database,
        "INSERT INTO app.users (id, created_at) SELECT i, now() FROM generate_series(1, 3) AS i",
        QUESTIONS,
        "INSERT INTO app.quiz_questions VALUES (4, 'q', ' ', 1, 1, 5), (5, 'q', 'odd', 3, 1, 5)",
        """INSERT INTO app.quiz_answers SELECT u, q, v, now() FROM (VALUES
             (1, 1, 5), (1, 2, 9), (2, 1, 1), (2, 3, 'NaN'::real),
             (3, 5, 2), (3, 77, 2), (99, 1, 2)) AS a(u, q, v)""",
    )
    told = run(JOB).metadata
    assert told["answers_ignored"] == 2
    assert told["answers_of_nobody"] == 1
    assert told["answers_to_no_question"] == 2
    assert told["questions_ignored"] == 2
    assert rows(database, "SELECT position, trait, people FROM feed.trait ORDER BY 1") == [
        (0, "brave", 0),
        (1, "calm", 2),
    ]
    found = {row[0]: np.frombuffer(row[1], "<f4").tolist() for row in rows(database, STORED)}
    assert found == {1: [0, 1], 2: [0, -1]}


def test_of_repeated_answers_in_a_view_the_latest_counts(database: Database, run: Runner) -> None:
    execute(
        database,
        "INSERT INTO app.users (id, created_at) VALUES (1, now()), (2, now())",
        QUESTIONS,
        "ALTER TABLE app.quiz_answers DROP CONSTRAINT quiz_answers_pkey",
        """INSERT INTO app.quiz_answers VALUES (1, 1, 5, '2024-01-02'), (1, 1, 1, '2024-01-01'),
             (2, 1, 1, '2024-01-01')""",
    )
    told = run(JOB).metadata
    assert told["answers_repeated"] == 1
    assert [np.frombuffer(row[1], "<f4").tolist() for row in rows(database, STORED)] == [[0, 1], [0, -1]]


def test_more_than_64_traits_are_refused_by_number(database: Database, settings: Settings) -> None:
    execute(
        database,
        "INSERT INTO app.quiz_questions SELECT i, 'q', 't' || i, 1, 1, 5 FROM generate_series(1, 65) AS i",
    )
    record = run_job(database, settings, registry[JOB], now=NOW)
    assert record.status is RunStatus.FAILED
    assert "65 different traits" in (record.error or "")


def test_new_traits_move_the_axes(database: Database, run: Runner) -> None:
    execute(
        database,
        "INSERT INTO app.users (id, created_at) VALUES (1, now()), (2, now())",
        QUESTIONS,
        "INSERT INTO app.quiz_answers VALUES (1, 1, 5, now()), (2, 1, 1, now())",
    )
    run(JOB)
    execute(database, "INSERT INTO app.quiz_questions VALUES (9, 'q', 'bold', 1, 1, 5)")
    run(JOB)
    names = rows(database, "SELECT trait FROM feed.trait ORDER BY position")
    assert names == [("bold",), ("brave",), ("calm",)]
    assert [np.frombuffer(row[1], "<f4").tolist() for row in rows(database, STORED)] == [
        [0, 0, 1],
        [0, 0, -1],
    ]


@pytest.mark.parametrize(
    "name", ["build-user-traits", "user-interest-sets", "ratings-aggregate", "match-scores"]
)
def test_every_job_copes_with_an_empty_database(name: str, database: Database, run: Runner) -> None:
    assert run(name).items_processed == 0
    assert run(name).items_failed == 0
    assert rows(database, "SELECT count(*) FROM feed.match_list") == [(0,)]


@pytest.mark.parametrize(
    "name", ["build-user-traits", "user-interest-sets", "ratings-aggregate", "match-scores"]
)
def test_every_job_names_a_user_who_does_not_exist(name: str, database: Database, settings: Settings) -> None:
    execute(database, "INSERT INTO app.users (id, created_at) VALUES (1, now())")
    job = registry[name]
    record = run_job(database, settings, job, job.parameters(user_id=(1, 4711)), now=NOW)
    assert record.status is RunStatus.FAILED
    assert record.error == "user_id: no such user in app.users: 4711"


@pytest.mark.parametrize("table", ["user_trait", "user_interest_set", "profile_rating_aggregate"])
def test_a_limited_run_writes_no_more_than_that_and_removes_nothing(
    table: str, town: Database, run_in_town: Runner
) -> None:
    job = next(job.name for job in registry if f"feed.{table}" in job.writes)
    execute(town, f"DELETE FROM feed.{table} WHERE user_id < 300", "DELETE FROM app.users WHERE id = 300")
    kept = rows(town, f"SELECT count(*) FROM feed.{table}")[0][0]
    run_in_town(job, limit=5)
    assert rows(town, f"SELECT count(*) FROM feed.{table}") == [(kept + 5,)]
