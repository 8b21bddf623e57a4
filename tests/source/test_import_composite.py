"""People put together from three data sets: real parts, deterministic pairing, and named faults."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psycopg
import pytest
import structlog

from orchestrator.errors import ImportFileError, UsageError
from orchestrator.source.check import check_source
from orchestrator.source.fill import fill
from orchestrator.source.importers.big5 import ITEMS, item_key
from orchestrator.source.importers.composite import import_composite
from orchestrator.source.importers.deezer import slug
from orchestrator.source.importers.imported import Imported

from .data_sets import Fields, big5_row, city_row, write_composite

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DATA = os.environ.get("FEEDSCORE_TEST_DATA")  # read before the tests clear such variables

GENRES: list[Fields] = [
    {"user": user, "genre": genre}
    for user in range(6)
    for genre in ("Pop", "R&B", "Jazz")
    if user or genre != "Jazz"
]
CITIES = [city_row("Big", "US", 40.0, -100.0, 9_000_000), city_row("Small", "US", 30.0, -90.0, 1_000)]


def people(*rows: Fields) -> list[Fields]:
    return list(rows) or [big5_row(20 + i, gender=1 + i % 3) for i in range(4)]


def genre_sets(imported: Imported) -> int:
    return len(next(table for table in imported.tables if table.table == "user_interests"))


def test_people_have_the_answers_genres_and_places_of_the_sources(
    tmp_path: Path, connection: psycopg.Connection
) -> None:
    imported = import_composite(write_composite(tmp_path, people(), GENRES, CITIES), NOW)
    fill(connection, imported.tables)

    found = connection.execute(
        "SELECT array_agg(date_part('year', age('2026-03-01', birth_date))::int ORDER BY birth_date DESC),"
        " array_agg(DISTINCT gender), min(latitude) > 39, max(latitude) < 41 FROM app.users"
    ).fetchone()
    assert found == ([20, 21, 22, 23], ["man", "other", "woman"], True, True)
    answers = connection.execute("SELECT count(*), min(value), max(value) FROM app.quiz_answers").fetchone()
    assert answers == (200, 4.0, 4.0)
    slugs = connection.execute("SELECT array_agg(slug ORDER BY id) FROM app.interests").fetchone()
    assert slugs == (["jazz", "pop", "r-and-b"],)
    assert any("preferences, names and times are made up" in note for note in imported.notes)
    assert check_source(connection, NOW.date()) == []


def test_the_same_seed_gives_the_same_people(tmp_path: Path) -> None:
    folder = write_composite(tmp_path, people(), GENRES, CITIES)
    one, same, other = (import_composite(folder, NOW, seed=seed) for seed in (1, 1, 2))

    def columns(imported: Imported) -> list[np.ndarray[tuple[int], np.dtype[np.float64]]]:
        arrays = [c.values for t in imported.tables for c in t.columns if isinstance(c.values, np.ndarray)]
        return [np.nan_to_num(array.astype(np.float64)) for array in arrays]

    assert all(np.array_equal(a, b) for a, b in zip(columns(one), columns(same), strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(columns(one), columns(other), strict=True))


def test_beyond_the_quiz_answers_repeat_and_a_note_says_so(tmp_path: Path) -> None:
    imported = import_composite(write_composite(tmp_path, people(), GENRES, CITIES), NOW, people=6)

    assert "2 of 6 people have the quiz answers of another person" in imported.notes
    assert genre_sets(imported) == len(GENRES)


@pytest.mark.parametrize("wanted", [0, 7])
def test_there_are_no_more_people_than_users_with_interests(tmp_path: Path, wanted: int) -> None:
    folder = write_composite(tmp_path, people(), GENRES, CITIES)

    with pytest.raises(UsageError, match=rf"--people must be from 1 to 6, .* \(got {wanted}\)"):
        import_composite(folder, NOW, people=wanted)


def test_reverse_keyed_items_are_those_that_ask_for_the_opposite() -> None:
    reversed_items = [item for item in ITEMS if item_key(item) == -1]

    assert len(ITEMS) == 50
    assert " ".join(reversed_items) == "E2 E4 E6 E8 E10 N2 N4 A1 A3 A5 A7 C2 C4 C6 C8 O2 O4 O6"


def test_a_missed_answer_is_no_answer(tmp_path: Path, connection: psycopg.Connection) -> None:
    folder = write_composite(tmp_path, people(big5_row(30, E1=0, O10=0)), GENRES, CITIES)

    imported = import_composite(folder, NOW)
    fill(connection, imported.tables)

    assert connection.execute("SELECT count(*) FROM app.quiz_answers").fetchone() == (48,)
    assert not imported.findings.values_skipped


@pytest.mark.parametrize("age", ["999999999", "1997", "12", "", "-5", "thirty", "121"])
def test_an_impossible_age_is_named_and_its_row_skipped(tmp_path: Path, age: str) -> None:
    folder = write_composite(tmp_path, people(big5_row(30), big5_row(age), big5_row(31)), GENRES, CITIES)

    with structlog.testing.capture_logs() as told:
        imported = import_composite(folder, NOW)

    assert dict(imported.findings.rows_skipped) == {"age: not a whole number from 13 to 120": 1}
    assert [(entry["line"], entry["field"], entry["value"]) for entry in told] == [(3, "age", age)]
    assert told[0]["file"].endswith("answers.csv.gz")
    assert len(imported.tables[0]) == 2


@pytest.mark.parametrize(
    ("changes", "sort"),
    [
        ({"E3": 6}, "E3: not a code from 0 to 5"),
        ({"O1": "x"}, "O1: not a code from 0 to 5"),
        ({"gender": 4}, "gender: not a code from 0 to 3"),
        ({"country": "(nu"}, "country: no city known"),
    ],
)
def test_an_impossible_value_is_left_out_and_its_row_kept(
    tmp_path: Path, changes: dict[str, str | int], sort: str
) -> None:
    folder = write_composite(tmp_path, people(big5_row(30, **changes)), GENRES, CITIES)

    imported = import_composite(folder, NOW)

    assert dict(imported.findings.values_skipped) == {sort: 1}
    assert len(imported.tables[0]) == 1


def test_faulty_rows_of_genres_and_cities_are_skipped_and_counted(tmp_path: Path) -> None:
    genres: list[Fields] = [*GENRES, {"user": 1, "genre": "Pop"}, {"user": "x", "genre": "Pop"}, {"user": 2}]
    cities = [
        *CITIES,
        city_row("Empty", "US", 1, 1, 0),
        city_row("Off", "US", 200, 1, 5),
        city_row("", "", 1, 1, 5),
    ]

    imported = import_composite(write_composite(tmp_path, people(), genres, cities), NOW)

    assert dict(imported.findings.rows_skipped) == {
        "user, genre: the same as an earlier row": 1,
        "user: not a whole number from 0": 1,
        "genre: missing": 1,
        "population: not a whole number above 0": 1,
        "lat, lon: no place on Earth": 1,
        "countrycode: missing": 1,
    }


def test_a_data_set_that_is_absent_is_named(tmp_path: Path) -> None:
    folder = write_composite(tmp_path, people(), GENRES, CITIES)
    (folder / "deezer_hu" / "genres.csv.gz").unlink()

    with pytest.raises(ImportFileError, match=r"no such file: .*genres\.csv\.gz"):
        import_composite(folder, NOW)


def test_a_folder_that_is_absent_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="nowhere: no such folder"):
        import_composite(tmp_path / "nowhere", NOW)


@pytest.mark.parametrize(
    ("name", "spelled"), [("R&B", "r-and-b"), ("Rap/Hip Hop", "rap-hip-hop"), ("Pop", "pop")]
)
def test_slugs_are_lower_case_letters_and_hyphens(name: str, spelled: str) -> None:
    assert slug(name) == spelled


@pytest.mark.skipif(not DATA, reason="FEEDSCORE_TEST_DATA names no folder of the public data sets")
def test_the_real_data_sets_give_19_637_people(connection: psycopg.Connection) -> None:
    imported = import_composite(Path(DATA or ""), NOW)
    written = fill(connection, imported.tables)

    assert written["users"] == 19_719 - 82
    assert imported.findings.rows_skipped["age: not a whole number from 13 to 120"] == 82
    assert check_source(connection, NOW.date()) == []
