"""The yardstick of writing: a bare binary COPY of the same packed rows, encoded beforehand, from memory."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psycopg

from feedscore import encode_rows
from orchestrator.db.columns import fetch
from orchestrator.db.engine import Database

KINDS = {
    "viewer_id": "int8", "candidate_ids": "int8[]", "scores": "float4[]", "facts": "int8[]",
    "interests": "text[]", "goals": "text[]", "inputs": "int8", "fingerprint": "int8",
    "computed_at": "timestamptz", "algorithm_version": "text",
}  # fmt: skip
LISTS = f"SELECT {', '.join(KINDS)} FROM feed.match_list ORDER BY viewer_id"
# A table of the same kind: same columns, storage, key and other indexes.
MAKE_COPY = (
    "DROP TABLE IF EXISTS feed.bare_copy; CREATE TABLE feed.bare_copy (LIKE feed.match_list INCLUDING ALL)"
)
EMPTY_COPY = "TRUNCATE feed.bare_copy"
COPY = f"COPY feed.bare_copy ({', '.join(KINDS)}) FROM STDIN (FORMAT binary)"
SAME = """
SELECT count(*) FROM feed.bare_copy AS b JOIN feed.match_list AS l USING (viewer_id)
WHERE ROW(b.*) IS NOT DISTINCT FROM ROW(l.*)
"""
ROWS_PER_MESSAGE = 400

Messages = list[bytes]


def read_messages(database: Database, connections: int) -> list[Messages]:
    """Read the stored lists and encode them, split for so many connections."""
    with database.connection() as connection:
        columns = list(fetch(connection, LISTS, KINDS, rows_per_chunk=10_000).values())
        connection.execute(MAKE_COPY)
    shares = np.array_split(np.arange(len(columns[0])), connections)
    split = []
    for share in shares:
        starts = range(int(share[0]), int(share[-1]) + 1, ROWS_PER_MESSAGE)
        messages = []
        for start in starts:
            stop = min(start + ROWS_PER_MESSAGE, int(share[-1]) + 1)
            part = [column.part(start, stop) for column in columns]
            messages.append(encode_rows(part, header=start == starts[0], trailer=start == starts[-1]))
        split.append(messages)
    return split


def copy_messages(database: Database, split: Sequence[Messages]) -> None:
    """Send each share over a connection of its own, all at once, and commit."""
    with ThreadPoolExecutor(len(split)) as pool:
        list(pool.map(lambda messages: _send(database, messages), split))


def empty(connection: psycopg.Connection) -> None:
    """Make the copy empty again."""
    connection.execute(EMPTY_COPY)


def equal_rows(connection: psycopg.Connection) -> int:
    """Count the rows of the copy that equal those of the truth."""
    found = connection.execute(SAME).fetchone()
    return int(found[0]) if found else 0


def _send(database: Database, messages: Messages) -> None:
    with database.connection() as connection, connection.cursor() as cursor, cursor.copy(COPY) as copy:
        for message in messages:
            copy.write(message)
