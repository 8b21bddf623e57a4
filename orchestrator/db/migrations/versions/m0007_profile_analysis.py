"""Analyses of profiles, and what they cost a day."""

from alembic import op

revision = "0007"
down_revision = "0008"

ANALYSES = """
CREATE TABLE feed.profile_analysis (
  user_id bigint PRIMARY KEY,
  status text NOT NULL CHECK (status IN ('running', 'waiting', 'completed', 'failed')),   -- waiting: for tomorrow's budget
  run_id bigint,                               -- of the attempt at hand or the last; the run may have been cleaned up since
  claim uuid,                                  -- whose attempt it is: only that may end it
  started_at timestamptz,                      -- of the attempt
  failures int NOT NULL DEFAULT 0,             -- in a row
  retry_at timestamptz,                        -- of one that failed or waits; NULL: not before something is new
  error text,
  seen_until timestamptz,                      -- what came before is nothing new
  -- The last analysis that was completed, and stays through later attempts; NULL = there is none.
  analysed_at timestamptz,
  messages int,                                -- own messages on the record by then
  insufficient_data boolean,                   -- true: too few of them, and no result
  result jsonb,
  analyser text,
  inputs bigint,                               -- fingerprint of what it was made from
  tokens_in int, tokens_out int, cost numeric(14, 6),
  algorithm_version text);
CREATE INDEX profile_analysis_open ON feed.profile_analysis (status, user_id) WHERE status <> 'completed';

-- What analyses took on each UTC day; the cost of those at hand is reserved in it.
CREATE TABLE feed.analysis_spending (
  day date PRIMARY KEY,
  analyses bigint NOT NULL DEFAULT 0,
  tokens_in bigint NOT NULL DEFAULT 0,
  tokens_out bigint NOT NULL DEFAULT 0,
  cost numeric(14, 6) NOT NULL DEFAULT 0);
"""


def upgrade() -> None:
    op.execute(ANALYSES)


def downgrade() -> None:
    op.execute("DROP TABLE feed.profile_analysis, feed.analysis_spending;")
