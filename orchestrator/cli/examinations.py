"""What `doctor` looks at: each examination gives findings, and never fails itself."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psycopg

from feedscore import simd_paths

from ..db.embedded import find_binaries
from ..db.engine import Database
from ..db.locks import is_locked
from ..db.migrate import current_version, newest_version
from ..db.runs import RunStatus, list_runs
from ..errors import FeedscoreError
from ..settings import Settings
from ..source.contract import CONTRACT
from .config import masked
from .output import size

OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRES = 15
LITTLE_SPACE = 2_000_000_000
MOST_RUNS = 1000
MISSING_TABLES = "SELECT name FROM unnest(%s::text[]) AS t(name) WHERE to_regclass('app.' || name) IS NULL"
ANYBODY = "SELECT EXISTS (SELECT FROM app.users)"


class Verdict(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    verdict: Verdict
    subject: str
    found: str
    advice: str = ""


def examine_machine(settings: Settings) -> Iterator[Finding]:
    """Look at Python, the compiled kernels, the binaries of the embedded Postgres and the disk."""
    old = sys.version_info < OLDEST_PYTHON
    yield _judge(
        "Python", platform.python_version(), Verdict.FAIL if old else None, "it must be 3.11 or newer"
    )
    yield _kernels()
    if not settings.database_url:
        yield _binaries()
    free = shutil.disk_usage(_existing(settings.data_dir.expanduser().resolve())).free
    little = Verdict.WARN if free < LITTLE_SPACE else None
    yield _judge(
        "disk", f"{size(free)} free for {settings.data_dir}", little, "free some: 2 GB are a good start"
    )


def examine_database(settings: Settings) -> Iterator[Finding]:
    """Look at the database: reachable, its version, schema app, schema feed, runs that nobody runs."""
    try:
        with Database(settings) as database, database.connection() as connection:
            yield from _server(database, connection)
            yield from _application(database, connection)
            yield _schema(database)
            yield from _dead_runs(connection)
    except FeedscoreError as error:
        advice = "check FEEDSCORE_DATABASE_URL, or unset it to use the embedded Postgres"
        yield Finding(Verdict.FAIL, "database", masked(str(error)), advice)


def _judge(subject: str, found: str, fault: Verdict | None, advice: str) -> Finding:
    return Finding(fault, subject, found, advice) if fault else Finding(Verdict.OK, subject, found)


def _kernels() -> Finding:
    version = importlib.metadata.version("feedscore")
    return Finding(
        Verdict.OK, "kernels", f"feedscore {version}, {platform.machine()}: {', '.join(simd_paths())}"
    )


def _binaries() -> Finding:
    try:
        return Finding(Verdict.OK, "embedded Postgres", str(find_binaries()))
    except FeedscoreError as error:
        return Finding(Verdict.FAIL, "embedded Postgres", str(error))


def _existing(folder: Path) -> Path:
    return folder if folder.exists() else _existing(folder.parent)


def _server(database: Database, connection: psycopg.Connection) -> Iterator[Finding]:
    kind = "embedded" if database.is_embedded else "configured"
    yield Finding(Verdict.OK, "database", f"{kind}, {masked(database.address)}")
    version = connection.info.server_version
    old = Verdict.FAIL if version < OLDEST_POSTGRES * 10_000 else None
    told = connection.info.parameter_status("server_version") or str(version)
    yield _judge("PostgreSQL", told, old, f"it must be {OLDEST_POSTGRES} or newer")


def _application(database: Database, connection: psycopg.Connection) -> Iterator[Finding]:
    names = [table.name for table in CONTRACT]
    missing = [str(row[0]) for row in connection.execute(MISSING_TABLES, (names,))]
    if missing:
        none = len(missing) == len(names)
        what = "no tables" if none else f"missing: {', '.join(missing)}"
        advice = "run `orchestrator db init`, or make views: `orchestrator source template`"
        yield Finding(_unless_new(database, none), "schema app", what, advice)
    else:
        yield Finding(
            Verdict.OK, "schema app", f"all {len(names)} tables; `orchestrator source check` looks closer"
        )
    if "users" not in missing:
        anybody = connection.execute(ANYBODY).fetchone() == (True,)
        found = "there are users" if anybody else "there are no users"
        yield _judge("people", found, None if anybody else Verdict.WARN, "`orchestrator town` makes some up")


def _schema(database: Database) -> Finding:
    found, wanted = current_version(database), newest_version()
    told = f"version {found}" if found else "not there"
    fault = None if found == wanted else _unless_new(database, found is None)
    return _judge("schema feed", told, fault, "run: orchestrator db init")


def _unless_new(database: Database, nothing_there: bool) -> Verdict:
    """Judge a missing schema: an embedded database gets both with the first command that needs them."""
    return Verdict.WARN if database.is_embedded and nothing_there else Verdict.FAIL


def _dead_runs(connection: psycopg.Connection) -> Iterator[Finding]:
    if connection.execute("SELECT to_regclass('feed.job_run') IS NULL").fetchone() == (True,):
        return
    running = list_runs(connection, status=RunStatus.RUNNING, limit=MOST_RUNS)
    dead = [f"{run.job} (run {run.id})" for run in running if not is_locked(connection, run.job, run.scope)]
    found = f"{len(running) - len(dead)} running" + (f", {len(dead)} died: {', '.join(dead)}" if dead else "")
    yield _judge(
        "runs", found, Verdict.WARN if dead else None, "run the job again: it goes on where it stopped"
    )
