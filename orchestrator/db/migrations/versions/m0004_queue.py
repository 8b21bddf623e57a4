"""Runs that wait for a worker, what they wait for, pauses, and the schedule."""

from alembic import op

revision = "0004"
down_revision = "0003"

RUNS = """
ALTER TABLE feed.job_run
  ALTER started_at DROP NOT NULL, ALTER heartbeat_at DROP NOT NULL,   -- NULL: not started yet
  ALTER host DROP NOT NULL, ALTER pid DROP NOT NULL,
  ADD created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ADD cause text,                              -- why it was enqueued
  ADD priority int NOT NULL DEFAULT 50 CHECK (priority BETWEEN 0 AND 100),
  ADD queue text NOT NULL GENERATED ALWAYS AS
    (CASE WHEN priority >= 70 THEN 'high' WHEN priority >= 30 THEN 'medium' ELSE 'low' END) STORED,
  ADD max_attempts int NOT NULL DEFAULT 1,
  ADD not_before timestamptz,                  -- a try after a failure waits until then
  ADD dispatched_at timestamptz,               -- when its number was last handed to the workers
  ADD cancel_requested boolean NOT NULL DEFAULT false,
  DROP CONSTRAINT job_run_status_check,
  ADD CONSTRAINT job_run_status_check CHECK (status IN
    ('WAITING', 'QUEUED', 'RUNNING', 'SUCCESS', 'FAILED', 'CANCELLED', 'SKIPPED'));
-- At most one that has not started, for each job and scope; the lock of a run sees to it that one runs.
CREATE UNIQUE INDEX job_run_pending ON feed.job_run (job, scope) WHERE status IN ('WAITING', 'QUEUED');
CREATE INDEX job_run_open ON feed.job_run (status, job, scope) WHERE status IN ('WAITING', 'QUEUED', 'RUNNING');

-- What a WAITING run waits for.
CREATE TABLE feed.job_run_need (
  run_id bigint NOT NULL REFERENCES feed.job_run ON DELETE CASCADE,
  need_id bigint NOT NULL REFERENCES feed.job_run ON DELETE CASCADE,
  PRIMARY KEY (run_id, need_id));
CREATE INDEX job_run_need_by_need ON feed.job_run_need (need_id);

-- Jobs and queues whose runs stay QUEUED until somebody resumes them.
CREATE TABLE feed.pause (
  kind text NOT NULL CHECK (kind IN ('job', 'queue')),
  name text NOT NULL,
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (kind, name));
"""

SCHEDULE = """
CREATE TABLE feed.schedule (
  name text PRIMARY KEY,
  job text NOT NULL,
  cron text NOT NULL,                          -- five fields
  time_zone text NOT NULL,                     -- IANA
  misfire text NOT NULL DEFAULT 'once' CHECK (misfire IN ('skip', 'once', 'all')),
  enabled boolean NOT NULL DEFAULT true,
  parameters jsonb NOT NULL DEFAULT '{}',
  decided_until timestamptz NOT NULL DEFAULT clock_timestamp(),   -- every slot up to here has a row below, or came before
  changed_by_hand boolean NOT NULL DEFAULT false);

-- One row for every slot of a schedule: what became of it.
CREATE TABLE feed.schedule_slot (
  schedule text NOT NULL REFERENCES feed.schedule ON DELETE CASCADE,
  slot timestamptz NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('enqueued', 'joined', 'missed', 'paused')),   -- joined: a run was waiting already
  run_id bigint REFERENCES feed.job_run ON DELETE SET NULL,
  decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (schedule, slot));
"""


def upgrade() -> None:
    for statements in (RUNS, SCHEDULE):
        op.execute(statements)


def downgrade() -> None:
    op.execute("""
      DROP TABLE feed.schedule_slot, feed.schedule, feed.pause, feed.job_run_need;
      DROP INDEX feed.job_run_pending, feed.job_run_open;
      DELETE FROM feed.job_run WHERE started_at IS NULL OR status IN ('WAITING', 'QUEUED');
      ALTER TABLE feed.job_run DROP created_at, DROP cause, DROP queue, DROP priority, DROP max_attempts, DROP not_before,
        DROP dispatched_at, DROP cancel_requested,
        ALTER started_at SET NOT NULL, ALTER heartbeat_at SET NOT NULL, ALTER host SET NOT NULL, ALTER pid SET NOT NULL,
        DROP CONSTRAINT job_run_status_check,
        ADD CONSTRAINT job_run_status_check CHECK (status IN ('RUNNING', 'SUCCESS', 'FAILED', 'CANCELLED', 'SKIPPED'));
    """)
