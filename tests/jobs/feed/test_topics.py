"""Topics as codes: in the order of the tags, and back."""

from __future__ import annotations

import numpy as np
import psycopg

from orchestrator.jobs.feed.topics import Topics, fetch_topics


def test_codes_stand_in_the_order_of_the_tags_by_code_point(connection: psycopg.Connection) -> None:
    connection.execute("INSERT INTO feed.topic (tag) VALUES ('jazz'), ('Zoo'), ('élan'), ('art')")
    tags: dict[int, str] = dict(connection.execute("SELECT id, tag FROM feed.topic").fetchall())
    topics = fetch_topics(connection)
    assert [tags[topic] for topic in topics.ids.tolist()] == ["Zoo", "art", "jazz", "élan"]


def test_rows_of_ids_become_rows_of_codes_without_those_that_are_gone() -> None:
    topics = Topics.of(np.array([30, 10, 20], np.int32))
    codes, offsets = topics.codes(
        np.array([10, 20, 99, 30, 5], np.int32), np.array([0, 1, 1, 3, 5], np.int64)
    )
    assert codes.tolist() == [1, 2, 0]
    assert offsets.tolist() == [0, 1, 1, 2, 3]
    assert topics.ids[codes].tolist() == [10, 20, 30]


def test_without_topics_no_row_has_any(connection: psycopg.Connection) -> None:
    topics = fetch_topics(connection)
    codes, offsets = topics.codes(np.array([1, 2], np.int32), np.array([0, 1, 2], np.int64))
    assert (len(topics), codes.tolist(), offsets.tolist()) == (0, [], [0, 0, 0])
