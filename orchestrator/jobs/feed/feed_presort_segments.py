"""From ranked posts and chosen cards to the segments that are stored; pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedscore import Column, FeedLists, FeedSettings, fingerprint_rows
from feedscore.population import Float32, Int32, Int64

from .feed_presort_cards import Cards, ItemKind
from .feed_presort_lists import offsets_of, owners_of


@dataclass(frozen=True)
class Shape:
    """How a feed is cut."""

    segment_size: int
    max_segments: int

    @property
    def length(self) -> int:
        """The most items a feed has."""
        return self.segment_size * self.max_segments


@dataclass(frozen=True, eq=False)
class Feeds:
    """What some people see, from the first slot on, as CSR."""

    offsets: Int64
    kinds: Int32
    item_ids: Int64
    scores: Float32


def place_cards(ranked: FeedLists, cards: Cards, settings: FeedSettings, length: int) -> Feeds:
    """Put each viewer's cards at their slots among the ranked posts, and cut at `length` items.

    Card i (from 0) takes slot `first_card_slot` + i * `card_slot_step`, counted from 1; the posts from there on move
    down. A card that too few items stand before, or whose slot lies beyond `length`, is dropped.
    """
    posts, given = np.diff(ranked.offsets), np.diff(cards.offsets)
    first, step = settings.first_card_slot, settings.card_slot_step
    nth = np.arange(len(cards.kinds)) - np.repeat(cards.offsets[:-1], given)
    owner = owners_of(cards.offsets)
    card_at = first - 1 + nth * step
    placed = (posts[owner] + nth >= card_at) & (card_at < length)
    kept = np.bincount(owner[placed], minlength=len(posts))
    offsets = offsets_of(np.minimum(posts + kept, length))
    viewer = owners_of(ranked.offsets)
    post_at = np.arange(len(viewer)) - np.repeat(ranked.offsets[:-1], posts)
    moved = post_at.copy()
    for number in range(int(kept.max(initial=0))):  # a post moves once for each card at or before it
        moved += (number < kept[viewer]) & (post_at + number >= first - 1 + number * step)
    shown = moved < length
    feeds = Feeds(
        offsets,
        np.full(offsets[-1], ItemKind.POST, np.int32),
        np.zeros(offsets[-1], np.int64),
        np.zeros(offsets[-1], np.float32),
    )
    at = offsets[viewer[shown]] + moved[shown]
    feeds.item_ids[at], feeds.scores[at] = ranked.post_ids[shown], ranked.scores[shown]
    at = offsets[owner[placed]] + card_at[placed]
    feeds.kinds[at], feeds.item_ids[at] = cards.kinds[placed], cards.user_ids[placed]
    feeds.scores[at] = cards.scores[placed]
    return feeds


def cut_segments(user_ids: Int64, feeds: Feeds, shape: Shape) -> list[Column]:
    """Make the columns of feed.feed_presorted, from user_id to fingerprint, one row a segment.

    Who has nothing to see has no row; the last segment of a feed may be short.
    """
    items = np.diff(feeds.offsets)
    segments = -(-items // shape.segment_size)
    rows = offsets_of(segments)
    owner = owners_of(rows)
    number = np.arange(len(owner)) - rows[:-1][owner]
    starts = feeds.offsets[:-1][owner] + number * shape.segment_size
    offsets = np.concatenate([starts, feeds.offsets[-1:]])
    content = [
        Column("user_id", "int8", user_ids[owner]),
        Column("segment", "int4", (number + 1).astype(np.int32)),
        Column("kinds", "int4[]", feeds.kinds, offsets),
        Column("item_ids", "int8[]", feeds.item_ids, offsets),
        Column("scores", "float4[]", feeds.scores, offsets),
    ]
    return [*content, Column("fingerprint", "int8", fingerprint_rows(content))]
