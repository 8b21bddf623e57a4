"""Put people together from real parts that never met: quiz answers, sets of interests, and places.

Each person gets the answers, age, gender and country of one row of big5, the music genres of one user of
deezer_hu, and a home in a city of that country, drawn by population (see world_cities). Which goes with which
is drawn by the seed. Beyond the number of rows in big5, its rows are used again, with other interests and
homes; there are never more people than users of deezer_hu.

* app.users: birth_date is drawn so that the person has the `age` of the row at the import; gender 1 is man, 2
  woman, 3 other, 0 unknown. People under 18 are imported as they are, and never matched.
* app.quiz_questions, quiz_answers: 50 items on 5 traits, with their keys; 0 is no answer.
* app.interests, user_interests: the genres.
* Made up, as these sources say nothing of it: display_name, all times, app.preferences (by the rules of the
  synthetic town, from age and gender). There are no ratings, decisions or blocks.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import numpy as np

from feedscore.population import Int64, UInt8

from ...errors import ImportFileError, UsageError
from ..town.people import birth_dates, join_dates
from ..town.preferences import make_preferences
from .big5 import GENDERS, Big5, read_big5
from .composite_rows import SEEKABLE, Parts, composite_tables
from .deezer import read_genres
from .findings import Findings
from .imported import Imported
from .world_cities import draw_homes, read_world_cities

ROWS, USERS, PEOPLE = 1_001, 1_002, 1_003
"""Streams of random numbers, apart from those of the synthetic town."""


def import_composite(folder: Path, now: datetime, *, people: int | None = None, seed: int = 1) -> Imported:
    """Put `people` people together (default: as many as big5 has rows) from the data sets in a folder."""
    if not folder.is_dir():
        raise ImportFileError(f"{folder}: no such folder")
    if seed < 0:
        raise UsageError(f"--seed must be 0 or more (got {seed})")
    findings = Findings()
    big5 = read_big5(folder / "big5", findings)
    genres = read_genres(folder / "deezer_hu", findings)
    most = len(genres) if len(big5) else 0
    wanted = min(len(big5), most) if people is None else people
    if not 1 <= wanted <= most:
        raise UsageError(
            f"--people must be from 1 to {most:,}, the users that have interests (got {wanted:,})"
        )
    row = np.random.default_rng([seed, ROWS]).permutation(len(big5))[np.arange(wanted) % len(big5)]
    user = np.random.default_rng([seed, USERS]).permutation(len(genres))[:wanted]
    cities = read_world_cities(folder / "geo", findings)
    _name_unknown_countries(big5, row, cities.keys(), findings)
    random, age = np.random.default_rng([seed, PEOPLE]), big5.age[row]
    parts = Parts(
        big5=big5,
        genres=genres,
        row=row,
        user=user,
        homes=draw_homes(cities, [big5.country[used] for used in row], random),
        preferences=make_preferences(age, _seekable(big5.gender[row]), seed),
        birth_date=birth_dates(random, age, now.timestamp()),
        joined_at=join_dates(random, wanted, now.timestamp()),
    )
    notes = ["preferences, names and times are made up: the sources have none"]
    if wanted > len(big5):
        notes.append(f"{wanted - len(big5):,} of {wanted:,} people have the quiz answers of another person")
    return Imported(composite_tables(parts), findings, notes)


def _name_unknown_countries(big5: Big5, row: Int64, known: Collection[str], findings: Findings) -> None:
    for used in np.unique(row):
        country = big5.country[used]
        if country and country not in known:
            findings.skip_value(big5.file, big5.line[used], "country", country, "no city known")


def _seekable(gender: Int64) -> UInt8:
    """Turn places in GENDERS into places in SEEKABLE, by which the rules of the town go; unknown is other."""
    place = np.array([*(SEEKABLE.index(name) for name in GENDERS), SEEKABLE.index("other")], np.uint8)
    return place[gender]
