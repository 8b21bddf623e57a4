"""Faults planted in a database that was right, and found by name, with counts and examples."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import psycopg
import pytest

from orchestrator.source.check import breaks_contract, check_source
from orchestrator.source.contract import CONTRACT
from orchestrator.source.faults import Fault, FaultKind, Severity
from orchestrator.source.fill import fill
from orchestrator.source.town.make import make_town
from orchestrator.source.town.tables import tables

TODAY = date(2025, 6, 1)


def seen(faults: list[Fault]) -> list[tuple[str, str, int, tuple[str, ...]]]:
    return [(fault.kind.value, fault.place, fault.count, fault.examples) for fault in faults]


def test_people_without_a_fault_pass(people: psycopg.Connection) -> None:
    assert check_source(people, TODAY) == []


def test_the_synthetic_town_passes_although_much_is_missing_in_it(connection: psycopg.Connection) -> None:
    town = make_town(500, 1, datetime.combine(TODAY, time(12), UTC))
    fill(connection, tables(town))
    assert connection.execute("SELECT count(*) FROM app.users WHERE latitude IS NULL").fetchone() != (0,)
    faults = check_source(connection, TODAY)
    assert {fault.table for fault in faults} == {"post_events"}
    assert not breaks_contract(faults)


def test_empty_tables_pass_with_a_warning(people: psycopg.Connection) -> None:
    for table in CONTRACT:
        people.execute(f"TRUNCATE app.{table.name}".encode())
    [fault] = check_source(people, TODAY)
    assert (fault.kind, fault.severity, fault.place) == (FaultKind.EMPTY, Severity.WARNING, "app.users")


def test_a_database_without_the_schema_is_told_what_to_do(people: psycopg.Connection) -> None:
    people.execute("DROP SCHEMA app CASCADE")
    [fault] = check_source(people, TODAY)
    assert (fault.kind, fault.severity) == (FaultKind.MISSING_SCHEMA, Severity.ERROR)
    assert "source template" in fault.message


def test_an_empty_schema_misses_every_table(people: psycopg.Connection) -> None:
    people.execute("DROP SCHEMA app CASCADE; CREATE SCHEMA app")
    faults = check_source(people, TODAY)
    assert [fault.place for fault in faults] == [f"app.{table.name}" for table in CONTRACT]
    assert {fault.kind for fault in faults} == {FaultKind.MISSING_TABLE}


def test_many_faults_at_once_are_all_named(people: psycopg.Connection) -> None:
    people.execute("""
      DROP TABLE app.media;
      ALTER TABLE app.hides DROP COLUMN hidden_post_id;
      ALTER TABLE app.messages ALTER body TYPE int USING 0;
      DROP INDEX app.ratings_by_rated;
      INSERT INTO app.preferences (user_id) VALUES (77);
      UPDATE app.users SET latitude = 'NaN' WHERE id = 1;
      UPDATE app.users SET latitude = 200 WHERE id IN (2, 3);
      UPDATE app.users SET birth_date = '2025-06-02' WHERE id = 4;
      UPDATE app.users SET birth_date = '1895-05-31' WHERE id = 5;
      UPDATE app.preferences SET min_age = 50 WHERE user_id = 2;
      UPDATE app.quiz_answers SET value = 6 WHERE user_id = 2;
    """)
    faults = check_source(people, TODAY)
    assert breaks_contract(faults)
    assert seen(faults) == [
        ("missing-column", "app.hides.hidden_post_id", 1, ()),
        ("wrong-type", "app.messages.body", 1, ()),
        ("missing-table", "app.media", 1, ()),
        ("impossible-value", "app.users.latitude", 1, ("id=1, latitude=NaN",)),
        ("impossible-value", "app.users.latitude", 2, ("id=2, latitude=200", "id=3, latitude=200")),
        ("impossible-value", "app.users.birth_date", 1, ("id=4, birth_date=2025-06-02",)),
        ("impossible-value", "app.users.birth_date", 1, ("id=5, birth_date=1895-05-31",)),
        ("impossible-value", "app.preferences.(min_age, max_age)", 1, ("user_id=2, min_age=50, max_age=40",)),
        ("orphan", "app.preferences.user_id", 1, ("user_id=77",)),
        (
            "impossible-value", "app.quiz_answers.value", 1,
            ("user_id=2, question_id=1, value=6, scale 1 to 5",),
        ),
        ("missing-index", "app.ratings.rated_id", 1, ()),
    ]  # fmt: skip
    assert {fault.severity for fault in faults} == {Severity.ERROR}


PLANTED = [
    (
        "UPDATE app.users SET longitude = '-Infinity' WHERE id = 1",
        "app.users.longitude",
        "id=1, longitude=-Infinity",
    ),
    ("UPDATE app.users SET longitude = 181 WHERE id = 1", "app.users.longitude", "id=1, longitude=181"),
    (
        "UPDATE app.users SET latitude = NULL WHERE id = 1",
        "app.users.(latitude, longitude)",
        "id=1, latitude=NULL, longitude=13.4",
    ),
    (
        "UPDATE app.users SET birth_date = 'infinity' WHERE id = 1",
        "app.users.birth_date",
        "id=1, birth_date=infinity",
    ),
    (
        "UPDATE app.users SET birth_date = '-infinity' WHERE id = 1",
        "app.users.birth_date",
        "id=1, birth_date=-infinity",
    ),
    ("UPDATE app.users SET gender = '  ' WHERE id = 1", "app.users.gender", "id=1, gender=  "),
    (
        "UPDATE app.users SET visibility = 'Public' WHERE id = 1",
        "app.users.visibility",
        "id=1, visibility=Public",
    ),
    (
        "UPDATE app.preferences SET min_age = -1 WHERE user_id = 1",
        "app.preferences.min_age",
        "user_id=1, min_age=-1",
    ),
    (
        "UPDATE app.preferences SET max_age = 1000 WHERE user_id = 1",
        "app.preferences.max_age",
        "user_id=1, max_age=1000",
    ),
    (
        "UPDATE app.preferences SET max_distance_km = -5 WHERE user_id = 1",
        "app.preferences.max_distance_km",
        "user_id=1, max_distance_km=-5",
    ),
    (
        "UPDATE app.preferences SET seeking = '{woman,NULL}' WHERE user_id = 1",
        "app.preferences.seeking",
        "user_id=1, seeking={woman,NULL}",
    ),
    (
        "UPDATE app.preferences SET goals = '{\"\"}' WHERE user_id = 1",
        "app.preferences.goals",
        'user_id=1, goals={""}',
    ),
    ("UPDATE app.quiz_questions SET key = 0 WHERE id = 1", "app.quiz_questions.key", "id=1, key=0"),
    (
        "UPDATE app.quiz_questions SET scale_max = 1 WHERE id = 1",
        "app.quiz_questions.(scale_min, scale_max)",
        "id=1, scale_min=1, scale_max=1",
    ),
    (
        "UPDATE app.quiz_answers SET value = 'NaN' WHERE user_id = 2",
        "app.quiz_answers.value",
        "user_id=2, question_id=1, value=NaN",
    ),
    (
        "INSERT INTO app.quiz_answers VALUES (1, 99, 3, now())",
        "app.quiz_answers.question_id",
        "user_id=1, question_id=99",
    ),
    (
        "INSERT INTO app.user_interests VALUES (99, 1, now())",
        "app.user_interests.user_id",
        "user_id=99, interest_id=1",
    ),
    (
        "INSERT INTO app.interests SELECT i, 1, i FROM generate_series(10, 600) AS i;"
        " INSERT INTO app.user_interests SELECT 3, i, now() FROM generate_series(10, 600) AS i",
        "app.user_interests.interest_id",
        "user_id=3: 591 interests",
    ),
    (
        "UPDATE app.ratings SET value = 11 WHERE value = 10",
        "app.ratings.value",
        "rater_id=1, rated_id=2, attribute=overall, value=11",
    ),
    (
        "INSERT INTO app.ratings VALUES (3, 3, 'overall', 5, now())",
        "app.ratings.(rater_id, rated_id)",
        "rater_id=3, rated_id=3, attribute=overall",
    ),
    (
        "UPDATE app.decisions SET decision = 'superlike' WHERE user_id = 1",
        "app.decisions.decision",
        "user_id=1, target_id=2, decision=superlike",
    ),
    (
        "INSERT INTO app.matches VALUES (9, 1, 1, now())",
        "app.matches.(user_a, user_b)",
        "id=9, user_a=1, user_b=1",
    ),
    (
        "INSERT INTO app.blocks VALUES (1, 1, now())",
        "app.blocks.(blocker_id, blocked_id)",
        "blocker_id=1, blocked_id=1",
    ),
    ("INSERT INTO app.blocks VALUES (1, 99, now())", "app.blocks.blocked_id", "blocker_id=1, blocked_id=99"),
    (
        "INSERT INTO app.reports VALUES (9, 1, NULL, NULL, NULL, now())",
        "app.reports.(reported_user_id, reported_post_id)",
        "id=9, reported_user_id=NULL, reported_post_id=NULL",
    ),
    (
        "INSERT INTO app.hides VALUES (9, 1, 1, NULL, now())",
        "app.hides.(user_id, hidden_user_id)",
        "id=9, user_id=1, hidden_user_id=1",
    ),
    (
        "INSERT INTO app.quiz_questions SELECT i, 'q', 't' || lpad(i::text, 3, '0'), 1, 0, 1"
        " FROM generate_series(10, 73) AS i",
        "app.quiz_questions.trait",
        "t073",
    ),
    (
        "INSERT INTO app.ratings SELECT 1, 3, chr(64 + i), 5, now() FROM generate_series(1, 16) AS i",
        "app.ratings.attribute",
        "humour",
    ),
    (
        "UPDATE app.users SET gender = 'g' || lpad(id::text, 3, '0');"
        " INSERT INTO app.users (id, created_at, gender)"
        " SELECT i, '2024-01-01', 'g' || lpad(i::text, 3, '0') FROM generate_series(22, 64) AS i;"
        " UPDATE app.preferences SET seeking = (SELECT array_agg(gender) FROM app.users) WHERE user_id = 1",
        "app.users.gender",
        "g064",
    ),
    (
        "UPDATE app.users SET gender = 'g' || id; INSERT INTO app.users (id, created_at, gender)"
        " SELECT i, '2024-01-01', 'g' || i FROM generate_series(22, 63) AS i;"
        " UPDATE app.preferences SET seeking = (SELECT array_agg(gender) || '{x,y}' FROM app.users)",
        "app.users.gender",
        "genders that nobody has",
    ),
    (
        "UPDATE app.preferences SET goals = (SELECT array_agg('goal' || i) FROM generate_series(10, 74) AS i)"
        " WHERE user_id IN (1, 2)",
        "app.preferences.goals",
        "goal74",
    ),
]


@pytest.mark.parametrize(("plant", "place", "example"), PLANTED)
def test_one_planted_fault_is_the_one_that_is_named(
    people: psycopg.Connection, plant: str, place: str, example: str
) -> None:
    people.execute(plant.encode())
    [fault] = check_source(people, TODAY)
    assert fault.severity == Severity.ERROR
    assert (fault.place, fault.count, fault.examples) == (place, 1, (example,))
    assert fault.effect


def test_who_joined_in_the_future_is_a_warning(people: psycopg.Connection) -> None:
    people.execute("UPDATE app.users SET created_at = '2025-07-01' WHERE id = 2")
    [fault] = check_source(people, TODAY)
    assert (fault.severity, fault.place) == (Severity.WARNING, "app.users.created_at")


def test_the_first_three_examples_are_given_in_order(people: psycopg.Connection) -> None:
    people.execute("UPDATE app.users SET latitude = id * 100")
    [fault] = [fault for fault in check_source(people, TODAY) if fault.column == "latitude"]
    assert fault.count == 21
    assert fault.examples == ("id=1, latitude=100", "id=2, latitude=200", "id=3, latitude=300")


def test_tolerated_faults_are_warnings(people: psycopg.Connection) -> None:
    people.execute("INSERT INTO app.preferences (user_id) VALUES (77)")
    faults = check_source(people, TODAY, tolerated=[FaultKind.ORPHAN])
    assert [fault.severity for fault in faults] == [Severity.WARNING]
    assert not breaks_contract(faults)


def test_a_table_without_its_key_is_searched_for_duplicates(people: psycopg.Connection) -> None:
    people.execute("ALTER TABLE app.preferences DROP CONSTRAINT preferences_pkey")
    people.execute("ALTER TABLE app.preferences ALTER user_id DROP NOT NULL")
    people.execute("INSERT INTO app.preferences (user_id) VALUES (1), (NULL)")
    faults = check_source(people, TODAY)
    assert seen(faults) == [
        ("missing-index", "app.preferences.user_id", 1, ()),
        ("missing-value", "app.preferences.user_id", 1, ("user_id=NULL",)),
        ("duplicate", "app.preferences.user_id", 1, ("user_id=1: 2 rows",)),
    ]


def test_an_index_on_another_column_first_does_not_serve_a_read(people: psycopg.Connection) -> None:
    people.execute("DROP INDEX app.blocks_by_blocked; CREATE INDEX ON app.blocks (created_at, blocked_id)")
    [fault] = check_source(people, TODAY)
    assert (fault.place, fault.severity) == ("app.blocks.blocked_id", Severity.ERROR)
    assert "CREATE INDEX ON app.blocks (blocked_id)" in fault.message


def test_a_read_of_the_last_days_wants_an_index_too(people: psycopg.Connection) -> None:
    people.execute("DROP INDEX app.posts_by_time")
    assert seen(check_source(people, TODAY)) == [("missing-index", "app.posts.created_at", 1, ())]


def test_the_planner_taking_another_index_of_a_tiny_table_is_no_fault(people: psycopg.Connection) -> None:
    people.execute("""
      TRUNCATE app.blocks;
      INSERT INTO app.blocks VALUES (1, 2, now()), (1, 3, now()), (2, 3, now());
      ANALYZE app.blocks
    """)
    assert check_source(people, TODAY) == []


def test_a_partial_or_partitioned_index_serves_a_read(people: psycopg.Connection) -> None:
    people.execute("""
      DROP INDEX app.reports_by_reported_user;
      CREATE INDEX ON app.reports (reported_user_id) WHERE reported_user_id IS NOT NULL;
      ALTER TABLE app.blocks RENAME TO old_blocks;
      CREATE TABLE app.blocks (LIKE app.old_blocks INCLUDING DEFAULTS, PRIMARY KEY (blocker_id, blocked_id))
        PARTITION BY HASH (blocker_id);
      CREATE TABLE app.blocks_0 PARTITION OF app.blocks FOR VALUES WITH (MODULUS 2, REMAINDER 0);
      CREATE TABLE app.blocks_1 PARTITION OF app.blocks FOR VALUES WITH (MODULUS 2, REMAINDER 1);
      CREATE INDEX ON app.blocks (blocked_id);
      INSERT INTO app.blocks SELECT * FROM app.old_blocks
    """)
    assert check_source(people, TODAY) == []


def test_domains_and_varchars_read_like_what_they_are(people: psycopg.Connection) -> None:
    people.execute("""
      CREATE DOMAIN person AS bigint;
      ALTER TABLE app.decisions ALTER target_id TYPE person;
      ALTER TABLE app.users ALTER bio TYPE varchar(500)
    """)
    assert check_source(people, TODAY) == []


def test_a_column_of_the_wrong_type_is_named_once_and_not_searched(people: psycopg.Connection) -> None:
    people.execute("ALTER TABLE app.quiz_answers ALTER value TYPE text")
    [fault] = check_source(people, TODAY)
    assert (fault.kind, fault.place) == (FaultKind.WRONG_TYPE, "app.quiz_answers.value")
    assert fault.message == "the type is text, not real: select value::real in a view"


def test_the_check_leaves_the_connection_as_it_was(people: psycopg.Connection) -> None:
    people.execute("ALTER TABLE app.quiz_answers DROP COLUMN value")
    check_source(people, TODAY)
    assert people.execute("SHOW enable_seqscan").fetchone() == ("on",)
    assert people.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
