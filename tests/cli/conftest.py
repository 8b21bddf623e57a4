"""Call a command as the process would, without a process of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from orchestrator.cli.app import main


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # Any: whatever the command prints
        return json.loads(self.out)


Call = Callable[..., Said]


@pytest.fixture
def call(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Call `orchestrator` with these arguments on a fresh database."""
    monkeypatch.setenv("FEEDSCORE_DATABASE_URL", database_url)

    def run(*arguments: str) -> Said:
        capsys.readouterr()
        code = main(arguments)
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return run
