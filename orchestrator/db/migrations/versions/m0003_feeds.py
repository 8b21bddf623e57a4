"""Content features, trending posts, affinity profiles and presorted feeds."""

from alembic import op

revision = "0003"
down_revision = "0002"

CONTENT = """
-- Tags and keywords; a topic keeps its number for good.
CREATE TABLE feed.topic (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tag text COLLATE "C" NOT NULL UNIQUE);

CREATE TABLE feed.content_feature (
  post_id bigint PRIMARY KEY,
  topic_ids int[] NOT NULL,                    -- the author's tags in their order, then keywords, strongest first; at most 8
  quality real NOT NULL,                       -- 0 to 1
  nsfw real NOT NULL,                          -- probability, of text and images
  nsfw_flagged boolean NOT NULL,
  language text,                               -- ISO 639-1; NULL = not told
  sentiment real,                              -- -1 to 1; NULL = not known
  embedding bytea,                             -- little-endian float32, unit length; NULL = not computed
  inputs bigint NOT NULL,                      -- fingerprint of what it was computed from
  computed_at timestamptz NOT NULL,
  algorithm_version text NOT NULL,
  extras smallint NOT NULL DEFAULT 0);         -- optional parts that took part, added up: 1 sentiment, 2 embedding, 4 image

-- In how many posts each word stands, counted once a day over the newest posts: one packed row.
CREATE TABLE feed.term_frequency (
  corpus smallint PRIMARY KEY CHECK (corpus = 1),
  posts bigint NOT NULL,                       -- posts with a text that were counted
  terms text[] NOT NULL,                       -- the most frequent first
  counts int[] NOT NULL,                       -- posts that have each
  computed_at timestamptz NOT NULL,
  algorithm_version text NOT NULL);

CREATE VIEW feed.post_feature AS
SELECT f.post_id,
  ARRAY(SELECT t.tag FROM unnest(f.topic_ids) WITH ORDINALITY AS o(topic_id, place)
    JOIN feed.topic AS t ON t.id = o.topic_id ORDER BY o.place) AS topics,
  f.quality, f.nsfw, f.nsfw_flagged, f.language, f.sentiment, f.embedding, f.computed_at, f.algorithm_version
FROM feed.content_feature AS f;
"""

TRENDING = """
CREATE TABLE feed.trending_post (
  post_id bigint PRIMARY KEY,
  popularity real NOT NULL,                    -- weighted engagements times decay_multiplier
  velocity real NOT NULL,                      -- engagements a minute over the last hour
  avg_velocity real NOT NULL,                  -- mean over all posts considered
  decay_multiplier real NOT NULL,
  engagements int NOT NULL,                    -- that count
  is_trending boolean NOT NULL,
  peak_time timestamptz NOT NULL,              -- start of the clock hour (UTC) with the most engagements
  expires_at timestamptz NOT NULL,
  computed_at timestamptz NOT NULL,
  algorithm_version text NOT NULL);

CREATE VIEW feed.trending_now AS
SELECT t.post_id, p.author_id, p.content_type, p.created_at, t.popularity, t.velocity, t.avg_velocity, t.decay_multiplier,
  t.engagements, t.is_trending, t.peak_time, t.expires_at, t.computed_at, t.algorithm_version
FROM feed.trending_post AS t JOIN app.posts AS p ON p.id = t.post_id
-- What was deleted or flagged since is gone at once.
WHERE t.expires_at > now() AND p.deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM feed.content_feature AS f WHERE f.post_id = t.post_id AND f.nsfw_flagged);
"""

AFFINITY = """
CREATE TABLE feed.affinity_profile (
  user_id bigint PRIMARY KEY,
  creator_ids bigint[] NOT NULL,               -- strongest first, at most 20
  creator_weights real[] NOT NULL,             -- the first is 1
  topic_ids int[] NOT NULL,                    -- strongest first, at most 30
  topic_weights real[] NOT NULL,
  content_types text[] NOT NULL,
  content_type_shares real[] NOT NULL,         -- add up to 1
  engagement_velocity real NOT NULL,           -- actions a day
  exploration_factor real NOT NULL,            -- 0 to 1
  actions int NOT NULL,                        -- that count, within the window
  computed_at timestamptz NOT NULL,
  algorithm_version text NOT NULL);
ALTER TABLE feed.affinity_profile
  ALTER creator_ids SET STORAGE EXTERNAL, ALTER creator_weights SET STORAGE EXTERNAL,
  ALTER topic_ids SET STORAGE EXTERNAL, ALTER topic_weights SET STORAGE EXTERNAL;

-- How many users engaged each creator and topic: what makes a common liking weigh little. Rewritten by runs over
-- everybody, read by runs for some users.
CREATE TABLE feed.affinity_reach (
  kind smallint NOT NULL CHECK (kind IN (0, 1, 2)),   -- 0 all users with an action (id 0), 1 a creator, 2 a topic
  id bigint NOT NULL,
  users int NOT NULL,
  PRIMARY KEY (kind, id));

-- Without creators whom the user blocked or reported, or who blocked the user, since it was computed.
CREATE VIEW feed.user_affinity AS
SELECT a.user_id,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('creator_id', c.id, 'weight', c.weight) ORDER BY c.place), '[]')
    FROM unnest(a.creator_ids, a.creator_weights) WITH ORDINALITY AS c(id, weight, place)
    WHERE NOT EXISTS (SELECT FROM app.blocks AS b WHERE b.blocker_id = a.user_id AND b.blocked_id = c.id)
      AND NOT EXISTS (SELECT FROM app.blocks AS b WHERE b.blocker_id = c.id AND b.blocked_id = a.user_id)
      AND NOT EXISTS (SELECT FROM app.reports AS r WHERE r.reporter_id = a.user_id AND r.reported_user_id = c.id)
  ) AS top_creators,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('topic', t.tag, 'weight', o.weight) ORDER BY o.place), '[]')
    FROM unnest(a.topic_ids, a.topic_weights) WITH ORDINALITY AS o(id, weight, place)
    JOIN feed.topic AS t ON t.id = o.id) AS top_topics,
  (SELECT coalesce(jsonb_object_agg(s.content_type, s.share), '{}')
    FROM unnest(a.content_types, a.content_type_shares) AS s(content_type, share)) AS content_type_prefs,
  a.engagement_velocity, a.exploration_factor, a.actions, a.computed_at, a.algorithm_version
FROM feed.affinity_profile AS a;
"""

