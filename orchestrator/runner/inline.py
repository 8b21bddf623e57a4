"""A job as a step of something larger: no row, no lock, no checkpoints; its batches commit as they go."""

from __future__ import annotations

from typing import Any

from ..context import Batch, BatchWork, RunHandle
from ..db.engine import Database

# What a crash of the server takes back is done again with what it is a step of.
COMMIT_AT_ONCE = "SET LOCAL synchronous_commit = off"


class Inline(RunHandle):
    """Does batches one after the other, and lets every error out."""

    def __init__(self, database: Database, run_id: int) -> None:
        self._database, self._id = database, run_id
        self.facts: dict[str, Any] = {}  # Any: whatever JSON can hold

    @property
    def id(self) -> int:
        """The number of the run that it is a step of."""
        return self._id

    def in_batches(
        self,
        total: int,
        work: BatchWork,
        *,
        stage: str = "main",
        inputs: str = "",
        size: int | None = None,
        workers: int = 1,
    ) -> None:
        """Do the work of one stage in one transaction."""
        del stage, inputs, size, workers
        if total:
            with self._database.connection() as connection:
                connection.execute(COMMIT_AT_ONCE)
                work(connection, Batch(0, 0, total))

    def check_stop(self) -> None:
        """Go on: it is short."""

    def tell(self, **facts: Any) -> None:  # Any: whatever JSON can hold
        """Keep the facts."""
        self.facts.update(facts)

    def hand_on(self, result: bytes) -> None:
        """Forget it: no stage comes after."""

    def handed_on(self, stage: str) -> list[bytes]:
        """Give nothing: no stage came before."""
        del stage
        return []

    def step(self, description: str) -> None:
        """Show nothing."""
