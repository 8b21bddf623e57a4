"""Read the speed dating experiment's file: who took part, and what they thought of each date.

One row stands for one date, seen by one of the two. A row is skipped where iid, gender, wave, order or pid
is missing or impossible, where pid is nobody of the file or iid itself, and where the two met in an earlier
row. Any other impossible value (a rating of 0, an interest of 13) is left out alone; a missing one is fine.
What a person said about themselves is taken from the person's first row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .csv_file import Row, read_rows
from .findings import Findings

ACTIVITIES = (
    "sports", "tvsports", "exercise", "dining", "museums", "art", "hiking", "gaming", "clubbing", "reading",
    "tv", "theater", "movies", "concerts", "music", "shopping", "yoga",
)  # fmt: skip
SELF_RATINGS = {
    "attr3_1": "attractive",
    "sinc3_1": "sincere",
    "fun3_1": "fun",
    "intel3_1": "intelligent",
    "amb3_1": "ambitious",
}
RATINGS = {
    "like": "overall",
    "attr": "attractive",
    "sinc": "sincere",
    "intel": "intelligent",
    "fun": "fun",
    "amb": "ambitious",
    "shar": "shared_interests",
}
"""Column -> attribute in app.ratings."""
LOWEST, HIGHEST = 1, 10
OLDEST = 120
NEEDED = (
    "iid", "gender", "wave", "order", "pid", "match", "dec", "age", "zipcode", "goal",
    *ACTIVITIES, *SELF_RATINGS, *RATINGS,
)  # fmt: skip


@dataclass(frozen=True)
class Dater:
    """Somebody who took part."""

    id: int
    line: int
    """Of the person's first row."""
    wave: int
    is_man: bool
    age: int | None
    goal: int | None
    """1 to 6, as in the questionnaire."""
    zip_code: str
    """As written."""
    answers: Mapping[str, float]
    """Activity or self rating -> 1 to 10, where given."""


@dataclass(frozen=True)
class Date:
    """One date, as one of the two saw it."""

    rater: int
    rated: int
    wave: int
    order: int
    """The how manieth date of the evening it was for the rater, from 1."""
    ratings: Mapping[str, float]
    """Attribute of app.ratings -> 1 to 10, where given."""
    liked: bool | None
    """Whether the rater wanted to meet again."""
    matched: bool | None
    """Whether both did."""

    @property
    def pair(self) -> tuple[int, int]:
        """The two people, the smaller id first."""
        return min(self.rater, self.rated), max(self.rater, self.rated)


@dataclass(frozen=True)
class SpeedDating:
    """The experiment; people by id, dates in the order of the file."""

    file: Path
    people: dict[int, Dater]
    dates: list[Date]

    def orders(self, choose: Callable[[int, int], int]) -> dict[tuple[int, int], int]:
        """Tell the place that each pair's date had in their evenings: the earlier (min) or the later (max).

        The two people of a date may disagree about it, as each counted only their own dates.
        """
        places: dict[tuple[int, int], int] = {}
        for date in self.dates:
            places[date.pair] = choose(places.get(date.pair, date.order), date.order)
        return places


def read_speed_dating(file: Path, findings: Findings) -> SpeedDating:
    """Read the file; ImportFileError where it cannot be read at all."""
    people: dict[int, Dater] = {}
    dates: list[tuple[Row, Date]] = []
    for row in read_rows(file, NEEDED, findings):
        numbers = _essentials(row, findings)
        if numbers is None:
            continue
        if numbers["iid"] not in people:
            people[numbers["iid"]] = _dater(row, numbers, findings)
        pid = _whole(row, "pid", findings, 1, math.inf)
        if pid is not None:
            dates.append((row, _date(row, numbers, pid, findings)))
    return SpeedDating(file, people, _between_known(people, dates, findings))


def _between_known(people: dict[int, Dater], dates: list[tuple[Row, Date]], findings: Findings) -> list[Date]:
    """Leave out dates with nobody, with oneself, and with the same person again."""
    seen: set[tuple[int, int]] = set()
    kept = []
    for row, date in dates:
        reason = ""
        if date.rated not in people:
            reason = "nobody in this file"
        elif date.rated == date.rater:
            reason = "the person themselves"
        elif (date.rater, date.rated) in seen:
            reason = "met in an earlier row"
        if reason:
            findings.skip_row(row.file, row.line, "pid", row["pid"], reason)
        else:
            seen.add((date.rater, date.rated))
            kept.append(date)
    return kept


def _essentials(row: Row, findings: Findings) -> dict[str, int] | None:
    """Read what a row cannot do without."""
    numbers: dict[str, int] = {}
    for field, most in (("iid", math.inf), ("gender", 1), ("wave", math.inf), ("order", math.inf)):
        number = _whole(row, field, findings, 0 if field == "gender" else 1, most)
        if number is None:
            return None
        numbers[field] = number
    return numbers


def _dater(row: Row, numbers: dict[str, int], findings: Findings) -> Dater:
    age = _optional(row, "age", findings, 0, OLDEST)
    goal = _optional(row, "goal", findings, 1, 6)
    answers = {
        field: answer
        for field in (*ACTIVITIES, *SELF_RATINGS)
        if (answer := _optional(row, field, findings, LOWEST, HIGHEST)) is not None
    }
    return Dater(
        id=numbers["iid"],
        line=row.line,
        wave=numbers["wave"],
        is_man=numbers["gender"] == 1,
        age=None if age is None else int(age),
        goal=None if goal is None else int(goal),
        zip_code=row["zipcode"],
        answers=answers,
    )


def _date(row: Row, numbers: dict[str, int], pid: int, findings: Findings) -> Date:
    ratings = {
        attribute: value
        for field, attribute in RATINGS.items()
        if (value := _optional(row, field, findings, LOWEST, HIGHEST)) is not None
    }
    liked, matched = (_optional(row, field, findings, 0, 1) for field in ("dec", "match"))
    return Date(
        rater=numbers["iid"],
        rated=pid,
        wave=numbers["wave"],
        order=numbers["order"],
        ratings=ratings,
        liked=None if liked is None else liked == 1,
        matched=None if matched is None else matched == 1,
    )


def _whole(row: Row, field: str, findings: Findings, low: float, high: float) -> int | None:
    """Read a whole number that the row cannot do without; the row is skipped where there is none."""
    number = _number(row[field])
    if number is not None and low <= number <= high and number == int(number):
        return int(number)
    expected = f"not a whole number from {low:g}" + ("" if high == math.inf else f" to {high:g}")
    findings.skip_row(row.file, row.line, field, row[field], expected if row[field] else "missing")
    return None


def _optional(row: Row, field: str, findings: Findings, low: float, high: float) -> float | None:
    """Read a number that may be missing; an impossible one is left out."""
    if not row[field]:
        return None
    number = _number(row[field])
    if number is not None and low <= number <= high:
        return number
    findings.skip_value(row.file, row.line, field, row[field], f"not a number from {low:g} to {high:g}")
    return None


def _number(written: str) -> float | None:
    try:
        number = float(written)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
