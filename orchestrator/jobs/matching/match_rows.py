"""From match lists to rows of feed.match_list, and what of a viewer's data a row was computed from."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass, fields
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from feedscore import Column, MatchLists, MatchSettings, Population, fingerprint_rows, reference
from feedscore.population import Int64, UInt32

from .people import People

LIST_LENGTH = 200


@dataclass(frozen=True, eq=False)
class Packer:
    """Turns the kernel's lists into columns of feed.match_list."""

    people: People
    inputs: Int64
    """Fingerprint of each person's own data and the settings."""
    by_rarity: Int64
    """Interest codes, the rarest first."""
    rarity: Int64
    """Place of each interest code in `by_rarity`."""

    @classmethod
    def of(cls, people: People, settings: MatchSettings, version: str) -> Packer:
        """Prepare what all lists share."""
        rarity = reference.interest_rarity(people.population)
        return cls(people, viewer_inputs(people, settings, version), np.argsort(rarity), rarity)

    def columns(self, lists: MatchLists) -> list[Column]:
        """Make the columns of some viewers' lists, from viewer_id to fingerprint."""
        population, viewers = self.people.population, lists.viewers
        interests, interest_offsets = self._interests(viewers)
        goals, goal_offsets = _goals(population.goals[viewers])
        content = [
            Column("viewer_id", "int8", population.ids[viewers]),
            Column("candidate_ids", "int8[]", lists.candidate_ids, lists.offsets),
            Column("scores", "float4[]", lists.scores, lists.offsets),
            Column("facts", "int8[]", lists.facts, lists.offsets),
            Column(
                "interests", "text[]", interests, interest_offsets, vocabulary=self.people.interests.slugs
            ),
            Column("goals", "text[]", goals, goal_offsets, vocabulary=self.people.vocabulary.goals),
            Column("inputs", "int8", self.inputs[viewers]),
        ]
        return [*content, Column("fingerprint", "int8", fingerprint_rows(content))]

    def _interests(self, viewers: UInt32) -> tuple[Int64, Int64]:
        """List the viewers' interest codes, the rarest first, as CSR."""
        start, stop = self._spans(viewers)
        offsets = np.concatenate([[0], np.cumsum(stop - start)]).astype(np.int64)
        person = np.repeat(np.arange(len(viewers)), stop - start)
        places = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - start, stop - start)
        keys = person << 16 | self.rarity[self.people.population.interest_codes[places]]
        keys.sort()
        return self.by_rarity[keys & 0xFFFF], offsets

    def _spans(self, viewers: UInt32) -> tuple[Int64, Int64]:
        offsets = self.people.population.interest_offsets
        rows = viewers.astype(np.int64)
        return offsets[rows], offsets[rows + 1]


def viewer_inputs(people: People, settings: MatchSettings, version: str, ids: Int64 | None = None) -> Int64:
    """Fingerprint each person's own data, with the settings and the version: a change makes a list stale.

    Left out is what moves by itself with the days, such as the fading of hides, and everything about others.
    `ids` are those of the rows that sparse columns name, unless they name rows of `people`.
    """
    p = people.population
    ids = p.ids if ids is None else ids
    excluded, _ = _by_id(p.excluded_offsets, p.excluded_rows, ids)
    hidden, hides = _by_id(p.hidden_offsets, p.hidden_rows, ids)
    columns = [
        Column("active", "bool", p.active),
        Column("age", "int2", p.age.astype(np.int16)),
        Column("words", "int8", people.words),
        Column("min_age", "int2", p.min_age),
        Column("max_age", "int2", p.max_age),
        Column("placed", "bool", p.placed),
        Column("latitude", "float8", p.latitude),
        Column("longitude", "float8", p.longitude),
        Column("max_distance_km", "float4", p.max_distance_km),
        Column("traits", "bytea", _bytes(p.traits)),
        Column("interests", "int8[]", people.interests.ids[p.interest_codes], p.interest_offsets),
        Column("rating_preference", "bytea", _bytes(p.rating_preference)),
        Column("excluded", "int8[]", excluded, p.excluded_offsets),
        Column("hidden", "int8[]", hidden, p.hidden_offsets),
        Column("hidden_at", "int8[]", people.hidden_at[hides], p.hidden_offsets),
    ]
    seed = hashlib.blake2b(repr((version, LIST_LENGTH, astuple(settings))).encode(), digest_size=8)
    return fingerprint_rows(columns, int.from_bytes(seed.digest(), "little"))


def _by_id(offsets: Int64, rows: UInt32, ids: Int64) -> tuple[Int64, Int64]:
    """Give the ids that CSR columns name, ascending within each row of theirs, and the order of the entries."""
    named = ids[rows] if len(rows) else np.empty(0, np.int64)
    order = np.lexsort((named, np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))))
    return named[order], order


def people_digest(people: People) -> str:
    """Condense everybody's data."""
    digest = hashlib.blake2b(repr((people.interests.slugs, people.vocabulary.goals)).encode(), digest_size=16)
    for column in (getattr(people.population, field.name) for field in fields(Population)):
        digest.update(b"" if column is None else np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


def run_inputs(
    everybody: str, viewers: UInt32, settings: MatchSettings, version: str, as_of: datetime
) -> str:
    """Condense everything that the rows of a run follow from: equal for equal rows in equal batches.

    `everybody` is the digest of everybody's data.
    """
    told = (version, LIST_LENGTH, astuple(settings), as_of.isoformat(), everybody)
    digest = hashlib.blake2b(repr(told).encode(), digest_size=16)
    digest.update(viewers.tobytes())
    return digest.hexdigest()


def _goals(masks: NDArray[np.uint64]) -> tuple[Int64, Int64]:
    """List the set bits of each mask, ascending, as CSR."""
    bits = (masks[:, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)
    return np.nonzero(bits)[1], np.concatenate([[0], np.cumsum(bits.sum(axis=1))]).astype(np.int64)


def _bytes(vectors: NDArray[np.float32]) -> NDArray[np.uint8]:
    rows, width = vectors.shape
    return np.ascontiguousarray(vectors, "<f4").view(np.uint8).reshape(rows, 4 * width)
