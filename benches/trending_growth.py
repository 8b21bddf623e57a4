"""One size in a process of its own: `python -m benches.trending_growth CORPUS EVENTS` prints its figures as JSON."""

from __future__ import annotations

import json
import sys
import time

from feedscore import TrendingEvents

from . import THREADS
from .timing import peak_rss_mb
from .town_events import as_of
from .trending_cases import SETTINGS, stream


def main(name: str, events: int) -> None:
    """Take the events in, chunk by chunk, work out the figures, and tell times and memory; making chunks is not timed."""
    posts, chunks = stream(name, events)
    collected = TrendingEvents(posts, as_of(), SETTINGS)
    before_mb = peak_rss_mb()
    add_s = cpu_s = 0.0
    for chunk in chunks:
        began, cpu = time.perf_counter(), time.process_time()
        collected.add(chunk, threads=THREADS)
        add_s += time.perf_counter() - began
        cpu_s += time.process_time() - cpu
    began, cpu = time.perf_counter(), time.process_time()
    collected.trends(threads=THREADS)
    told = {
        "add_s": add_s,
        "trends_s": time.perf_counter() - began,
        "cpu_s": cpu_s + time.process_time() - cpu,
        "held_mb": collected.nbytes / 1e6,
        "before_mb": before_mb,
        "peak_mb": peak_rss_mb(),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
