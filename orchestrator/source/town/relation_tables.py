"""What people did about each other, as rows of the application's tables."""

from __future__ import annotations

from collections.abc import Iterator

from feedscore import Column

from ..rows import TableRows, ids, times, values, words
from .make import Town
from .relations import Pairs
from .visits import make_follows, make_profile_views
from .words import REPORT_REASONS


def relation_tables(town: Town) -> Iterator[TableRows]:
    """Give decisions, matches, blocks, reports, hides, profile views and follows."""
    relations = town.relations
    decision = words("decision", ("pass", "like"), relations.liked)
    reason = words("reason", REPORT_REASONS, relations.report_reason)
    decisions, blocks = relations.decisions, relations.blocks
    yield TableRows("decisions", (*_pairs(town, decisions, "user_id", "target_id"), decision))
    yield _numbered(town, "matches", relations.matches, "user_a", "user_b")
    yield TableRows("blocks", _pairs(town, blocks, "blocker_id", "blocked_id"))
    reports = _numbered(town, "reports", relations.reports, "reporter_id", "reported_user_id")
    yield TableRows("reports", (*reports.columns, reason))
    yield _numbered(town, "hides", relations.hides, "user_id", "hidden_user_id")
    views = make_profile_views(town.encounters, town.seed)
    yield TableRows(
        "profile_views", (ids(len(views)), *_pairs(town, views, "viewer_id", "viewed_id", "viewed_at"))
    )
    follows = make_follows(town.people, town.activity.audience, town.seed, town.now.timestamp())
    yield TableRows("follows", _pairs(town, follows, "follower_id", "followee_id"))


def _pairs(town: Town, pairs: Pairs, one: str, other: str, at: str = "created_at") -> tuple[Column, ...]:
    ids_of = town.people.ids
    return (
        values(one, ids_of[pairs.one]),
        values(other, ids_of[pairs.other]),
        times(at, pairs.at),
    )


def _numbered(town: Town, table: str, pairs: Pairs, one: str, other: str) -> TableRows:
    return TableRows(table, (ids(len(pairs)), *_pairs(town, pairs, one, other)))
