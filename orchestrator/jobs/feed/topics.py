"""Topics as the kernels count them: codes in the order of the tags, and the ids of feed.topic they stand for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import psycopg

from feedscore.population import Bool, Int32, Int64, UInt32

from ...db.columns import fetch

# All topics by code point, as the column is collated: a tie by place is a tie by tag.
TOPICS = "SELECT id FROM feed.topic ORDER BY tag"


@dataclass(frozen=True, eq=False)
class Topics:
    """All topics there are; the code of one is its place among them by ascending tag."""

    ids: Int32
    """(n,) the id in feed.topic of each code."""
    sorted_ids: Int32
    """(n,) the same, ascending."""
    sorted_codes: UInt32
    """(n,) the code of each of `sorted_ids`."""

    @classmethod
    def of(cls, ids: Int32) -> Topics:
        """Take the ids in the order of their tags."""
        order = np.argsort(ids, kind="stable")
        return cls(ids, ids[order], order.astype(np.uint32))

    def __len__(self) -> int:
        return len(self.ids)

    def codes_of(self, topic_ids: Int32 | Int64) -> tuple[UInt32, Bool]:
        """Give the codes of those ids that are a topic, and tell which are."""
        if not len(self):
            return np.empty(0, np.uint32), np.zeros(len(topic_ids), np.bool_)
        places = np.minimum(np.searchsorted(self.sorted_ids, topic_ids), len(self) - 1)
        known = np.asarray(self.sorted_ids[places] == topic_ids)
        return self.sorted_codes[places[known]], known

    def codes(self, topic_ids: Int32, offsets: Int64) -> tuple[UInt32, Int64]:
        """Translate rows of ids, as CSR, into rows of codes; ids that are no topic are left out."""
        codes, known = self.codes_of(topic_ids)
        if known.all():
            return codes, offsets
        return codes, np.concatenate([[0], np.cumsum(known)]).astype(np.int64)[offsets]


def fetch_topics(connection: psycopg.Connection) -> Topics:
    """Read all topics."""
    return Topics.of(fetch(connection, TOPICS, {"id": "int4"}, rows_per_chunk=2_000).int32("id"))
