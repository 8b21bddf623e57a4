"""The commands about the database itself: make the schemas, what it holds, where it is, keep it running."""

from __future__ import annotations

import signal
from typing import Any

import psycopg
import typer

from ..db.engine import Database
from ..db.migrate import current_version, newest_version
from ..settings import load_settings
from .config import masked
from .options import AsJson
from .output import print_json, print_table, remark, say, size
from .workplace import initialise

app = typer.Typer(
    no_args_is_help=True, help="The database: make the schemas, see what it holds and where it is."
)

SIZES = """
SELECT n.nspname || '.' || c.relname, greatest(c.reltuples, 0)::bigint, pg_total_relation_size(c.oid)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname IN ('app', 'feed') AND c.relkind IN ('r', 'p', 'm', 'v') AND c.relname <> 'schema_version'
ORDER BY 1
"""


@app.command("init")
def init(as_json: AsJson = False) -> None:
    """Create schema app (unless it is there) and create or upgrade schema feed; safe to repeat."""
    with Database(load_settings()) as database:
        changed = initialise(database)
        told = {"database": masked(database.address), "schema_version": newest_version(), "changed": changed}
    if as_json:
        print_json(told)
    else:
        state = "is ready" if changed else "was ready already"
        say(f"{told['database']} {state}, schema feed has version {told['schema_version']}.")


@app.command("status")
def status(as_json: AsJson = False) -> None:
    """Tell the server's version, that of schema feed, and the size of every table."""
    settings = load_settings()
    with Database(settings) as database:
        with database.connection() as connection:
            version = connection.info.parameter_status("server_version") or "unknown"
            tables = [(str(name), int(rows), int(used)) for name, rows, used in connection.execute(SIZES)]
        told: dict[str, Any] = {  # Any: whatever JSON can hold
            "database": masked(database.address),
            "kind": "embedded" if database.is_embedded else "configured",
            "data_dir": str(settings.data_dir.resolve()) if database.is_embedded else None,
            "postgresql": version,
            "schema_version": current_version(database),
            "newest_schema_version": newest_version(),
        }
    if as_json:
        told["tables"] = [
            {"table": name, "rows_estimated": rows, "bytes": used} for name, rows, used in tables
        ]
        print_json(told)
        return
    print_table(("Field", "Value"), [(name, str(value)) for name, value in told.items() if value is not None])
    say()
    print_table(
        ("Table", "Rows (estimated)", "Size"),
        [(name, f"{rows:,}", size(used)) for name, rows, used in tables],
        right={"Rows (estimated)", "Size"},
    )
    if database.is_embedded:
        remark(
            "The embedded Postgres runs while a command needs it; `orchestrator db serve` keeps it running."
        )


@app.command("url")
def url(as_json: AsJson = False) -> None:
    """Print the address of the database, its password masked."""
    with Database(load_settings()) as database:
        address, embedded = masked(database.address), database.is_embedded
    if as_json:
        print_json({"url": address, "kind": "embedded" if embedded else "configured"})
        return
    say(address)
    if embedded:
        remark(
            "The embedded Postgres runs while a command needs it; `orchestrator db serve` keeps it running."
        )


@app.command("serve")
def serve() -> None:
    """Keep the embedded Postgres running until Ctrl-C, so that psql and other programs can use it."""
    with Database(load_settings()) as database:
        initialise(database)
        with database.connection() as connection:
            _say_where(database, connection)
        signal.pause()


def _say_where(database: Database, connection: psycopg.Connection) -> None:
    say(database.address)
    remark(f"PostgreSQL {connection.info.parameter_status('server_version')} is running; Ctrl-C ends this.")
