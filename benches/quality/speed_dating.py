"""Does match score v1 tell whom people want to meet again? On the speed dating experiment.

    python -m benches.quality.speed_dating PATH [--write docs/quality.md]

PATH is the file, or the folder of the data sets; where it is absent, the evaluation is skipped.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from orchestrator.errors import ImportFileError
from orchestrator.source.importers.findings import Findings
from orchestrator.source.importers.speed_dating import find_places, find_speed_dating
from orchestrator.source.importers.speed_dating_file import read_speed_dating

from .evening import score_dates
from .outcomes import outcomes
from .page import replace_section
from .report import section

RESAMPLES = 10_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate, print the section in Markdown, and write it into a file if asked to."""
    parser = argparse.ArgumentParser(description="Evaluate match score v1 on the speed dating experiment.")
    parser.add_argument("path", type=Path, help="the file, or the folder of the data sets")
    parser.add_argument("--write", type=Path, metavar="FILE", help="replace the section in this file")
    parser.add_argument("--resamples", type=int, default=RESAMPLES, help="bootstrap resamples")
    given = parser.parse_args(arguments)
    findings = Findings(most_named=0)
    try:
        experiment = read_speed_dating(find_speed_dating(given.path), findings)
    except ImportFileError as error:
        print(f"Skipped: the speed dating data are not there ({error}).", file=sys.stderr)
        return 0
    places, notes = find_places(experiment, findings)
    told = section(outcomes(experiment, score_dates(experiment, places)), given.resamples, notes)
    print(told)
    if given.write:
        replace_section(given.write, "speed dating", told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
