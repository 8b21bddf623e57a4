"""`up` in an empty folder: everything comes up, work is seen through to the end, and nothing is left behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

DEADLINE_S = 240


class Running:
    """An `up` that runs, and what commands tell about it."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment
        self.log = (folder / "up.log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "orchestrator", "up", "--count", "2"],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )  # fmt: skip

    def ask(self, *arguments: str) -> Any:  # Any: JSON
        """Run a command and give what it prints as JSON."""
        done = subprocess.run(
            [sys.executable, "-m", "orchestrator", *arguments, "--json"],
            cwd=self.folder, env=self.environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return json.loads(done.stdout)

    def until(self, happened: Callable[[], bool]) -> None:
        """Wait for something to happen."""
        deadline = time.monotonic() + DEADLINE_S
        while not happened():
            assert self.process.poll() is None, self.told()
            assert time.monotonic() < deadline, self.told()
            time.sleep(0.2)

    def told(self) -> str:
        """What it printed."""
        return Path(self.log.name).read_text()

    def children(self) -> list[int]:
        """The process ids of all that came from it, also of those whose parent is gone."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and f"FEEDSCORE_DATA_DIR={self.folder}".encode() in (
                    entry / "environ"
                ).read_bytes().split(b"\0"):
                    found.append(int(entry.name))
        return [pid for pid in found if pid != os.getpid()]

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        found = []
        for pid in self.children():
            with contextlib.suppress(OSError):  # it may have ended since
                if b"worker-process" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                    found.append(pid)
        return found


@pytest.fixture
def up(open_folder: Path) -> Iterator[Running]:
    """`up` in an empty folder."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("FEEDSCORE_", "RQ_"))
    }
    running = Running(open_folder, {**environment, "FEEDSCORE_DATA_DIR": str(open_folder)})
    try:
        running.until(lambda: len(running.ask("status")["workers"]) == 2)
        yield running
    finally:
        running.process.send_signal(signal.SIGINT)
        try:
            running.process.wait(60)
        finally:
            for pid in running.children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            running.log.close()


def test_what_is_enqueued_is_seen_through_to_the_end_and_ctrl_c_leaves_nothing(up: Running) -> None:
    up.ask("town", "--people", "500")
    enqueued = up.ask("enqueue", "all")
    up.until(lambda: not up.ask("status")["runs"])
    ended = {run["id"]: run["status"] for run in up.ask("runs", "--limit", "100")}
    assert {ended[run["id"]] for run in enqueued} == {"SUCCESS"}
    up.ask("emit", "preferences.updated", "--user-id", "8")
    up.until(lambda: any(run["trigger"] == "EVENT" and run["status"] == "SUCCESS" for run in up.ask("runs")))
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(60) == 0, up.told()
    assert up.children() == []
    assert not list(up.folder.glob("redis/*.sock"))
    assert up.ask("status")["redis"] is False


def test_killed_workers_are_replaced_and_their_runs_done(up: Running) -> None:
    up.ask("town", "--people", "3000")
    enqueued = up.ask("enqueue", "all")
    for _ in range(2):  # a run that dies a third time is given up
        for pid in up.workers():  # workers and their work horses
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.7)
    up.until(lambda: not up.ask("status")["runs"])
    runs = up.ask("runs", "--limit", "100")
    last = {run["job"]: run["status"] for run in sorted(runs, key=lambda run: int(run["id"]))}
    assert set(last.values()) == {"SUCCESS"}
    assert len(last) == len(enqueued)


def test_a_second_up_in_the_same_folder_is_refused(up: Running) -> None:
    again = subprocess.run(
        [sys.executable, "-m", "orchestrator", "up"],
        cwd=up.folder, env=up.environment, check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert again.returncode == 5
    assert "running already" in again.stderr