FEEDS = """
-- A user's feed, one packed row a segment. Read it through feed.feed_page.
CREATE TABLE feed.feed_presorted (
  user_id bigint NOT NULL,
  segment int NOT NULL,                        -- from 1
  kinds int[] NOT NULL,                        -- 0 post; match cards: 1 new match, 2 revived conversation, 3 suggestion
  item_ids bigint[] NOT NULL,                  -- the post, or the other user
  scores real[] NOT NULL,                      -- feed score of a post, match score of a suggestion, else 0
  fingerprint bigint NOT NULL,                 -- of all above: an unchanged segment is not written again
  computed_at timestamptz NOT NULL,
  algorithm_version text NOT NULL,
  PRIMARY KEY (user_id, segment));
ALTER TABLE feed.feed_presorted
  ALTER kinds SET STORAGE EXTERNAL, ALTER item_ids SET STORAGE EXTERNAL, ALTER scores SET STORAGE EXTERNAL;

-- One segment of somebody's feed as it may be shown now: what was blocked, reported, hidden, deleted or flagged since
-- it was sorted is left out, as is who has left, and a suggestion that was decided about. `slot` counts within the
-- segment, from 1, and skips what is left out. In PL/pgSQL because that keeps its plan.
CREATE FUNCTION feed.feed_page(viewer bigint, page int)
RETURNS TABLE (slot int, card text, post_id bigint, user_id bigint, score real, computed_at timestamptz)
LANGUAGE plpgsql STABLE ROWS 20 AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT i.slot::int, (ARRAY['post', 'new_match', 'revived_conversation', 'suggestion'])[i.kind + 1], p.id, o.user_id,
    i.score, s.computed_at
  FROM feed.feed_presorted AS s
  CROSS JOIN LATERAL unnest(s.kinds, s.item_ids, s.scores) WITH ORDINALITY AS i(kind, id, score, slot)
  LEFT JOIN app.posts AS p ON i.kind = 0 AND p.id = i.id AND p.deleted_at IS NULL
  CROSS JOIN LATERAL (SELECT CASE WHEN i.kind = 0 THEN p.author_id ELSE i.id END AS user_id) AS o
  WHERE s.user_id = viewer AND s.segment = page
    AND EXISTS (SELECT FROM app.users AS u WHERE u.id = o.user_id AND u.is_active
      AND (i.kind IN (1, 2) OR u.visibility = 'public'))
    AND NOT EXISTS (SELECT FROM app.blocks AS b WHERE b.blocker_id = viewer AND b.blocked_id = o.user_id)
    AND NOT EXISTS (SELECT FROM app.blocks AS b WHERE b.blocker_id = o.user_id AND b.blocked_id = viewer)
    AND NOT EXISTS (SELECT FROM feed.event_outbox AS e WHERE e.kind IN ('user.blocked', 'user.reported')
      AND e.user_id = viewer AND e.other_id = o.user_id)
    AND NOT EXISTS (SELECT FROM feed.event_outbox AS e WHERE e.kind IN ('user.blocked', 'user.reported')
      AND e.user_id = o.user_id AND e.other_id = viewer)
    AND NOT EXISTS (SELECT FROM app.reports AS r WHERE r.reporter_id = viewer
      AND (r.reported_post_id = p.id OR r.reported_user_id = o.user_id))
    AND NOT EXISTS (SELECT FROM app.reports AS r WHERE r.reported_user_id = viewer AND r.reporter_id = o.user_id)
    AND NOT EXISTS (SELECT FROM app.hides AS h WHERE h.user_id = viewer
      AND (h.hidden_post_id = p.id OR h.hidden_user_id = o.user_id))
    AND NOT EXISTS (SELECT FROM feed.content_feature AS f WHERE f.post_id = p.id AND f.nsfw_flagged)
    AND (i.kind <> 3 OR NOT EXISTS (SELECT FROM app.decisions AS d
      WHERE d.user_id = viewer AND d.target_id = o.user_id AND d.decision IN ('like', 'pass')))
  ORDER BY i.slot;
END $$;
"""


def upgrade() -> None:
    for statements in (CONTENT, TRENDING, AFFINITY, FEEDS):
        op.execute(statements)


def downgrade() -> None:
    op.execute("""
      DROP FUNCTION feed.feed_page; DROP VIEW feed.user_affinity, feed.trending_now, feed.post_feature;
      DROP TABLE feed.feed_presorted, feed.affinity_reach, feed.affinity_profile, feed.trending_post, feed.content_feature,
        feed.term_frequency, feed.topic;
    """)
