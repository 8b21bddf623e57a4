"""user-interest-sets over real tables, and the arithmetic of the cut at 500."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from orchestrator.db.engine import Database
from orchestrator.jobs.search.sets import interest_sets, keep_newest
from tests.jobs.conftest import Runner, execute, rows, versions

JOB = "user-interest-sets"
STORED = (
    "SELECT user_id, interest_ids, chosen, algorithm_version FROM feed.user_interest_set ORDER BY user_id"
)


def test_the_sets_are_those_that_people_chose(town: Database) -> None:
    chosen: dict[int, set[int]] = defaultdict(set)
    for user, interest in rows(town, "SELECT user_id, interest_id FROM app.user_interests"):
        chosen[user].add(interest)
    found = {row[0]: row[1] for row in rows(town, STORED)}
    assert found == {user: sorted(interests) for user, interests in chosen.items()}
    assert len(found) > 300


def test_a_second_run_touches_no_row(town: Database, run_in_town: Runner) -> None:
    before = versions(town, "feed.user_interest_set", "user_id")
    assert run_in_town(JOB).metadata["rows_written"] == 0
    assert versions(town, "feed.user_interest_set", "user_id") == before


def test_named_users_get_the_row_of_a_full_run(town: Database, run_in_town: Runner) -> None:
    before = rows(town, STORED)
    execute(town, "UPDATE feed.user_interest_set SET interest_ids = '{}' WHERE user_id IN (1, 2, 3)")
    run_in_town(JOB, user_id=(1, 2, 3))
    assert rows(town, STORED) == before


def test_rows_of_people_who_are_gone_or_chose_nothing_any_more_are_removed(
    town: Database, run_in_town: Runner
) -> None:
    gone, free = (
        row[0] for row in rows(town, "SELECT user_id FROM feed.user_interest_set ORDER BY 1 LIMIT 2")
    )
    execute(
        town,
        f"DELETE FROM app.users WHERE id = {gone}",
        f"DELETE FROM app.user_interests WHERE user_id = {free}",
    )
    told = run_in_town(JOB).metadata
    assert told["rows_removed"] == 2
    assert told["choices_of_nobody"] > 0
    assert {gone, free}.isdisjoint(versions(town, "feed.user_interest_set", "user_id"))


def test_of_ten_thousand_interests_the_500_chosen_last_count(database: Database, run: Runner) -> None:
    execute(
        database,
        "INSERT INTO app.users (id, created_at) VALUES (1, now()), (2, now())",
        "INSERT INTO app.interests (id, slug) SELECT i, 'i' || i FROM generate_series(1, 10000) AS i",
        """INSERT INTO app.user_interests SELECT 1, i, timestamptz '2024-01-01' - interval '1 minute' * i
           FROM generate_series(1, 10000) AS i""",
        "INSERT INTO app.user_interests VALUES (2, 5, now()), (2, 77777, now())",
    )
    told = run(JOB).metadata
    assert told["people_cut_at_500"] == 1
    assert told["choices_of_no_interest"] == 1
    assert rows(database, STORED) == [(1, list(range(1, 501)), 10_000, "1"), (2, [5], 1, "1")]


def test_repeated_choices_in_a_view_count_once(database: Database, run: Runner) -> None:
    execute(
        database,
        "INSERT INTO app.users (id, created_at) VALUES (1, now())",
        "INSERT INTO app.interests (id, slug) VALUES (3, 'a'), (7, 'b')",
        "ALTER TABLE app.user_interests DROP CONSTRAINT user_interests_pkey",
        "INSERT INTO app.user_interests VALUES (1, 7, now()), (1, 3, now()), (1, 7, now())",
    )
    assert run(JOB).metadata["choices_repeated"] == 1
    assert rows(database, STORED) == [(1, [3, 7], 2, "1")]


def test_choices_made_at_one_time_are_cut_by_the_smaller_interest() -> None:
    person, interest = np.array([1] * 6 + [0]), np.array([5, 4, 3, 2, 1, 0, 9])
    sets = interest_sets(person, interest, people=2, interests=10)
    times = np.array([1.0, 1, 1, 1, 1, 2, 0])
    cut = keep_newest(sets, person, interest, times, keep=3)
    assert cut.offsets.tolist() == [0, 1, 4]
    assert cut.interest.tolist() == [9, 0, 1, 2]
