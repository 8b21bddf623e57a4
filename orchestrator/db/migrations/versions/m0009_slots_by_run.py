"""An index to find the slots of a run: without it each run that is removed would look through all slots."""

from alembic import op

revision = "0009"
down_revision = "0006"


def upgrade() -> None:
    op.execute("CREATE INDEX schedule_slot_by_run ON feed.schedule_slot (run_id) WHERE run_id IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP INDEX feed.schedule_slot_by_run")
