"""How many rows the server has read for us: what a job that promises not to scan whole tables can prove."""

from __future__ import annotations

import psycopg

# By index and by going through tables, in the open transaction. Parallel workers count for themselves.
ROWS_READ = """
SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint FROM pg_stat_xact_user_tables
"""
# Reads by index where there is one, whatever the planner believes, and by this process alone, which counts.
BY_INDEX = """
SELECT set_config('enable_seqscan', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)
"""


def read_by_index(connection: psycopg.Connection) -> None:
    """Let the open transaction read tables by index wherever there is one."""
    connection.execute(BY_INDEX)


def rows_read(connection: psycopg.Connection) -> int:
    """Tell how many rows of tables the open transaction has read; 0 where the server does not count (track_counts)."""
    row = connection.execute(ROWS_READ).fetchone()
    return int(row[0]) if row else 0
