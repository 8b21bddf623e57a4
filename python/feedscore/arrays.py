"""What every kernel asks of the arrays and numbers it is given, before they reach compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np

MAX_THREADS = 1024


def check_array(
    name: str, value: Any, dtype: type[np.generic] | str, dimensions: int = 1
) -> None:  # Any: that is the check
    """Raise TypeError or ValueError, naming the argument, unless the kernel can read the array as it lies."""
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name}: must be a NumPy array of {np.dtype(dtype)}, not {type(value).__name__}")
    if value.dtype != np.dtype(dtype):
        raise TypeError(f"{name}: must be of {np.dtype(dtype)}, not {value.dtype}")
    if value.ndim != dimensions:
        raise ValueError(f"{name}.shape = {value.shape}: must have {dimensions} dimension(s)")
    if not (value.flags.c_contiguous and value.flags.aligned):
        raise ValueError(f"{name}: must be C-contiguous and aligned")


def check_threads(threads: int) -> int:
    """Give the number of threads back, or raise ValueError unless it is within 0 and 1024."""
    if not 0 <= threads <= MAX_THREADS:
        raise ValueError(f"threads = {threads}: must be within 0 and {MAX_THREADS}")
    return threads


def check_instant(name: str, value: Any) -> int:  # Any: that is the check
    """Give a datetime64 as whole microseconds since 1970 UTC, parts of one cut; TypeError or ValueError name it."""
    if not isinstance(value, np.datetime64):
        raise TypeError(f"{name}: must be a numpy.datetime64, not {type(value).__name__}")
    if np.isnat(value):
        raise ValueError(f"{name} = NaT: must be a time")
    return int(value.astype("datetime64[us]").astype(np.int64))
