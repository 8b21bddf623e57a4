"""Reads who might stand on match cards: new matches, revived conversations, and suggestions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import psycopg
from numpy.typing import NDArray

from feedscore import FeedSettings
from feedscore.population import Bool, Int64

from ...db.columns import Columns, fetch
from ..grouped import owners
from ..ids import rows_of
from .feed_presort_cards import Candidates, ItemKind
from .feed_presort_posts import Moments

EVERYBODY = "true"
# Matches of the last days.
MATCHES = """
SELECT user_a, user_b, created_at FROM app.matches
WHERE created_at >= %(since)s AND created_at <= %(now)s AND user_a IS NOT NULL AND user_b IS NOT NULL
  AND {scope}
"""
OF_MATCHES = "(user_a = ANY (%(users)s) OR user_b = ANY (%(users)s))"
# Pairs of whom one wrote lately, for the first time after a silence, and when; what is off the record is no message.
REVIVED = """
WITH recent AS (
  SELECT least(sender_id, recipient_id) AS a, greatest(sender_id, recipient_id) AS b, min(sent_at) AS again_at
  FROM app.messages
  WHERE sent_at >= %(since)s AND sent_at <= %(now)s AND NOT off_the_record AND sender_id <> recipient_id
    AND {scope}
  GROUP BY 1, 2)
SELECT r.a, r.b, r.again_at FROM recent AS r
CROSS JOIN LATERAL (
  SELECT greatest(
    (SELECT m.sent_at FROM app.messages AS m
      WHERE m.sender_id = r.a AND m.recipient_id = r.b AND m.sent_at < r.again_at AND NOT m.off_the_record
      ORDER BY m.sent_at DESC LIMIT 1),
    (SELECT m.sent_at FROM app.messages AS m
      WHERE m.sender_id = r.b AND m.recipient_id = r.a AND m.sent_at < r.again_at AND NOT m.off_the_record
      ORDER BY m.sent_at DESC LIMIT 1)) AS sent_at) AS before
WHERE before.sent_at <= r.again_at - %(silence)s
"""
OF_MESSAGES = "(sender_id = ANY (%(users)s) OR recipient_id = ANY (%(users)s))"
PAIR_KINDS = {"a": "int8", "b": "int8", "at": "timestamptz"}
# Lists whose best candidate is good enough.
SUGGESTED = """
SELECT viewer_id, candidate_ids, scores FROM feed.match_list
WHERE viewer_id = ANY (%(users)s) AND scores[1] >= %(least)s::real
"""
SUGGESTED_KINDS = {"viewer": "int8", "candidates": "int8[]", "scores": "float4[]"}
# Of pairs of viewer and candidate, given as places in two lists, those that the viewer has decided about or matched
# with since the match list was made.
DECIDED = """
SELECT s.place FROM unnest(%(viewers)s, %(candidates)s) WITH ORDINALITY AS s(viewer, candidate, place)
WHERE EXISTS (SELECT FROM app.decisions AS d
    WHERE d.user_id = s.viewer AND d.target_id = s.candidate AND d.decision IN ('like', 'pass'))
  OR EXISTS (SELECT FROM app.matches AS m WHERE m.user_a = s.viewer AND m.user_b = s.candidate)
  OR EXISTS (SELECT FROM app.matches AS m WHERE m.user_b = s.viewer AND m.user_a = s.candidate)
"""
SUGGESTIONS_CONSIDERED = 20
"""Of each viewer, the best: enough to fill three cards even after some were decided about since."""
ROWS_PER_CHUNK = 2_000


@dataclass(frozen=True, eq=False)
class Encounters:
    """What happened lately between people, both ways, by ascending user."""

    kind: ItemKind
    user_ids: Int64
    other_ids: Int64
    at: NDArray[np.datetime64]

    @classmethod
    def of(cls, kind: ItemKind, found: Columns) -> Encounters:
        """Turn pairs into both directions."""
        a, b, at = found.int64("a"), found.int64("b"), found.instants("at")
        users = np.concatenate([a, b])
        order = np.argsort(users, kind="stable")
        return cls(kind, users[order], np.concatenate([b, a])[order], np.concatenate([at, at])[order])

    def among(self, viewers: Int64) -> Candidates:
        """Give those of some viewers, given by ascending id; the latest comes first."""
        rows, known = rows_of(viewers, self.user_ids)
        return Candidates(
            self.kind,
            rows,
            self.other_ids[known],
            -self.at[known].astype(np.int64).astype(np.float64),
            np.zeros(len(rows), np.float32),
        )


def fetch_encounters(
    connection: psycopg.Connection, moments: Moments, settings: FeedSettings, users: Int64 | None
) -> tuple[Encounters, Encounters]:
    """Read the new matches and revived conversations of everybody, or of some people."""
    params: dict[str, object] = {"now": moments.now, "users": users}
    since = moments.ago(days=settings.new_match_days)
    matches = MATCHES.format(scope=EVERYBODY if users is None else OF_MATCHES)
    matched = fetch(
        connection, matches, PAIR_KINDS, {**params, "since": since}, rows_per_chunk=ROWS_PER_CHUNK
    )
    since = moments.ago(hours=settings.revived_message_h)
    silence = timedelta(days=settings.revived_silence_days)
    messages = REVIVED.format(scope=EVERYBODY if users is None else OF_MESSAGES)
    params = {**params, "since": since, "silence": silence}
    revived = fetch(connection, messages, PAIR_KINDS, params, rows_per_chunk=ROWS_PER_CHUNK)
    return (
        Encounters.of(ItemKind.NEW_MATCH, matched),
        Encounters.of(ItemKind.REVIVED_CONVERSATION, revived),
    )


def fetch_suggestions(connection: psycopg.Connection, viewers: Int64, least: float) -> Candidates:
    """Read the candidates of some viewers, given by ascending id, whose match score is at least `least`."""
    params = {"users": viewers, "least": least}
    found = fetch(connection, SUGGESTED, SUGGESTED_KINDS, params, rows_per_chunk=ROWS_PER_CHUNK)
    others, offsets = found.int64_lists("candidates")
    scores, _ = found.float32_lists("scores")
    places = np.arange(len(others)) - np.repeat(offsets[:-1], np.diff(offsets))
    good = (scores >= np.float32(least)) & (places < SUGGESTIONS_CONSIDERED)
    viewer, others, scores = owners(found, "viewer", "candidates")[good], others[good], scores[good]
    fresh = _undecided(connection, viewer, others)
    return Candidates(
        ItemKind.SUGGESTION,
        rows_of(viewers, viewer[fresh])[0],
        others[fresh],
        -scores[fresh].astype(np.float64),
        scores[fresh],
    )


def _undecided(connection: psycopg.Connection, viewers: Int64, candidates: Int64) -> Bool:
    fresh = np.ones(len(viewers), bool)
    if len(viewers):
        pairs = {"viewers": viewers, "candidates": candidates}
        found = fetch(connection, DECIDED, {"place": "int8"}, pairs, rows_per_chunk=ROWS_PER_CHUNK)
        fresh[found.int64("place") - 1] = False
    return fresh
