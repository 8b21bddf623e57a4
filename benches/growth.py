"""One size in a process of its own: `python -m benches.growth PEOPLE` prints its figures as JSON."""

from __future__ import annotations

import json
import sys
import time

from feedscore import MatchIndex

from . import THREADS
from .populations import town_population
from .timing import peak_rss_mb


def main(people: int) -> None:
    """Build the index, list everybody's best, and tell times and memory."""
    population = town_population(people)
    before = peak_rss_mb()
    began, cpu = time.perf_counter(), time.process_time()
    index = MatchIndex(population)
    built = time.perf_counter()
    lists = index.top(threads=THREADS)
    ended = time.perf_counter()
    told = {
        "index_s": built - began,
        "top_s": ended - built,
        "cpu_s": time.process_time() - cpu,
        "index_bytes": index.nbytes,
        "before_mb": before,
        "peak_mb": peak_rss_mb(),
        "rows": len(lists.candidates),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(int(sys.argv[1]))
