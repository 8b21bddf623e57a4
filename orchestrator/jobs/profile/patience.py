"""Wait for something that may never end, but not for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from .analyser import AnalyserError

T = TypeVar("T")
LOOK_EVERY_S = 0.2


def within(seconds: float, work: Callable[[], T], check_stop: Callable[[], None]) -> T:
    """Do some work in a thread of its own and give its result; AnalyserError if it takes longer.

    The thread of work that takes longer is left behind: a plug-in that hangs cannot be ended, only abandoned.
    """
    results: list[T] = []
    failures: list[BaseException] = []

    def do() -> None:
        try:
            results.append(work())
        except BaseException as error:  # raised again by whoever waits
            failures.append(error)

    thread = threading.Thread(target=do, name="analyser", daemon=True)
    deadline = time.monotonic() + seconds
    thread.start()
    while thread.is_alive():
        left = deadline - time.monotonic()
        if left <= 0:
            raise AnalyserError(f"stuck: no result within {seconds:g} s", is_unknown=True)
        thread.join(min(left, LOOK_EVERY_S))
        check_stop()
    if failures:
        raise failures[0]
    return results[0]
