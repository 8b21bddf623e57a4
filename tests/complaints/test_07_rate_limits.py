"""Complaint 7: there is no limit to how often something runs for a user within a window of time."""

from __future__ import annotations

from collections import Counter

from orchestrator.db.engine import Database
from orchestrator.errors import RateLimitedError
from orchestrator.jobs import registry
from orchestrator.settings import Settings
from tests.queue.test_limits import ask, limited, pass_by


def test_a_user_who_presses_a_hundred_times_gets_one_run_an_hour(
    database: Database, settings: Settings
) -> None:
    desk = limited(database, settings, 1)
    refused: Counter[int] = Counter()
    for n in range(100):
        user = n % 2
        try:
            ask(desk, user)
        except RateLimitedError:
            refused[user] += 1
        desk.work()
    assert str(registry["profile-analysis"].limit) == "once in 3,600 seconds", "the same for real"
    assert refused == {0: 49, 1: 49}
    pass_by(desk, hours=1)
    ask(desk, 0)
    desk.work()
    assert desk.rows("SELECT scope, count(*) FROM feed.job_run GROUP BY 1 ORDER BY 1") == [
        ("users:0", 2),
        ("users:1", 1),
    ]
