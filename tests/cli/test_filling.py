"""The commands that fill an empty application: a town, and imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.source.data_sets import big5_row, city_row, date_row, write_composite, write_speed_dating

from .conftest import Call


def test_the_same_seed_and_day_give_the_same_rows(call: Call) -> None:
    first = call("town", "--people", "120", "--seed", "3", "--as-of", "2026-03-01", "--json")
    second = call("town", "--people", "120", "--seed", "3", "--as-of", "2026-03-01", "--replace", "--json")

    assert first.code == second.code == 0
    assert first.json["rows"] == second.json["rows"]
    assert first.json["rows"]["users"] == 120
    assert first.json["as_of"] == "2026-03-01"


def test_a_town_has_as_many_events_and_posts_as_asked_for(call: Call) -> None:
    said = call("town", "--people", "120", "--events", "700", "--posts", "90", "--json")

    assert said.code == 0
    assert (said.json["rows"]["post_events"], said.json["rows"]["posts"]) == (700, 90)


def test_a_town_tells_what_it_wrote(call: Call) -> None:
    said = call("town", "--people", "120")

    assert said.code == 0
    assert "app.users" in said.out
    assert "rows in" in said.out


def test_a_second_town_is_refused_in_a_sentence(call: Call) -> None:
    call("town", "--people", "50")

    said = call("town", "--people", "50")

    assert said.code == 1
    assert said.err == "app.users is not empty; --replace removes what all tables of schema app hold\n"


@pytest.mark.parametrize(
    ("option", "value"),
    [("--people", "0"), ("--seed", "-1"), ("--as-of", "tomorrow"), ("--events", "-1"), ("--posts", "0")],
)
def test_an_option_that_cannot_be_used_is_named(call: Call, option: str, value: str) -> None:
    said = call("town", option, value)

    assert said.code == 2
    assert option.strip("-") in said.err


def test_an_import_tells_what_it_left_out(call: Call, tmp_path: Path) -> None:
    file = write_speed_dating(tmp_path, [date_row(1, 2, 1), date_row(2, 1, 1), date_row(1, "", 2)])

    told = call("import", "speed-dating", str(file), "--json")
    plain = call("import", "speed-dating", str(file), "--replace")

    assert told.code == plain.code == 0
    assert told.json["rows"]["users"] == 2
    assert told.json["rows_skipped"] == {"pid: missing": 1}
    assert "1 rows skipped\n  1  pid: missing" in plain.out
    assert "row skipped" in plain.err


def test_composite_people_are_imported_by_name_of_the_sources(call: Call, tmp_path: Path) -> None:
    city = city_row("Big", "US", 40.0, -100.0, 9_000_000)
    folder = write_composite(
        tmp_path, [big5_row()], [{"user": 0, "genre": "Pop"}, {"user": 1, "genre": "Rock"}], [city]
    )

    said = call(
        "import", "composite", "--quiz", "big5", "--interests", "deezer", "--cities", "geo", str(folder),
        "--people", "2", "--json",
    )  # fmt: skip

    assert said.code == 0
    assert said.json["rows"]["users"] == 2
    assert "1 of 2 people have the quiz answers of another person" in said.json["notes"]


@pytest.mark.parametrize("source", ["speed-dating", "composite"])
def test_a_path_that_is_absent_is_named_and_nothing_removed(call: Call, tmp_path: Path, source: str) -> None:
    call("town", "--people", "50")

    said = call("import", source, str(tmp_path / "nowhere"), "--replace")

    assert said.code == 1
    assert "nowhere: no such" in said.err
    assert "app.users is not empty" in call("town").err
