"""How long something took, by the clock and in seconds of CPU: on a busy machine the second is steadier."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


@dataclass
class Times:
    """The repetitions of one thing."""

    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    def measure(self, work: Callable[[], T]) -> T:
        """Do it once more."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        self.wall_s.append(time.perf_counter() - wall)
        self.cpu_s.append(time.process_time() - cpu)
        return result

    @property
    def best_s(self) -> float:
        """The best by the clock."""
        return min(self.wall_s)

    @property
    def best_cpu_s(self) -> float:
        """The fewest seconds of CPU, all threads together."""
        return min(self.cpu_s)


def peak_rss_mb() -> float:
    """Tell the most memory that this process has had so far, in MB.

    Not by getrusage where Linux tells better: a child inherits its parent's peak there.
    """
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def load() -> float:
    """Tell how many processes want the machine, on average over the last minute."""
    return os.getloadavg()[0]
