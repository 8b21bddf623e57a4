"""Complaint 8: a single queue or job cannot be paused."""

from __future__ import annotations

import pytest

from orchestrator.db.control import pause, resume
from orchestrator.db.engine import Database
from orchestrator.settings import Settings
from tests.queue.conftest import Desk, nothing, registry_of


@pytest.mark.parametrize(("kind", "name"), [("job", "one"), ("queue", "low")])
def test_a_paused_job_or_queue_starts_nothing_while_others_go_on(
    database: Database, settings: Settings, kind: str, name: str
) -> None:
    desk = Desk(database, settings, registry_of(one=(nothing, ()), other=(nothing, ())))
    (held,) = desk.enqueue("one", priority=10)
    (handed,) = desk.ready()
    with database.connection() as connection:
        assert pause(connection, kind, name)
        assert not pause(connection, kind, name)
    (free,) = desk.enqueue("other")
    assert desk.run(handed) is None, "not even what was handed out before"
    assert desk.work() == [free.record.id]
    with database.connection() as connection:
        assert resume(connection, kind, name)
        assert not resume(connection, kind, name)
    assert desk.work() == [held.record.id]
