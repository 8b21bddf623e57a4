"""The running JobRun as its job sees it."""

from __future__ import annotations

from typing import Any

from ..context import BatchWork, JobParameters, RunHandle
from ..db.checkpoints import Cut, committed_batches
from ..db.parts import fetch_results, store_result
from ..errors import ParameterError
from .batches import BatchLoop, Scene, cut_batches
from .stop import Patience


class Run(RunHandle):
    """Cuts work into batches, counts, shows progress, and stops when asked to."""

    def __init__(self, scene: Scene, parameters: JobParameters) -> None:
        self._scene = scene
        self._parameters = parameters

    @property
    def id(self) -> int:
        """The number of the run."""
        return self._scene.run_id

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
        """Do the work of one stage; see RunHandle."""
        cut = Cut(stage, inputs, total, size or self._parameters.batch_size)
        if total < 0 or cut.size < 1 or workers < 1:
            raise ParameterError(
                f"in_batches: total {total}, size {cut.size}, workers {workers} must be positive"
            )
        self._scene.check()
        with self._scene.database.connection() as connection:
            committed = committed_batches(connection, self._scene.run_id, cut)
        batches = cut_batches(cut, committed)
        self._scene.tally.stage(stage, total, total - sum(map(len, batches)))
        with self._scene.stop.patience(Patience.FINISH_BATCH):
            BatchLoop(self._scene, cut, work, self._parameters.pause_ms / 1000).run(batches, workers)

    def check_stop(self) -> None:
        """Raise CancelledError if the run was asked to stop, DatabaseError if its lock is lost."""
        self._scene.check()

    def tell(self, **facts: Any) -> None:  # Any: whatever JSON can hold
        """Add facts to the metadata of the JobRun."""
        self._scene.tally.tell(facts)

    def hand_on(self, result: bytes) -> None:
        """Keep what a part of a whole has found out for a later stage."""
        with self._scene.database.connection() as connection:
            store_result(connection, self._scene.run_id, result)

    def handed_on(self, stage: str) -> list[bytes]:
        """Give what the parts of an earlier stage of the same whole have handed on."""
        with self._scene.database.connection() as connection:
            return fetch_results(connection, self._scene.run_id, stage)

    def step(self, description: str) -> None:
        """Show what the job is doing now."""
        self._scene.tally.step(description)
