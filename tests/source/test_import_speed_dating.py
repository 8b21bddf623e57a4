"""The import of the speed dating experiment: what becomes of each column, and what is left out and named."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog

from orchestrator.errors import ImportFileError
from orchestrator.source.check import check_source
from orchestrator.source.fill import fill
from orchestrator.source.importers.speed_dating import import_speed_dating

from .data_sets import date_row, write_speed_dating

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DATA = os.environ.get("FEEDSCORE_TEST_DATA")  # read before the tests clear such variables

Row = tuple[Any, ...]  # Any: whatever the database holds


def rows(connection: psycopg.Connection, query: str) -> list[Row]:
    return connection.execute(query.encode()).fetchall()


def pair() -> list[Any]:  # Any: rows of a file
    """One date, from both sides."""
    return [date_row(1, "2.0", 1, match=1), date_row(2, "1.0", 1, match=1, age="", goal=6.0)]


def test_each_column_becomes_what_the_docs_say(tmp_path: Path, connection: psycopg.Connection) -> None:
    file = write_speed_dating(tmp_path, pair())

    imported = import_speed_dating(file, NOW)
    fill(connection, imported.tables)

    people = rows(
        connection,
        "SELECT id, gender, date_part('year', age('2026-03-01', birth_date)), latitude, seeking, goals,"
        " min_age, max_distance_km FROM app.users JOIN app.preferences ON user_id = id ORDER BY id",
    )
    assert people == [
        (1, "woman", 25.0, 40.81, ["man"], ["meet_new_people"], None, None),
        (2, "man", None, 40.81, ["woman"], None, None, None),
    ]
    ratings = rows(connection, "SELECT attribute, value FROM app.ratings WHERE rater_id = 1 ORDER BY 1")
    assert ratings == [
        ("ambitious", 6.0),
        ("attractive", 6.5),
        ("fun", 5.0),
        ("intelligent", 7.0),
        ("overall", 7.0),
        ("sincere", 8.0),
    ]
    assert rows(connection, "SELECT count(*), min(scale_max) FROM app.quiz_questions") == [(22, 10.0)]
    assert rows(connection, "SELECT count(*), min(value) FROM app.quiz_answers WHERE user_id = 1") == [
        (22, 4.0)
    ]
    assert check_source(connection, NOW.date()) == []
    assert not imported.findings.rows_skipped
    assert not imported.findings.values_skipped


def test_activities_rated_7_or_higher_become_interests(
    tmp_path: Path, connection: psycopg.Connection
) -> None:
    file = write_speed_dating(tmp_path, [date_row(1, 2, 1, art=7.0, music=9.0, tv=6.0), date_row(2, 1, 1)])

    fill(connection, import_speed_dating(file, NOW).tables)

    chosen = rows(
        connection,
        "SELECT slug FROM app.user_interests JOIN app.interests ON id = interest_id"
        " WHERE user_id = 1 ORDER BY 1",
    )
    assert chosen == [("art",), ("music",)]


def test_later_dates_of_an_evening_are_rated_later(tmp_path: Path, connection: psycopg.Connection) -> None:
    file = write_speed_dating(
        tmp_path, [date_row(1, 2, 1), date_row(1, 4, 2), date_row(2, 1, 1), date_row(4, 1, 2)]
    )

    fill(connection, import_speed_dating(file, NOW).tables)

    order = rows(
        connection, "SELECT rated_id FROM app.ratings WHERE rater_id = 1 GROUP BY 1 ORDER BY min(created_at)"
    )
    assert order == [(2,), (4,)]
    assert rows(connection, "SELECT count(*) FROM app.ratings WHERE created_at > '2026-03-01'") == [(0,)]


def test_decisions_and_matches_come_only_when_asked_for(
    tmp_path: Path, connection: psycopg.Connection
) -> None:
    file = write_speed_dating(tmp_path, pair())
    tables = {rows.table for rows in import_speed_dating(file, NOW).tables}
    assert not tables & {"decisions", "matches"}

    fill(connection, import_speed_dating(file, NOW, with_decisions=True).tables)

    assert rows(connection, "SELECT user_id, target_id, decision FROM app.decisions ORDER BY 1") == [
        (1, 2, "like"),
        (2, 1, "like"),
    ]
    assert rows(connection, "SELECT user_a, user_b FROM app.matches") == [(1, 2)]


@pytest.mark.parametrize(
    ("written", "latitude", "repaired"),
    [
        ("10,027", 40.81, {"zip code: thousands comma taken out": 2}),
        ("7,936", 40.82, {"zip code: thousands comma taken out": 2, "zip code: leading zeros given back": 2}),
        ("7936", 40.82, {"zip code: leading zeros given back": 2}),
        ("60521", 41.8, {}),
        ("", None, {}),
        ("0", None, {}),
    ],
)
def test_zip_codes_are_repaired_and_the_repairs_counted(
    tmp_path: Path,
    connection: psycopg.Connection,
    written: str,
    latitude: float | None,
    repaired: dict[str, int],
) -> None:
    file = write_speed_dating(
        tmp_path, [date_row(1, 2, 1, zipcode=written), date_row(2, 1, 1, zipcode=written)]
    )

    imported = import_speed_dating(file, NOW)
    fill(connection, imported.tables)

    assert rows(connection, "SELECT DISTINCT latitude FROM app.users") == [(latitude,)]
    assert dict(imported.findings.repaired) == repaired
    assert not imported.findings.values_skipped


@pytest.mark.parametrize(
    ("changes", "field", "value", "reason"),
    [
        ({"pid": ""}, "pid", "", "missing"),
        ({"pid": 99}, "pid", "99", "nobody in this file"),
        ({"pid": 1}, "pid", "1", "the person themselves"),
        ({"pid": "2.5"}, "pid", "2.5", "not a whole number from 1"),
        ({"gender": 7}, "gender", "7", "not a whole number from 0 to 1"),
        ({"wave": "first"}, "wave", "first", "not a whole number from 1"),
        ({"order": ""}, "order", "", "missing"),
        ({"iid": "nan"}, "iid", "nan", "not a whole number from 1"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_skipped_and_counted(
    tmp_path: Path, changes: dict[str, str | int], field: str, value: str, reason: str
) -> None:
    bad = {**date_row(1, 2, 2), **changes}
    file = write_speed_dating(tmp_path, [*pair(), bad])

    with structlog.testing.capture_logs() as told:
        imported = import_speed_dating(file, NOW)

    assert dict(imported.findings.rows_skipped) == {f"{field}: {reason}": 1}
    assert told == [
        {"event": "row skipped", "log_level": "warning", "file": str(file), "line": 4, "field": field,
         "value": value, "reason": reason},
    ]  # fmt: skip
    ratings = next(table for table in imported.tables if table.table == "ratings")
    assert len(ratings) == 12


def test_a_date_that_comes_twice_counts_once(tmp_path: Path) -> None:
    imported = import_speed_dating(write_speed_dating(tmp_path, [*pair(), date_row(1, 2, 1)]), NOW)

    assert dict(imported.findings.rows_skipped) == {"pid: met in an earlier row": 1}


@pytest.mark.parametrize(
    ("field", "value"), [("attr", 0.0), ("like", 11), ("gaming", 14.0), ("age", 999), ("fun", "good")]
)
def test_an_impossible_value_is_named_and_left_out_and_its_row_kept(
    tmp_path: Path, field: str, value: str | float
) -> None:
    file = write_speed_dating(tmp_path, [date_row(1, 2, 1, **{field: value}), date_row(2, 1, 1)])

    with structlog.testing.capture_logs() as told:
        imported = import_speed_dating(file, NOW)

    assert imported.findings.values_skipped.total() == 1
    assert not imported.findings.rows_skipped
    assert [(entry["line"], entry["field"], entry["value"]) for entry in told] == [(2, field, str(value))]


def test_only_the_first_faults_of_a_sort_are_named_and_all_counted(tmp_path: Path) -> None:
    bad = [date_row(1, "", place) for place in range(2, 12)]

    with structlog.testing.capture_logs() as told:
        imported = import_speed_dating(write_speed_dating(tmp_path, [*pair(), *bad]), NOW)

    assert dict(imported.findings.rows_skipped) == {"pid: missing": 10}
    assert [entry["event"] for entry in told] == ["row skipped"] * 5 + ["further ones are only counted"]


def test_foreign_and_unknown_zip_codes_are_named(tmp_path: Path) -> None:
    file = write_speed_dating(
        tmp_path, [date_row(1, 2, 1, zipcode="630,090"), date_row(2, 1, 1, zipcode="99999")]
    )

    imported = import_speed_dating(file, NOW)

    assert dict(imported.findings.values_skipped) == {
        "zipcode: no US zip code of 5 digits": 1,
        "zipcode: not among the known zip codes": 1,
    }


def test_without_the_table_of_zip_codes_places_are_unknown_and_a_note_says_so(tmp_path: Path) -> None:
    file = write_speed_dating(tmp_path, pair())
    (tmp_path / "geo" / "us_zip.csv.gz").unlink()

    assert any("places are unknown" in note for note in import_speed_dating(file, NOW).notes)


def test_a_row_with_too_few_fields_is_skipped(tmp_path: Path) -> None:
    file = write_speed_dating(tmp_path, pair()).with_name("plain.csv")
    whole = write_speed_dating(tmp_path, pair())
    import gzip

    file.write_bytes(gzip.decompress(whole.read_bytes()) + b"1,0,1\n")

    assert import_speed_dating(file, NOW).findings.rows_skipped.total() == 1


@pytest.mark.parametrize("name", ["waves_1_12.csv.gz", "nowhere.csv"])
def test_a_file_that_is_absent_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImportFileError, match=name):
        import_speed_dating(tmp_path / name, NOW)


def test_a_file_that_is_cut_short_is_named(tmp_path: Path) -> None:
    file = write_speed_dating(tmp_path, [date_row(1, 2, place) for place in range(1, 400)])
    file.write_bytes(file.read_bytes()[:-200])

    with pytest.raises(ImportFileError, match="cannot be read after line"):
        import_speed_dating(file, NOW)


def test_a_file_of_another_kind_is_told_what_it_lacks(tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("a,b\n1,2\n", "utf-8")

    with pytest.raises(ImportFileError, match=r"the header lacks iid, gender, wave, order, pid"):
        import_speed_dating(file, NOW)


@pytest.mark.skipif(not DATA, reason="FEEDSCORE_TEST_DATA names no folder of the public data sets")
def test_the_real_experiment_is_imported_whole(connection: psycopg.Connection) -> None:
    imported = import_speed_dating(Path(DATA or ""), NOW)
    written = fill(connection, imported.tables)

    assert written["users"] == 320
    assert dict(imported.findings.rows_skipped) == {"pid: missing": 10}
    assert imported.findings.repaired["zip code: leading zeros given back"] > 0
    assert check_source(connection, NOW.date()) == []
