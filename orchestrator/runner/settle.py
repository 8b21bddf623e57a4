"""What the end of a run means for others: a further try, or freedom for what waited, or its being skipped."""

from __future__ import annotations

import psycopg

from ..db.pending import follow_up, release_and_skip
from ..db.runs import RunRecord, RunStatus


def settle(connection: psycopg.Connection, ended: RunRecord) -> None:
    """Draw the consequences of the end of a run, in the transaction that records it.

    A run from the queue that failed is tried again as long as it has attempts left. One that was interrupted,
    as by the shutdown of its worker, did not fail: it goes on at once, and its attempts stay the same.
    One that was to be cancelled is not tried again, however it ended.
    """
    from_queue = ended.dispatched_at is not None and not ended.cancel_requested
    if from_queue and ended.status is RunStatus.FAILED and ended.attempt < ended.max_attempts:
        follow_up(connection, ended, failures=1)
    elif from_queue and ended.status is RunStatus.CANCELLED:
        follow_up(connection, ended, failures=0)
    release_and_skip(connection, ended.id)
