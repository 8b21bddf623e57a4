"""Read which music genres users of a streaming service like: deezer_hu/genres.csv, a row a user and genre.

A row is skipped where the user is not a whole number from 0, where the genre is empty, and where it repeats
an earlier one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from feedscore.population import Int64

from .csv_file import find_file, read_rows
from .findings import Findings


@dataclass(frozen=True, eq=False)
class GenreSets:
    """The genres of m users as CSR: those of user i stand at `offsets[i]:offsets[i + 1]`."""

    genres: tuple[str, ...]
    offsets: Int64
    codes: Int64
    """Places in `genres`, ascending within a user."""

    def __len__(self) -> int:
        return len(self.offsets) - 1


def read_genres(folder: Path, findings: Findings) -> GenreSets:
    """Read genres.csv in a folder; users and genres come in ascending order."""
    file = find_file(folder, "genres.csv")
    liked: dict[int, set[str]] = {}
    for row in read_rows(file, ("user", "genre"), findings):
        user, genre = row["user"], row["genre"]
        if not user.isdecimal():
            findings.skip_row(file, row.line, "user", user, "not a whole number from 0")
        elif not genre:
            findings.skip_row(file, row.line, "genre", genre, "missing")
        elif genre in liked.setdefault(int(user), set()):
            findings.skip_row(file, row.line, "user, genre", f"{user}, {genre}", "the same as an earlier row")
        else:
            liked[int(user)].add(genre)
    genres = tuple(sorted(set().union(*liked.values()))) if liked else ()
    code = {genre: place for place, genre in enumerate(genres)}
    sets = [sorted(code[genre] for genre in liked[user]) for user in sorted(liked)]
    return GenreSets(
        genres=genres,
        offsets=np.cumsum([0, *map(len, sets)], dtype=np.int64),
        codes=np.array([place for one in sets for place in one], np.int64),
    )


def slug(name: str) -> str:
    """Spell a name in lower-case letters, digits and hyphens: R&B becomes r-and-b."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower().replace("&", " and ")).strip("-")
