"""The short form of `python -m tests.acceptance.chaos`: every kind of fault once, and all that must hold afterwards."""

from __future__ import annotations

from pathlib import Path

from .chaos.story import Plan, Story

SHORT = Plan(load_s=12, people=300, seed=1, fault_gap_s=1.0, load_gap_s=0.4, hurry=True)


def test_nothing_is_lost_or_doubled_while_all_parts_are_killed_at_random(open_folder: Path) -> None:
    findings = Story(open_folder, SHORT).tell()
    assert not [str(finding) for finding in findings if finding.faults]
