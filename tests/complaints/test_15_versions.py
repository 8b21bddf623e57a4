"""Complaint 15: nobody can tell which version of the algorithm computed something, compare two, or go back.

Two live versions beside each other, with a switch between them, are not built; what holds is that each row tells its
version, that a new one replaces what the old one computed, and that going back computes the same rows again.
"""

from __future__ import annotations

import pytest

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.settings import Settings
from tests.jobs.conftest import rows, runner

from .strict import NOW

VERSIONED = """
SELECT table_schema || '.' || table_name FROM information_schema.columns
WHERE table_schema = 'feed' AND column_name = 'algorithm_version'
"""
SETS = "SELECT user_id, interest_ids, chosen, algorithm_version FROM feed.user_interest_set ORDER BY user_id"


def test_every_output_row_tells_the_version_that_computed_it(strict_town: Database) -> None:
    versioned = {table for (table,) in rows(strict_town, VERSIONED)}
    told = 0
    for job in registry:
        for table in versioned.intersection(job.writes):
            found = rows(strict_town, f"SELECT DISTINCT algorithm_version FROM {table}")
            assert found in ([], [(job.algorithm_version,)])
            told += len(found)
    assert told >= 10


def test_a_new_version_replaces_every_row_and_going_back_restores_them(
    strict_town: Database, strict_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runner(strict_town, strict_settings)
    before = rows(strict_town, SETS)
    with monkeypatch.context() as patched:
        patched.setattr("orchestrator.jobs.search.user_interest_sets.VERSION", "2")
        run("user-interest-sets", now=NOW)
        assert rows(strict_town, SETS) == [(*row[:-1], "2") for row in before]
    run("user-interest-sets", now=NOW)
    assert rows(strict_town, SETS) == before
