"""The command line that all evaluations share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .csv_rows import find_file
from .page import replace_section


@dataclass(frozen=True)
class Evaluation:
    """One evaluation on real data: which file it reads, and what it tells of it."""

    heading: str
    """The name of its section in docs/quality.md."""
    about: str
    """What --help says it does."""
    data: str
    """What its file holds, as it is called where the file is missing."""
    pattern: str
    """The file, below the folder of the data sets."""
    resamples: int
    """Bootstrap resamples, by default."""
    section: Callable[[Path, int], str]
    """Write the section in Markdown from the file, with so many resamples."""

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Evaluate, print the section, and write it into a file if asked to; 0 also where the data is not there."""
        parser = argparse.ArgumentParser(description=self.about)
        parser.add_argument("path", type=Path, help="the file, or the folder of the data sets")
        parser.add_argument("--write", type=Path, metavar="FILE", help="replace the section in this file")
        parser.add_argument("--resamples", type=int, default=self.resamples, help="bootstrap resamples")
        given = parser.parse_args(arguments)
        file = find_file(given.path, self.pattern)
        if file is None:
            print(f"Skipped: no {self.data}: no {self.pattern} in {given.path}.", file=sys.stderr)
            return 0
        told = self.section(file, given.resamples)
        print(told)
        if given.write:
            replace_section(given.write, self.heading, told)
        return 0
