"""Runs, traits, interest sets, ratings and match lists."""

from alembic import op

revision = "0001"
down_revision = None

RUNS = """
CREATE TABLE feed.job_run (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job text NOT NULL,
  job_group text NOT NULL,
  scope text NOT NULL,                         -- all, or which users
  as_of timestamptz NOT NULL,                  -- the time the job computed for
  trigger text NOT NULL CHECK (trigger IN ('MANUAL', 'CRON', 'EVENT')),
  status text NOT NULL CHECK (status IN ('RUNNING', 'SUCCESS', 'FAILED', 'CANCELLED', 'SKIPPED')),
  attempt int NOT NULL DEFAULT 1,
  resumed_from bigint,                         -- the run whose batches this one did not repeat
  started_at timestamptz NOT NULL,
  heartbeat_at timestamptz NOT NULL,
  finished_at timestamptz,
  duration_ms bigint,
  items_processed bigint NOT NULL DEFAULT 0,
  items_failed bigint NOT NULL DEFAULT 0,
  algorithm_version text NOT NULL,
  parameters jsonb NOT NULL DEFAULT '{}',
  metadata jsonb NOT NULL DEFAULT '{}',        -- rows scanned and written, and what else the job tells
  error text,
  host text NOT NULL,
  pid int NOT NULL);
CREATE INDEX job_run_by_job ON feed.job_run (job, scope, id DESC);
CREATE INDEX job_run_by_time ON feed.job_run (started_at);

-- One row for each batch that a run has committed; gone when the run has succeeded.
CREATE TABLE feed.job_batch (
  run_id bigint NOT NULL REFERENCES feed.job_run ON DELETE CASCADE,
  stage text NOT NULL,
  inputs text NOT NULL,                        -- fingerprint of what the batches were cut from
  total bigint NOT NULL,                       -- items that were cut, ...
  size int NOT NULL,                           -- ... into batches of so many
  batch int NOT NULL,
  written bigint NOT NULL,
  PRIMARY KEY (run_id, stage, batch));
"""

TRAITS = """
-- The axes of feed.user_trait.traits, in order.
CREATE TABLE feed.trait (
  position smallint PRIMARY KEY,
  trait text NOT NULL UNIQUE,
  mean double precision NOT NULL,              -- over the users who answered one of its questions
  people bigint NOT NULL,
  computed_at timestamptz NOT NULL,
  algorithm_version text NOT NULL);

CREATE TABLE feed.user_trait (
  user_id bigint PRIMARY KEY,
  traits bytea NOT NULL,                       -- little-endian float32, one an axis; unit length, or zeros
  answered int NOT NULL,
  computed_at timestamptz NOT NULL,
  algorithm_version text NOT NULL);
ALTER TABLE feed.user_trait ALTER traits SET STORAGE PLAIN;
"""

INTERESTS = """
CREATE TABLE feed.user_interest_set (
  user_id bigint PRIMARY KEY,
  interest_ids bigint[] NOT NULL,              -- ascending, at most 500
  chosen int NOT NULL,                         -- how many the user chose, before the cut at 500
  computed_at timestamptz NOT NULL,
  algorithm_version text NOT NULL);
ALTER TABLE feed.user_interest_set ALTER interest_ids SET STORAGE EXTERNAL;
"""

RATINGS = """
-- The axes of the rating arrays and vectors, in order, with the means over all ratings given.
CREATE TABLE feed.rating_attribute (
  position smallint PRIMARY KEY,               -- from 0; -1 = overall, which is no axis
  attribute text NOT NULL UNIQUE,
  mean double precision NOT NULL,
  ratings bigint NOT NULL,
  computed_at timestamptz NOT NULL,
  algorithm_version text NOT NULL);

CREATE TABLE feed.profile_rating_aggregate (
  user_id bigint PRIMARY KEY,
  overall_mean real,                           -- NULL: no overall rating received
  overall_count int NOT NULL,
  quality real NOT NULL,                       -- Bayesian mean of the overall ratings, scaled to 0..1
  attribute_means real[] NOT NULL,             -- NaN: no rating of this attribute
  attribute_counts int[] NOT NULL,
  computed_at timestamptz NOT NULL,
  algorithm_version text NOT NULL);

CREATE TABLE feed.user_rating_preference (
  user_id bigint PRIMARY KEY,
  preference bytea NOT NULL,                   -- little-endian float32, one an attribute; unit length, or zeros
  rated_count int NOT NULL,
  computed_at timestamptz NOT NULL,
  algorithm_version text NOT NULL);
"""

MATCHES = """
-- The truth about suggestions: one packed row a viewer, best first. Read it through feed.match_score.
CREATE TABLE feed.match_list (
  viewer_id bigint PRIMARY KEY,
  candidate_ids bigint[] NOT NULL,
  scores real[] NOT NULL,
  facts bigint[] NOT NULL,                     -- tier and reasons, unpacked by the functions below
  interests text[] NOT NULL,                   -- the viewer's, rarest first; the facts refer to places in it
  goals text[] NOT NULL,                       -- the viewer's, in the order the facts refer to
  inputs bigint NOT NULL,                      -- fingerprint of the viewer's own data and the settings: see --stale
  fingerprint bigint NOT NULL,                 -- of all above: an unchanged list is not written again
  computed_at timestamptz NOT NULL,
  algorithm_version text NOT NULL);
ALTER TABLE feed.match_list
  ALTER candidate_ids SET STORAGE EXTERNAL, ALTER scores SET STORAGE EXTERNAL, ALTER facts SET STORAGE EXTERNAL;

-- Spells the reasons of one suggestion; the layout is that of feedscore.facts. In plpgsql, since a SQL function would
-- be planned anew with every query that reads the view: 1 ms instead of 0.2 ms for one viewer's best 20.
CREATE FUNCTION feed.match_reasons(facts bigint, interests text[], goals text[]) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
DECLARE
  spelled text[] := '{}';
  slots int := facts & 262143;
  place int;
BEGIN
  WHILE slots > 0 LOOP
    CASE slots & 7
      WHEN 1 THEN spelled := spelled || ('quiz_compatible_' || (60 + (facts >> 18 & 63)));
      WHEN 2 THEN
        FOR i IN 0..2 LOOP
          place := facts >> (35 + 9 * i) & 511;
          EXIT WHEN place = 0;
          spelled := spelled || ('shared_interest_' || interests[place]);
        END LOOP;
      WHEN 3 THEN spelled := spelled || ('nearby_' || (facts >> 24 & 31) || 'km');
      WHEN 4 THEN spelled := spelled || ('shared_goal_' || goals[1 + (facts >> 29 & 63)]);
      WHEN 5 THEN spelled := spelled || 'highly_rated'::text;
      WHEN 6 THEN spelled := spelled || 'new_here'::text;
      ELSE NULL;
    END CASE;
    slots := slots >> 3;
  END LOOP;
  RETURN spelled;
END $$;

CREATE VIEW feed.match_score AS
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
  AND NOT EXISTS (SELECT FROM app.blocks AS b WHERE b.blocker_id = c.candidate_user_id AND b.blocked_id = l.viewer_id);
"""


def upgrade() -> None:
    for statements in (RUNS, TRAITS, INTERESTS, RATINGS, MATCHES):
        op.execute(statements)


def downgrade() -> None:
    op.execute("""
      DROP VIEW feed.match_score; DROP FUNCTION feed.match_reasons;
      DROP TABLE feed.match_list, feed.user_rating_preference, feed.profile_rating_aggregate, feed.rating_attribute,
        feed.user_interest_set, feed.user_trait, feed.trait, feed.job_batch, feed.job_run;
    """)
