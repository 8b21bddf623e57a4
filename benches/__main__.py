"""`python -m benches [--full | --quick] [pytest options]`: run all benches, print the tables."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

OPTIONS = (
    "-o",
    "python_files=bench_*.py",
    "-o",
    "filterwarnings=default",
    "-p",
    "no:cacheprovider",
    "-v",
    "--no-header",
)


def main(arguments: list[str]) -> int:
    """Run the benches of this folder."""
    signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # end as by Ctrl-C: the temporary server is stopped
    folder = Path(__file__).parent
    named = [argument for argument in arguments if "bench_" in argument]
    files = [] if named else [str(path) for path in sorted(folder.glob("bench_*.py"))]
    return int(pytest.main(["--rootdir", str(folder.parent), *OPTIONS, *files, *arguments]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
