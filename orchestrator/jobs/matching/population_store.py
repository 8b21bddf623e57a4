"""Everybody's columns as files: written whole by whoever has read everybody, mapped into memory by whoever needs them.

One folder a version, a file a column, and a manifest that says of which database, day and runs they are. What has
changed since is found by the events since `taken_at`.
"""

from __future__ import annotations

import json
import shutil
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from feedscore import Population

from .features import Interests
from .people import People
from .vocabulary import Vocabulary

FORMAT = 1
MANIFEST = "manifest.json"
PARTIAL = "partial-"
# Which server and database this is, the runs that gave everybody new columns, and the time.
IDENTITY = """
SELECT (SELECT system_identifier FROM pg_control_system())::text || ' ' || current_database(),
  coalesce((SELECT max(id) FROM feed.job_run WHERE scope = 'all' AND status = 'SUCCESS'
    AND job IN ('build-user-traits', 'user-interest-sets', 'ratings-aggregate')), 0),
  coalesce((SELECT counted_on::text FROM feed.match_rarity), ''), clock_timestamp()
"""


@dataclass(frozen=True)
class BaseKey:
    """What columns have to be of to be of use."""

    identity: str
    as_of: str
    last_run: int
    rarity: str


@dataclass(frozen=True, eq=False)
class Base:
    """Everybody as of a time."""

    people: People
    taken_at: datetime
    """Events that were worked off later, or not at all, may tell of something newer."""


def base_key(connection: psycopg.Connection, as_of: datetime) -> tuple[BaseKey, datetime]:
    """Tell of what columns are that are read from now on, and the time of the database."""
    row = connection.execute(IDENTITY).fetchone()
    assert row is not None  # noqa: S101 -- one row always
    return BaseKey(row[0], as_of.isoformat(), row[1], row[2]), row[3]


def write_base(folder: Path, base: Base, key: BaseKey) -> Path:
    """Write a version, then remove all others; whoever has one of those mapped keeps it."""
    stamp = f"{base.taken_at:%Y%m%dT%H%M%S%f}"
    name = f"{stamp}-{uuid.uuid4().hex[:8]}"
    partial, whole = folder / f"{PARTIAL}{name}", folder / name
    partial.mkdir(parents=True)
    sums = {}
    for column, values in _columns(base.people).items():
        np.save(partial / f"{column}.npy", values, allow_pickle=False)
        sums[column] = _checksum(values)
    words = base.people.vocabulary
    told = {
        "format": FORMAT, "key": asdict(key), "taken_at": base.taken_at.isoformat(), "checksums": sums,
        "slugs": base.people.interests.slugs, "sought": sorted(words.sought), "held": sorted(words.held),
        "goals": words.goals, "lone_goals": dict(words.lone_goals),
    }  # fmt: skip
    (partial / MANIFEST).write_text(json.dumps(told), "utf-8")
    partial.rename(whole)
    for other in folder.iterdir():
        if other != whole and other.name.removeprefix(PARTIAL).split("-")[0] <= stamp:
            shutil.rmtree(other, ignore_errors=True)
    return whole


def read_base(folder: Path, key: BaseKey) -> Base | None:
    """Map the newest version into memory; None unless it is whole and of this key."""
    versions = sorted(folder.glob(f"*/{MANIFEST}"), reverse=True) if folder.is_dir() else []
    for manifest in versions:
        if not manifest.parent.name.startswith(PARTIAL):
            return _read_version(manifest, key)
    return None


def _read_version(manifest: Path, key: BaseKey) -> Base | None:
    try:
        told = json.loads(manifest.read_text("utf-8"))
        if told["format"] != FORMAT or BaseKey(**told["key"]) != key:
            return None
        columns = {name: _mapped(manifest.parent / f"{name}.npy") for name in told["checksums"]}
        if any(_checksum(columns[name]) != checksum for name, checksum in told["checksums"].items()):
            return None
        return Base(_people(columns, told), datetime.fromisoformat(told["taken_at"]))
    except (OSError, ValueError, KeyError, TypeError):  # removed under our hands, or damaged
        return None


def _columns(people: People) -> dict[str, NDArray[Any]]:  # Any: the dtype of each column
    columns = {name: column for name, column in vars(people.population).items() if column is not None}
    return {
        **columns,
        "words": people.words,
        "hidden_at": people.hidden_at,
        "interest_ids": people.interests.ids,
    }


def _people(columns: Mapping[str, NDArray[Any]], told: Mapping[str, Any]) -> People:  # Any: JSON
    names = {field.name for field in fields(Population)} & set(columns)
    population = Population(**{name: columns[name] for name in names})
    return People(
        population=population,
        interests=Interests(
            population.interest_offsets,
            population.interest_codes,
            columns["interest_ids"],
            tuple(told["slugs"]),
        ),
        vocabulary=Vocabulary(
            frozenset(told["sought"]), frozenset(told["held"]), tuple(told["goals"]), told["lone_goals"]
        ),
        words=columns["words"],
        mutual=np.empty(0, np.int64),
        hidden_at=columns["hidden_at"],
        rows_scanned=0,
        told={},
    )


def _mapped(path: Path) -> NDArray[Any]:  # Any: the dtype is that of the file
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def _checksum(values: NDArray[Any]) -> int:  # Any: whatever a column holds
    return zlib.crc32(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
