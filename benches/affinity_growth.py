"""One size in a process of its own: `python -m benches.affinity_growth EVENTS` prints its figures as JSON.

The events are made chunk by chunk and handed over as they are made: no more than one chunk of columns is in memory.
"""

from __future__ import annotations

import json
import sys

import numpy as np

from feedscore import AffinityEvents

from . import THREADS
from .affinity_arena import SETTINGS
from .timing import Times, peak_rss_mb
from .town_events import activity, as_of, chunks

NOBODY = np.zeros(0, np.int64)


def main(events: int) -> None:
    """Collect the events, profile everybody, and tell times and memory."""
    town = activity(events)
    collected = AffinityEvents(
        town.posts.columns(), as_of(), SETTINGS, excluded_users=NOBODY, excluded_creators=NOBODY
    )
    before = peak_rss_mb()
    adding, profiling = Times(), Times()
    told = 0
    for chunk in chunks(town):
        adding.measure(lambda chunk=chunk: collected.add(chunk, threads=THREADS))  # type: ignore[misc] # a default binds it
        told += len(chunk)
    held, held_bytes, after_adding = len(collected), collected.nbytes, peak_rss_mb()
    profiles = profiling.measure(lambda: collected.profiles(threads=THREADS))
    print(json.dumps({
        "events": told, "held": held, "bytes_per_held": held_bytes / held, "users": len(profiles),
        "add_s": sum(adding.wall_s), "profiles_s": profiling.best_s,
        "cpu_s": sum(adding.cpu_s) + sum(profiling.cpu_s),
        "before_mb": before, "after_adding_mb": after_adding, "peak_mb": peak_rss_mb(),
    }))  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]))
