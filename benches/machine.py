"""What this machine can do at best: the limits beside which the kernels' figures stand."""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path

import numpy as np

from feedscore import _native

from . import THREADS
from .populations import SEED, corpus_code
from .report import Report
from .timing import Times, load

VIEWERS, CANDIDATES, TRAITS = 2048, 16_384, 32
MEGABYTES = 512


def describe() -> str:
    """Name the processor, its cores and how busy they are."""
    models = [line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")]
    model = models[0] if models else platform.processor()
    return f"{model}, {os.cpu_count()} cores, {THREADS} threads, load {load():.1f}"


def build() -> str:
    """Fingerprint the compiled kernels as they are on disk now."""
    return hashlib.sha256(Path(_native.__file__ or "").read_bytes()).hexdigest()[:12]


def dot_ns() -> float:
    """Measure a 32-dimensional dot product at the speed of this machine's sgemm, in core-ns a pair."""
    random = np.random.default_rng(1)
    viewers = random.random((VIEWERS, TRAITS), np.float32)
    candidates = random.random((TRAITS, CANDIDATES), np.float32)
    products = np.empty((VIEWERS, CANDIDATES), np.float32)
    times = Times()
    for _ in range(7):
        times.measure(lambda: np.matmul(viewers, candidates, out=products))
    return times.best_cpu_s / products.size * 1e9


def read_gb_s() -> float:
    """Measure how fast one thread reads memory, in GB/s."""
    block = np.ones(MEGABYTES << 17)
    times = Times()
    for _ in range(5):
        times.measure(block.sum)
    return block.nbytes / times.best_s / 1e9


def add_limits(report: Report) -> None:
    """Measure and report the limits."""
    table = report.table("The machine", "limit", "measured")
    table.rows += [
        ("dot product of 32, sgemm, core-ns a pair", dot_ns()),
        ("reading memory, one thread, GB/s", read_gb_s()),
    ]
    table.notes += [describe(), f"kernels {build()}; town of code {corpus_code()}, seed {SEED}"]


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []
