"""Compare the stored match lists of some viewers with the NumPy reference, on the database that the settings name.

    python -m benches.check_lists --viewers 500

Exits with 1 and names the viewer if a score is off by more than 1e-6, or if an id differs where the neighbouring
scores are further apart than that.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

import numpy as np
import psycopg

from feedscore import reference
from orchestrator.cli.workplace import open_database
from orchestrator.jobs.matching.people import load_people, midnight
from orchestrator.settings import Settings, load_settings

TOLERANCE = 1e-6
STORED = "SELECT candidate_ids, scores, facts, computed_at FROM feed.match_list WHERE viewer_id = %s"


def compare(connection: psycopg.Connection, settings: Settings, viewers: int, seed: int) -> str | None:
    """Name the first viewer whose list is not that of the reference, or None."""
    as_of = connection.execute("SELECT max(computed_at) FROM feed.match_list").fetchone()
    assert as_of is not None
    people = load_people(connection, midnight(as_of[0] or datetime.now(UTC))).population
    rows = np.sort(np.random.default_rng(seed).choice(len(people), min(viewers, len(people)), replace=False))
    worst, entries, other_facts = 0.0, 0, 0
    for row in rows.astype(np.uint32):
        expected = reference.match_top(people, settings.match, np.array([row], np.uint32))
        stored = connection.execute(STORED, (int(people.ids[row]),)).fetchone() or ((), (), (), None)
        scores = np.array(stored[1], np.float32)
        if len(scores) != len(expected.scores):
            return f"viewer {people.ids[row]}: {len(scores)} stored, {len(expected.scores)} expected"
        off = np.abs(scores - expected.scores).max(initial=0.0)
        alike = np.array(stored[0], np.int64) == expected.candidate_ids
        if off > TOLERANCE or not (alike | ~_apart(expected.scores)).all():
            return f"viewer {people.ids[row]}: scores off by {off:.1e}, {np.count_nonzero(~alike)} ids differ"
        other_facts += int((np.array(stored[2], np.int64) != expected.facts)[alike].sum())
        worst, entries = max(worst, float(off)), entries + len(scores)
    print(
        f"{len(rows)} viewers, {entries:,} suggestions: ids and order equal the reference, scores to {worst:.1e}; "
        f"tier or reasons differ in {other_facts}"
    )
    return None


def _apart(
    scores: np.ndarray[tuple[int], np.dtype[np.float32]],
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Where both neighbours are further away than the tolerance."""
    gaps = -np.diff(scores.astype(np.float64), prepend=np.inf, append=-np.inf) > TOLERANCE
    return gaps[:-1] & gaps[1:]


def main() -> int:
    """Compare, and tell."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--viewers", type=int, default=500)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    settings = load_settings()
    with open_database(settings) as database, database.connection() as connection:
        fault = compare(connection, settings, given.viewers, given.seed)
    if fault:
        print(fault, file=sys.stderr)
    return int(bool(fault))


if __name__ == "__main__":
    sys.exit(main())
