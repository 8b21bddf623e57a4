"""Where a US zip code is, from the table geo/us_zip.csv."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ...errors import ImportFileError
from .csv_file import find_file, read_rows
from .findings import Findings

Place = tuple[float, float]
"""Latitude and longitude in degrees."""

DIGITS = 5
UNKNOWN_MARKS = ("", "0")
"""What stands where somebody gave no zip code."""


def read_zip_codes(folder: Path, findings: Findings) -> dict[str, Place]:
    """Read zip code -> place from `us_zip.csv` in a folder."""
    places: dict[str, Place] = {}
    for row in read_rows(find_file(folder, "us_zip.csv"), ("zip", "lat", "lon"), findings):
        place = parse_place(row["lat"], row["lon"])
        if place is None:
            findings.skip_row(
                row.file, row.line, "lat, lon", f"{row['lat']}, {row['lon']}", "no place on Earth"
            )
        else:
            places[row["zip"]] = place
    return places


def parse_place(latitude: str, longitude: str) -> Place | None:
    """Read a place; None where it is no place on Earth."""
    try:
        place = float(latitude), float(longitude)
    except ValueError:
        return None
    return place if abs(place[0]) <= 90 and abs(place[1]) <= 180 else None


def repair_zip_code(written: str, findings: Findings) -> str:
    """Undo what spreadsheets do to zip codes: thousands commas go, leading zeros return; both are counted."""
    code = written
    if re.fullmatch(r"\d{1,3}(,\d{3})+", code):
        code = code.replace(",", "")
        findings.repair("zip code: thousands comma taken out")
    if re.fullmatch(r"\d{3,4}", code):
        code = code.zfill(DIGITS)
        findings.repair("zip code: leading zeros given back")
    return code


def zip_folder(path: Path) -> Path | None:
    """Find the folder geo beside a data set's folder, as the data folder has it; None where there is none."""
    folder = path.parent.parent / "geo"
    try:
        find_file(folder, "us_zip.csv")
    except ImportFileError:
        return None
    return folder


def locate(code: str, places: Mapping[str, Place]) -> tuple[Place | None, str]:
    """Look a repaired zip code up; the text says why there is no place."""
    if not re.fullmatch(rf"\d{{{DIGITS}}}", code):
        return None, f"no US zip code of {DIGITS} digits"
    place = places.get(code)
    return place, "" if place else "not among the known zip codes"
