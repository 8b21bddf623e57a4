"""Runs over everybody that are split: a whole, and its parts."""

from alembic import op

revision = "0006"
down_revision = "0005"

WHOLES = """
ALTER TABLE feed.job_run
  ADD shards int,                              -- of a whole: RUNNING from its opening to the end of its parts, in no process
  ADD parent_id bigint REFERENCES feed.job_run ON DELETE CASCADE,   -- of a part: its whole
  ADD part jsonb;                              -- of a part: stage, number, of, first_id, end_id
CREATE INDEX job_run_by_parent ON feed.job_run (parent_id, status) WHERE parent_id IS NOT NULL;

-- What a part hands on to a later stage; gone when the whole has ended well.
CREATE TABLE feed.job_part_result (
  run_id bigint PRIMARY KEY REFERENCES feed.job_run ON DELETE CASCADE,
  result bytea NOT NULL);
"""


def upgrade() -> None:
    op.execute(WHOLES)


def downgrade() -> None:
    op.execute("""
      DROP TABLE feed.job_part_result;
      DELETE FROM feed.job_run WHERE parent_id IS NOT NULL;
      ALTER TABLE feed.job_run DROP shards, DROP parent_id, DROP part;
    """)
