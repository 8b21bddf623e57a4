"""Small files in the form of the public data sets, with one of each of their traps."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping
from pathlib import Path

from orchestrator.source.importers.big5 import ITEMS
from orchestrator.source.importers.speed_dating_file import ACTIVITIES, NEEDED, SELF_RATINGS

Fields = Mapping[str, str | int | float]


def write_csv(file: Path, header: Iterable[str], rows: Iterable[Fields]) -> Path:
    """Write a CSV file, gzipped if its name says so."""
    names = list(header)
    lines = [",".join(names)]
    lines += [",".join(quoted(row.get(name, "")) for name in names) for row in rows]
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(lines) + "\n"
    if file.suffix == ".gz":
        file.write_bytes(gzip.compress(text.encode()))
    else:
        file.write_text(text, "utf-8")
    return file


def quoted(value: str | float) -> str:
    return f'"{value}"' if "," in str(value) else str(value)


def date_row(iid: int, pid: int | str, order: int, **changes: str | float) -> Fields:
    """One side of a date; odd people are women, even ones men."""
    said = dict.fromkeys((*ACTIVITIES, *SELF_RATINGS), float(3 + iid % 5))
    row = {
        "iid": iid, "gender": 1 - iid % 2, "wave": 1, "order": order, "pid": pid, "match": 0, "dec": 1,
        "age": 25.0, "zipcode": "10,027", "goal": 2.0, "like": 7.0, "attr": 6.5, "sinc": 8.0, "intel": 7.0,
        "fun": 5.0, "amb": 6.0, "shar": "",
    }  # fmt: skip
    return {**row, **said, **changes}


def write_speed_dating(folder: Path, rows: Iterable[Fields]) -> Path:
    """Write the experiment's file, and beside it three zip codes."""
    places: list[Fields] = [
        {"zip": "10027", "lat": 40.81, "lon": -73.95},
        {"zip": "07936", "lat": 40.82, "lon": -74.36},
        {"zip": "60521", "lat": 41.8, "lon": -87.93},
    ]
    write_csv(folder / "geo" / "us_zip.csv.gz", ("zip", "lat", "lon"), places)
    return write_csv(folder / "speed_dating" / "waves_1_12.csv.gz", NEEDED, rows)


def write_composite(folder: Path, people: list[Fields], genres: list[Fields], cities: list[Fields]) -> Path:
    """Write the three data sets of the composite."""
    header = ("race", "age", "engnat", "gender", "hand", "source", "country", *ITEMS)
    write_csv(folder / "big5" / "answers.csv.gz", header, people)
    write_csv(folder / "deezer_hu" / "genres.csv.gz", ("user", "genre"), genres)
    names = ("geonameid", "name", "countrycode", "lat", "lon", "population", "timezone")
    write_csv(folder / "geo" / "world_cities.csv.gz", names, cities)
    return folder


def big5_row(age: str | int = 30, **changes: str | int) -> Fields:
    """One person's answers."""
    return {"age": age, "gender": 2, "country": "US", **dict.fromkeys(ITEMS, 4), **changes}


def city_row(name: str, country: str, latitude: float, longitude: float, population: int | str) -> Fields:
    """One city."""
    return {"name": name, "countrycode": country, "lat": latitude, "lon": longitude, "population": population}
