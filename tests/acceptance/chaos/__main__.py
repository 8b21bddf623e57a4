"""`python -m tests.acceptance.chaos --minutes 10 --seed 1`: prints what held, and exits 1 if anything did not."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path

from .story import Plan, Story


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="How long load and faults last.")
    parser.add_argument("--people", type=int, default=3000, help="How large the town is.")
    parser.add_argument("--seed", type=int, default=1, help="Of the town, the load and the faults.")
    parser.add_argument(
        "--fault-every-s", type=float, default=6.0, help="Seconds between two faults, on average."
    )
    parser.add_argument(
        "--event-every-s", type=float, default=2.0, help="Seconds between two events, on average."
    )
    parser.add_argument(
        "--hurry", action="store_true", help="Shorten the waits for silence and further tries."
    )
    given = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("FEEDSCORE_")]:
        del os.environ[name]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    plan = Plan(
        60 * given.minutes,
        given.people,
        given.seed,
        given.fault_every_s,
        given.event_every_s,
        hurry=given.hurry,
    )
    with tempfile.TemporaryDirectory(prefix="feedscore-chaos-") as folder:
        findings = Story(Path(folder), plan).tell()
    sys.stdout.write("\n".join(map(str, findings)) + "\n")
    return int(any(finding.faults for finding in findings))


if __name__ == "__main__":
    sys.exit(main())
