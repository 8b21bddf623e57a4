"""What ran on each day, kept for good, and an index to find runs by their end."""

from alembic import op

revision = "0008"
down_revision = "0004"

DAILY = """
CREATE TABLE feed.job_run_daily (
  day date NOT NULL,                           -- UTC, of the end of the runs
  job text NOT NULL,
  job_group text NOT NULL,
  runs int NOT NULL,
  succeeded int NOT NULL,
  failed int NOT NULL,
  cancelled int NOT NULL,
  skipped int NOT NULL,
  items_processed bigint NOT NULL,
  items_failed bigint NOT NULL,
  rows_written bigint NOT NULL,
  duration_p50_ms double precision,            -- of the runs that succeeded; NULL: none did
  duration_p95_ms double precision,
  wait_p50_ms double precision,                -- from being handed to workers to the start; NULL: none was
  wait_p95_ms double precision,
  computed_at timestamptz NOT NULL,
  algorithm_version text NOT NULL,
  PRIMARY KEY (day, job));
CREATE INDEX job_run_by_end ON feed.job_run (finished_at) WHERE finished_at IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(DAILY)


def downgrade() -> None:
    op.execute("DROP INDEX feed.job_run_by_end; DROP TABLE feed.job_run_daily;")
