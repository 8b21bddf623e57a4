"""Messages, events, posts and media, as rows of the application's tables."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from feedscore import Column
from feedscore.posts import UNKNOWN_DWELL_MS, EventKind

from ..rows import TableRows, ids, moments, texts, times, values, words
from .activity import EventChunk
from .bodies import bodies
from .conversations import make_letters
from .make import Town
from .media import MIME_TYPES, make_media
from .phrases import MESSAGES
from .posts import CONTENT_TYPES, TownPosts
from .streams import Part, pieces, stream
from .tags import make_tags
from .tallies import Tallies
from .words import REPORT_REASONS

POSTS_AT_ONCE = 1 << 15
KINDS = tuple(kind.name.lower() for kind in EventKind)


def feed_tables(town: Town) -> Iterator[TableRows]:
    """Give messages, events, what was reported and hidden, posts and their media."""
    yield _messages(town)
    posts = town.activity.posts
    tallies = Tallies(len(town), len(posts))
    for chunk in town.activity.chunks():
        tallies.add(chunk)
        yield _events(chunk)
    yield _reports(town, tallies)
    yield _hides(town, tallies)
    likes, media_id = tallies.likes(), 1
    for rows in pieces(len(posts), POSTS_AT_ONCE):
        media = make_media(posts, rows, town.seed)
        counts = (
            values("media_count", media.count),
            values("like_count", likes[rows]),
            values("comment_count", tallies.comments[rows]),
            values("share_count", tallies.shares[rows]),
        )
        yield TableRows("posts", (*_posts(town, posts, rows), *counts))
        yield TableRows(
            "media",
            (
                values("id", np.arange(media_id, media_id + len(media), dtype=np.int64)),
                values("owner_id", posts.author[media.post] + 1),
                values("post_id", media.post + 1),
                texts("uri", media.uris()),
                words("mime_type", MIME_TYPES, media.mime_type),
                values("bytes", media.bytes, media.bytes < 0),
                times("created_at", posts.created_at[media.post]),
            ),
        )
        media_id += len(media)


def _messages(town: Town) -> TableRows:
    letters = make_letters(town.relations.matches, town.seed, town.until.timestamp())
    return TableRows(
        "messages",
        (
            ids(len(letters.sender)),
            values("sender_id", letters.sender + 1),
            values("recipient_id", letters.recipient + 1),
            times("sent_at", letters.at),
            values("off_the_record", letters.off_the_record),
            words("body", MESSAGES, letters.text),
        ),
    )


def _events(chunk: EventChunk) -> TableRows:
    events = chunk.events
    return TableRows(
        "post_events",
        (
            values("id", chunk.ids),
            values("user_id", events.user_ids),
            values("post_id", events.post_ids),
            words("kind", KINDS, events.kinds),
            values("dwell_ms", events.dwell_ms, events.dwell_ms == UNKNOWN_DWELL_MS),
            moments("occurred_at", events.occurred_at),
        ),
    )


def _reports(town: Town, tallies: Tallies) -> TableRows:
    """Number them after the reports of people."""
    pairs = tallies.pairs(EventKind.REPORT)
    reasons = stream(town.seed, Part.REASONS).integers(0, len(REPORT_REASONS), len(pairs))
    return TableRows(
        "reports",
        (
            values("id", len(town.relations.reports) + 1 + np.arange(len(pairs))),
            values("reporter_id", pairs.one + 1),
            values("reported_post_id", pairs.other + 1),
            times("created_at", pairs.at),
            words("reason", REPORT_REASONS, reasons),
        ),
    )


def _hides(town: Town, tallies: Tallies) -> TableRows:
    """Number them after the hides of people."""
    pairs = tallies.pairs(EventKind.HIDE)
    return TableRows(
        "hides",
        (
            values("id", len(town.relations.hides) + 1 + np.arange(len(pairs))),
            values("user_id", pairs.one + 1),
            values("hidden_post_id", pairs.other + 1),
            times("created_at", pairs.at),
        ),
    )


def _posts(town: Town, posts: TownPosts, rows: slice) -> tuple[Column, ...]:
    tags = make_tags(posts, rows, town.seed)
    return (
        values("id", np.arange(rows.start + 1, rows.stop + 1, dtype=np.int64)),
        values("author_id", posts.author[rows] + 1),
        times("created_at", posts.created_at[rows]),
        times("deleted_at", posts.deleted_at[rows]),
        texts("body", bodies(posts, rows, town.seed)),
        words("content_type", CONTENT_TYPES, posts.content_type[rows]),
        Column("tags", "text[]", tags.codes, tags.offsets, ~tags.null, tags.vocabulary),
    )
