"""What the refresh within moments needs: word of new events, and how rare interests and goals are."""

from alembic import op

revision = "0005"
down_revision = "0007"

WAKE = """
CREATE FUNCTION feed.wake_refresher() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('feedscore_events', '');      -- the same word many times in one transaction is sent once
  RETURN NULL;
END $$;
CREATE TRIGGER event_outbox_wake AFTER INSERT ON feed.event_outbox
  FOR EACH STATEMENT EXECUTE FUNCTION feed.wake_refresher();
"""

RARITY = """
CREATE TABLE feed.match_rarity (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  counted_on date NOT NULL,                    -- of the first run over everybody of that day
  interest_ids bigint[] NOT NULL,              -- ascending
  interest_people bigint[] NOT NULL,           -- how many people have each
  goals text[] NOT NULL,
  goal_people bigint[] NOT NULL);
"""


def upgrade() -> None:
    op.execute(WAKE)
    op.execute(RARITY)


def downgrade() -> None:
    op.execute("""
      DROP TABLE feed.match_rarity;
      DROP TRIGGER event_outbox_wake ON feed.event_outbox; DROP FUNCTION feed.wake_refresher;
    """)
