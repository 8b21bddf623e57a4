"""Benches: the kernels and the jobs against peers, on one machine, in one run; `python -m benches`."""

import os

THREADS = 2
for _pool in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
    os.environ.setdefault(f"{_pool}_NUM_THREADS", str(THREADS))
os.environ.setdefault("POLARS_MAX_THREADS", str(THREADS))
