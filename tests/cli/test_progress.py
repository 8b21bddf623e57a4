"""Progress for machines: one JSON object a line, about one a second."""

from __future__ import annotations

import json

import pytest

from orchestrator.cli.progress import JsonLines, reporter_on_stderr
from orchestrator.db.engine import Database
from orchestrator.runner import run_job
from orchestrator.settings import Settings

from ..runner.conftest import NOW, batch_job, items

__all__ = ["items"]


def test_a_run_is_told_in_json_lines_that_are_few(
    items: Database, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with reporter_on_stderr() as reporter:
        assert isinstance(reporter, JsonLines)
        record = run_job(items, settings, batch_job(total=2_000), now=NOW, reporter=reporter)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [lines[0]["event"], lines[-1]["event"]] == ["started", "ended"]
    facts = {"event": "progress", "run": record.id, "job": "count", "step": "main"}
    assert lines[-2] == {**facts, "done": 2000, "total": 2000, "failed": 0}
    assert len(lines) < 200 / 5
