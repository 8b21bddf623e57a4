"""What the people of the strict town do: far more blocks, reports and hides than people ever hand out."""

from __future__ import annotations

from datetime import UTC, datetime

PEOPLE = 400
NOW = datetime.now(UTC)  # not a fixed day: views compare with the clock of the database what has expired
RATE = 20
"""One in so many pairs is blocked, reported or hidden, and one in so many posts deleted or flagged."""

PAIRS = f"""FROM app.users AS a CROSS JOIN app.users AS b
  WHERE a.id <> b.id AND abs(hashint8extended(a.id * 100003 + b.id, {{draw}})) % {RATE} = 0"""
READS = f"""FROM app.users AS a CROSS JOIN app.posts AS p
  WHERE abs(hashint8extended(a.id * 100003 + p.id, {{draw}})) % {RATE} = 0"""
BEFORE = (
    # Enough posts, and enough done with each, that most could trend and be in every feed.
    f"UPDATE app.posts SET created_at = '{NOW}'::timestamptz - id % 47 * interval '1 hour'",
    f"""INSERT INTO app.post_events (id, user_id, post_id, kind, occurred_at)
      SELECT 10000000 + row_number() OVER (), a.id, p.id, 'like', p.created_at {READS.format(draw=7)}""",
    f"INSERT INTO app.blocks SELECT a.id, b.id, now() {PAIRS.format(draw=1)} ON CONFLICT DO NOTHING",
    f"""INSERT INTO app.reports (id, reporter_id, reported_user_id, created_at)
      SELECT 10000000 + row_number() OVER (), a.id, b.id, now() {PAIRS.format(draw=2)}""",
    f"""INSERT INTO app.reports (id, reporter_id, reported_post_id, created_at)
      SELECT 20000000 + row_number() OVER (), a.id, p.id, now() {READS.format(draw=3)}""",
    f"""INSERT INTO app.hides (id, user_id, hidden_post_id, created_at)
      SELECT 10000000 + row_number() OVER (), a.id, p.id, now() {READS.format(draw=4)}""",
    f"UPDATE app.posts SET deleted_at = created_at WHERE abs(hashint8extended(id, 5)) % {RATE} = 0",
)
FLAG = f"UPDATE feed.content_feature SET nsfw_flagged = true WHERE abs(hashint8extended(post_id, 6)) % {RATE} = 0"
