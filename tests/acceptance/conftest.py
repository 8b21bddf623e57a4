"""The real command, in processes of its own, on an embedded database in a folder that was empty."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from orchestrator.db.embedded import EmbeddedServer


@dataclass
class Home:
    """A folder in which somebody works with feedscore."""

    folder: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def server(self) -> EmbeddedServer:
        return EmbeddedServer(self.folder / ".feedscore")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command and let it run."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("FEEDSCORE_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestrator", *arguments],
            cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.started.append(process)
        return process

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=240)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def sql(self, query: str) -> list[tuple[object, ...]]:
        """Ask the database, which must be running."""
        with psycopg.connect(self.server.url) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    """A folder for all tests of a module; no process of theirs outlives it."""
    with tempfile.TemporaryDirectory(prefix="feedscore-test-") as folder:
        home = Home(Path(folder))
        yield home
        for process in home.started:
            process.kill()
            process.communicate()
        last = home.server
        last.acquire()  # whoever was killed could not stop it
        last.release()
