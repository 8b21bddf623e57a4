"""An `up` that runs in a folder: what it told, which processes came from it, and what commands say about it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEADLINE_S = 240
SERVICES = {"worker-process": "worker", "clock-process": "clock"}


@dataclass(frozen=True)
class Found:
    """A process that came from `up`."""

    pid: int
    role: str
    """up, worker, horse (which does one run), clock, redis, child (any other service of up's own) or command."""


class Running:
    """An `up` that runs, and what commands tell about it."""

    def __init__(self, folder: Path, count: int = 2, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("FEEDSCORE_", "RQ_"))
        }
        self.environment = {**inherited, "FEEDSCORE_DATA_DIR": str(folder), **(settings or {})}
        self._count = count
        self.log = (folder / "up.log").open("a")
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        """Start `up`, after a former one has ended."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "orchestrator", "up", "--count", str(self._count)],
            cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )  # fmt: skip
        return self.process

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, however that is."""
        return subprocess.run(
            [sys.executable, "-m", "orchestrator", *arguments],
            cwd=self.folder, env=self.environment, check=False, capture_output=True, text=True,
        )  # fmt: skip

    def ask(self, *arguments: str) -> Any:  # Any: JSON
        """Run a command, which must end well, and give what it prints as JSON."""
        done = self.command(*arguments, "--json")
        done.check_returncode()
        return json.loads(done.stdout)

    def until(self, happened: Callable[[], bool], deadline_s: float = DEADLINE_S) -> None:
        """Wait for something to happen."""
        deadline = time.monotonic() + deadline_s
        while not happened():
            assert self.process.poll() is None, self.told()
            assert time.monotonic() < deadline, self.told()
            time.sleep(0.2)

    def told(self) -> str:
        """What it printed."""
        return Path(self.log.name).read_text()

    def children(self) -> list[int]:
        """The process ids of all that came from it, also of those whose parent is gone."""
        return [one.pid for one in self.processes()]

    def workers(self) -> list[int]:
        """The process ids of its workers, and of what they have forked."""
        return [one.pid for one in self.processes() if one.role in {"worker", "horse"}]

    def processes(self) -> list[Found]:
        """All that came from it, without Postgres, which belongs to every command."""
        found = {}
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):  # it may end meanwhile
                if entry.name.isdigit() and self._is_ours(entry):
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                    found[int(entry.name)] = (parent, (entry / "cmdline").read_bytes().decode().split("\0"))
        found.pop(os.getpid(), None)
        return [Found(pid, self._role(pid, found)) for pid in sorted(found)]

    def _is_ours(self, entry: Path) -> bool:
        """Tell a process by its environment, and Redis, which writes over its own, by where it is."""
        if b"redis-server" in (entry / "cmdline").read_bytes():
            return (entry / "cwd").readlink().is_relative_to(self.folder)
        return f"FEEDSCORE_DATA_DIR={self.folder}".encode() in (entry / "environ").read_bytes().split(b"\0")

    def _role(self, pid: int, found: dict[int, tuple[int, list[str]]]) -> str:
        parent, words = found[pid]
        if pid == self.process.pid:
            return "up"
        if "redis-server" in words[0]:
            return "redis"
        role = next((role for word, role in SERVICES.items() if word in words), None)
        if role == "worker" and "worker-process" in found.get(parent, (0, []))[1]:
            return "horse"
        return role or ("child" if parent == self.process.pid and "orchestrator" in words else "command")

    def end(self) -> None:
        """End it as a person would, and see to it that nothing outlives a test that failed."""
        try:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGINT)
                self.process.wait(60)
        finally:
            for pid in self.children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.log.close()


@contextlib.contextmanager
def running_up(folder: Path, **settings: str) -> Iterator[Running]:
    """Run `up` in a folder, with two workers and these settings (as variables), until the end of the block."""
    running = Running(folder, settings=settings)
    try:
        running.until(lambda: len(running.ask("status")["workers"]) == 2)
        yield running
    finally:
        running.end()
