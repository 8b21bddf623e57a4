"""What each job writes, as rows that can be compared: all columns but the time of computing, topics by their tags."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.registry import Job

# A later run rightly computes later.
TIMES = "{computed_at}"
WITH_TAGS = "SELECT to_jsonb(r) - '{computed_at,topic_ids}'::text[], ARRAY({tags}) FROM {table} AS r"
# Numbers of topics that were given once are not given again.
BY_TAG: Mapping[str, str] = {
    "feed.content_feature": WITH_TAGS,
    "feed.affinity_profile": WITH_TAGS,
    "feed.affinity_reach": """SELECT kind, coalesce(t.tag, r.id::text), users FROM feed.affinity_reach AS r
      LEFT JOIN feed.topic AS t ON r.kind = 2 AND t.id = r.id""",
}
TAGS = """SELECT t.tag FROM unnest(r.topic_ids) WITH ORDINALITY AS o(topic, place)
  JOIN feed.topic AS t ON t.id = o.topic ORDER BY o.place"""
# What earlier runs put there is no part of what a run computes: topics keep their numbers, and profiles are analysed when
# they are due, once in an hour at most.
KEPT = frozenset({"feed.topic", "feed.profile_analysis"})


def rows_of(table: str) -> str:
    """A SELECT of the rows of a table of schema feed, as they must be again after another run over the same data."""
    known = BY_TAG.get(table, f"SELECT to_jsonb(r) - '{TIMES}'::text[] FROM {{table}} AS r")
    return known.replace("{tags}", TAGS).replace("{table}", table)


def tables_of(job: Job) -> list[str]:
    """The tables that a job writes, without those that keep what earlier runs wrote."""
    return [table for table in job.writes if table not in KEPT]
