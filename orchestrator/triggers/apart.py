"""Take two users out of each other's lists and feeds, before anything else is done about it."""

from __future__ import annotations

import psycopg

# The pair leaves both lists. A fingerprint of 0 is that of no list, so the next run writes the list anew.
LEAVE_LISTS = """
UPDATE feed.match_list AS l SET
  candidate_ids = kept.ids, scores = kept.scores, facts = kept.facts, fingerprint = 0, computed_at = clock_timestamp()
FROM (
  SELECT m.viewer_id, coalesce(array_agg(c.id ORDER BY c.place) FILTER (WHERE c.id <> p.other), '{}') AS ids,
    coalesce(array_agg(c.score ORDER BY c.place) FILTER (WHERE c.id <> p.other), '{}') AS scores,
    coalesce(array_agg(c.fact ORDER BY c.place) FILTER (WHERE c.id <> p.other), '{}') AS facts
  FROM unnest(%(one)s::bigint[], %(other)s::bigint[]) AS p(one, other)
  JOIN feed.match_list AS m ON m.viewer_id = p.one AND p.other = ANY (m.candidate_ids)
  CROSS JOIN LATERAL unnest(m.candidate_ids, m.scores, m.facts) WITH ORDINALITY AS c(id, score, fact, place)
  GROUP BY m.viewer_id) AS kept
WHERE l.viewer_id = kept.viewer_id
"""
# Cards of the other one, and posts by them, leave both feeds.
LEAVE_FEEDS = """
UPDATE feed.feed_presorted AS s SET
  kinds = kept.kinds, item_ids = kept.ids, scores = kept.scores, fingerprint = 0, computed_at = clock_timestamp()
FROM (
  SELECT f.user_id, f.segment,
    coalesce(array_agg(i.kind ORDER BY i.place) FILTER (WHERE NOT i.goes), '{}') AS kinds,
    coalesce(array_agg(i.id ORDER BY i.place) FILTER (WHERE NOT i.goes), '{}') AS ids,
    coalesce(array_agg(i.score ORDER BY i.place) FILTER (WHERE NOT i.goes), '{}') AS scores
  FROM unnest(%(one)s::bigint[], %(other)s::bigint[]) AS p(one, other)
  JOIN feed.feed_presorted AS f ON f.user_id = p.one
  CROSS JOIN LATERAL (
    SELECT u.kind, u.id, u.score, u.place,
      CASE WHEN u.kind = 0 THEN EXISTS (SELECT FROM app.posts AS a WHERE a.id = u.id AND a.author_id = p.other)
        ELSE u.id = p.other END AS goes
    FROM unnest(f.kinds, f.item_ids, f.scores) WITH ORDINALITY AS u(kind, id, score, place)) AS i
  GROUP BY f.user_id, f.segment HAVING bool_or(i.goes)) AS kept
WHERE s.user_id = kept.user_id AND s.segment = kept.segment
"""


def set_apart(connection: psycopg.Connection, one: int, other: int) -> int:
    """Remove each of two users from the other's list and feed; tell how many rows changed."""
    pairs = {"one": [one, other], "other": [other, one]}
    return sum(connection.execute(statement, pairs).rowcount for statement in (LEAVE_LISTS, LEAVE_FEEDS))
