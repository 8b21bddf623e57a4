"""Everything that can go wrong in a way we foresee, and the exit code each leads to."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum


class ExitCode(IntEnum):
    """What the process tells its caller."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    SOME_ITEMS_FAILED = 3
    ALREADY_RUNNING = 5
    INTERRUPTED = 130


class FeedscoreError(Exception):
    """Something went wrong that the message explains; the first line is for people."""

    exit_code = ExitCode.FAILED


class UsageError(FeedscoreError):
    """The command was called in a way that it does not understand."""

    exit_code = ExitCode.USAGE


class SettingsError(UsageError):
    """A setting has a value that cannot be used."""


class PlanError(UsageError):
    """The jobs asked for cannot be put in an order."""


class ParameterError(UsageError):
    """A job's parameter has a value that cannot be used."""


class DatabaseError(FeedscoreError):
    """The database could not be reached, or refused what it was asked."""


class EmbeddedDatabaseError(DatabaseError):
    """The embedded Postgres could not be started or stopped."""


class BrokerError(FeedscoreError):
    """Redis could not be reached, started or stopped."""


class SchemaError(DatabaseError):
    """The database does not hold the tables that were expected; `orchestrator db init` makes them."""


class SourceError(FeedscoreError):
    """The application's tables do not keep the contract."""


class ImportFileError(FeedscoreError):
    """A file to import cannot be read at all."""


class AlreadyRunningError(FeedscoreError):
    """The same job is already running with the same scope."""

    exit_code = ExitCode.ALREADY_RUNNING


class RateLimitedError(FeedscoreError):
    """A job has run for a user as often as it may for now."""

    exit_code = ExitCode.ALREADY_RUNNING

    def __init__(self, message: str, free_at: datetime) -> None:
        super().__init__(message)
        self.free_at = free_at
        """From when on it may run again."""


class SkippedError(FeedscoreError):
    """The run found that it must not be done now; the message says why, and it counts as skipped, not as failed."""


class CancelledError(FeedscoreError):
    """The run was asked to stop, and stopped between two batches."""

    exit_code = ExitCode.INTERRUPTED
