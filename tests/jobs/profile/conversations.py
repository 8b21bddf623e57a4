"""A few people who write to each other, and short ways to have them analysed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.db.engine import Database
from orchestrator.db.runs import RunRecord
from orchestrator.jobs import registry
from orchestrator.runner import run_job
from orchestrator.settings import Settings
from tests.jobs.conftest import rows

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
PEOPLE = "INSERT INTO app.users (id, created_at) SELECT n, '2026-01-01Z' FROM generate_series(1, 9) AS n"
WRITE = """
INSERT INTO app.messages (id, sender_id, recipient_id, sent_at, off_the_record, body)
SELECT (SELECT coalesce(max(id), 0) FROM app.messages) + n, %s, %s, %s - n * interval '1 minute', %s, %s
FROM generate_series(1, %s) AS n
"""
VIEW = """
INSERT INTO app.profile_views SELECT coalesce(max(id), 0) + 1, %s, %s, %s FROM app.profile_views
"""
ANALYSIS = "SELECT {columns} FROM feed.profile_analysis WHERE user_id = %s"


class World:
    """Nine people, and the job."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database, self.settings = database, settings
        with database.connection() as connection:
            connection.execute(PEOPLE)

    def write(
        self, count: int, *, sender: int = 8, recipient: int = 9, at: datetime = NOW, secret: bool = False,
        text: str | None = "I love this lovely garden",
    ) -> None:  # fmt: skip
        """Write messages, the last of them a minute before `at`."""
        with self.database.connection() as connection:
            connection.execute(WRITE, (sender, recipient, at, secret, text, count))

    def view(self, viewer: int, viewed: int, at: datetime) -> None:
        with self.database.connection() as connection:
            connection.execute(VIEW, (viewer, viewed, at))

    def run(self, *users: int, minutes: float = 0, **changed: Any) -> RunRecord:  # Any: settings
        """Run the job, some minutes after NOW."""
        job, settings = registry["profile-analysis"], self.settings.model_copy(update=changed)
        now = NOW + timedelta(minutes=minutes)
        return run_job(self.database, settings, job, job.parameters(user_id=users), now=now)

    def run_now(self) -> RunRecord:
        """Run the job by the clock of the database."""
        return run_job(self.database, self.settings, registry["profile-analysis"], now=datetime.now(UTC))

    def analysed(self, minutes: float = 0) -> list[int]:
        """Run the job over who is due, and give whom it analysed."""
        before = dict(rows(self.database, "SELECT user_id, analysed_at FROM feed.profile_analysis"))
        record = self.run(minutes=minutes)
        assert record.status == "SUCCESS", record.error
        after = rows(self.database, "SELECT user_id, analysed_at FROM feed.profile_analysis ORDER BY user_id")
        return [user for user, at in after if at != before.get(user)]

    def of(self, user: int, columns: str) -> Any:  # Any: a row, or its only value
        (row,) = rows(self.database, ANALYSIS.format(columns=columns), user)
        return row[0] if len(row) == 1 else row
