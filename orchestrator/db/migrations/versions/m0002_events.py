"""The outbox of events: what the application says has changed; blocks take effect with the row."""

from alembic import op

revision = "0002"
down_revision = "0001"

OUTBOX = """
CREATE TABLE feed.event_outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('user.created', 'profile.updated', 'preferences.updated', 'quiz.submitted',
    'interests.updated', 'rating.created', 'location.changed', 'user.blocked', 'user.reported', 'user.hidden',
    'user.deactivated', 'match.created', 'post.created', 'post.engaged', 'media.uploaded')),
  user_id bigint NOT NULL,                     -- whom it happened to, or who did it
  other_id bigint,                             -- the other user: blocked, reported, hidden, rated, matched
  post_id bigint,
  moved_km real,                               -- of location.changed: how far; NULL = not told
  idempotency_key text UNIQUE,                 -- a second event with the same key is none
  occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  processed_at timestamptz,
  outcome text,                                -- what was done about it
  CHECK (kind NOT IN ('user.blocked', 'user.reported', 'user.hidden', 'rating.created', 'match.created')
    OR other_id IS NOT NULL),
  CHECK (kind <> 'post.created' OR post_id IS NOT NULL));
CREATE INDEX event_outbox_open ON feed.event_outbox (id) WHERE processed_at IS NULL;
CREATE INDEX event_outbox_apart ON feed.event_outbox (user_id, other_id) WHERE kind IN ('user.blocked', 'user.reported');
CREATE INDEX event_outbox_processed ON feed.event_outbox (processed_at) WHERE processed_at IS NOT NULL;
"""

MATCHES = """
CREATE OR REPLACE VIEW feed.match_score AS
SELECT l.viewer_id AS viewer_user_id,
  c.candidate_user_id,
  c.score,
  CASE WHEN c.facts >> 62 & 1 = 1 THEN 'A' ELSE 'B' END AS tier,
  feed.match_reasons(c.facts, l.interests, l.goals) AS reasons,
  l.computed_at,
  l.algorithm_version
FROM feed.match_list AS l
CROSS JOIN LATERAL unnest(l.candidate_ids, l.scores, l.facts) AS c(candidate_user_id, score, facts)
-- A block hides the pair at once, whatever the list still holds.
WHERE NOT EXISTS (SELECT FROM app.blocks AS b WHERE b.blocker_id = l.viewer_id AND b.blocked_id = c.candidate_user_id)
  AND NOT EXISTS (SELECT FROM app.blocks AS b WHERE b.blocker_id = c.candidate_user_id AND b.blocked_id = l.viewer_id)
  {apart};
"""
# Two conditions, not a function: a function with a query in it is run for each row.
APART = """
  -- So does the event of a block or a report, from the commit of its row.
  AND NOT EXISTS (SELECT FROM feed.event_outbox AS e WHERE e.kind IN ('user.blocked', 'user.reported')
    AND e.user_id = l.viewer_id AND e.other_id = c.candidate_user_id)
  AND NOT EXISTS (SELECT FROM feed.event_outbox AS e WHERE e.kind IN ('user.blocked', 'user.reported')
    AND e.user_id = c.candidate_user_id AND e.other_id = l.viewer_id)"""


def upgrade() -> None:
    op.execute(OUTBOX)
    op.execute(MATCHES.format(apart=APART))


def downgrade() -> None:
    op.execute(MATCHES.format(apart=""))
    op.execute("DROP TABLE feed.event_outbox;")
