"""What the pool lends is usable, whatever the borrower before did with it."""

from __future__ import annotations

import logging

import pytest

from orchestrator.db.engine import Database


def test_a_connection_left_in_the_middle_of_a_copy_is_not_lent_again(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    pids = []

    def be_interrupted() -> None:
        with database.connection() as connection:
            pids.append(connection.info.backend_pid)
            connection.pgconn.send_query(b"COPY (SELECT generate_series(1, 1000000)) TO STDOUT")
            raise KeyboardInterrupt

    with caplog.at_level(logging.ERROR), pytest.raises(KeyboardInterrupt):
        be_interrupted()
    with database.connection() as connection:
        assert connection.info.backend_pid not in pids
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert caplog.records == []


def test_a_dedicated_connection_commits_each_statement(database: Database) -> None:
    own = database.dedicated()
    own.execute("CREATE TABLE kept ()")
    own.close()
    with database.connection() as connection:
        assert connection.execute("SELECT to_regclass('kept') IS NOT NULL").fetchone() == (True,)
