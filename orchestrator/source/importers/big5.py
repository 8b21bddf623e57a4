"""Read the answers to a personality test of 50 questions: big5/answers.csv and its codebook.txt.

A row is a person. Answers are 1 to 5, 0 where missed. A row is skipped where `age` is not a whole number from
13 (younger people were not recorded) to 120. An impossible answer or gender is left out alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from feedscore.population import Int64, UInt8

from .csv_file import Row, find_file, read_rows
from .findings import Findings

TRAITS = {
    "E": "extraversion",
    "N": "neuroticism",
    "A": "agreeableness",
    "C": "conscientiousness",
    "O": "openness",
}
REVERSED = {"E": (2, 4, 6, 8, 10), "N": (2, 4), "A": (1, 3, 5, 7), "C": (2, 4, 6, 8), "O": (2, 4, 6)}
"""Items that ask for the opposite of their trait, as their wording in the codebook shows."""
ITEMS = tuple(f"{letter}{number}" for letter in TRAITS for number in range(1, 11))
SCALE_MIN, SCALE_MAX = 1, 5
YOUNGEST, OLDEST = 13, 120
GENDERS = ("man", "woman", "other")
"""By code, from 1."""
PROMPT = re.compile(r"^([ENACO](?:10|[1-9]))\s+(\S.*?)\s*$", re.MULTILINE)


@dataclass(frozen=True, eq=False)
class Big5:
    """The answers of m people."""

    answers: UInt8
    """(m, 50) 1 to 5 in the order of ITEMS; 0 = not answered."""
    age: UInt8
    """(m,) years."""
    gender: Int64
    """(m,) place in GENDERS; -1 = not given."""
    country: list[str]
    """ISO country codes, as found."""
    line: list[int]
    """Of the file."""
    file: Path
    prompts: dict[str, str]
    """Item -> its wording; empty where there is no codebook beside the file."""

    def __len__(self) -> int:
        return len(self.age)


def item_key(item: str) -> int:
    """Tell the key of an item: 1, or -1 where it is reverse-keyed."""
    return -1 if int(item[1:]) in REVERSED[item[0]] else 1


def read_big5(folder: Path, findings: Findings) -> Big5:
    """Read answers.csv and, if it is there, codebook.txt in a folder."""
    file = find_file(folder, "answers.csv")
    answers, ages, genders, countries, lines = bytearray(), [], [], [], []
    for row in read_rows(file, ("age", "gender", "country", *ITEMS), findings):
        age = row["age"]
        if not (age.isdecimal() and YOUNGEST <= int(age) <= OLDEST):
            findings.skip_row(file, row.line, "age", age, f"not a whole number from {YOUNGEST} to {OLDEST}")
            continue
        answers.extend(_digit(row, item, SCALE_MAX, findings) for item in ITEMS)
        ages.append(int(age))
        genders.append(_digit(row, "gender", len(GENDERS), findings) - 1)
        countries.append(row["country"])
        lines.append(row.line)
    return Big5(
        answers=np.frombuffer(bytes(answers), np.uint8).reshape(-1, len(ITEMS)),
        age=np.array(ages, np.uint8),
        gender=np.array(genders, np.int64),
        country=countries,
        line=lines,
        file=file,
        prompts=_prompts(folder / "codebook.txt"),
    )


def _digit(row: Row, field: str, most: int, findings: Findings) -> int:
    """Read a code from 0 (missing) to `most`; anything else is left out."""
    written = row[field]
    if written.isdecimal() and int(written) <= most:
        return int(written)
    if written:
        findings.skip_value(row.file, row.line, field, written, f"not a code from 0 to {most}")
    return 0


def _prompts(codebook: Path) -> dict[str, str]:
    if not codebook.is_file():
        return {}
    return dict(PROMPT.findall(codebook.read_text("utf-8", errors="replace")))
