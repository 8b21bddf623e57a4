"""Numba, fused: candidates, scores, choice and order of one user after the other, on all threads.

As strong as we could make it: posts in the order of base, stamps instead of sets, one walk down that order which finds
topical candidates and the rest at once, posting lists only for what a walk would find too late, scores fused
into the walk, quickselect of 100 of 500, and the order made from those 100 unless they do not settle it.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from feedscore.feed_rank import CREATOR_CANDIDATES, MAX_CANDIDATES, TOPIC_CANDIDATES

from .feed_columns import FeedColumns
from .fused import bits_float, float_bits

LENGTH, KEPT = 60, 100
CHUNKS = 64
SIGN = np.uint32(1 << 31)
Compiled = Any  # numba has no types for what it compiles


class NumbaFeed:
    """Rank for all users of the columns."""

    def __call__(self, c: FeedColumns) -> tuple[np.ndarray, np.ndarray]:
        """Give places in the columns, -1 at the end of short lists, and scores."""
        s, users = c.settings, len(c.seen.offsets) - 1
        best, scores = np.full((users, LENGTH), -1, np.int32), np.zeros((users, LENGTH), np.float32)
        posts = (
            c.base, c.id_rank, c.author, c.topics.offsets, c.topics.values, c.posts_on.offsets,
            c.posts_on.values, c.newest_of.offsets, c.newest_of.values, c.age_rank, c.by_id,
        )  # fmt: skip
        people = (
            c.creators.offsets, c.creators.values, c.creator_weights, c.likes.offsets, c.likes.values,
            c.like_weights, c.closed_authors.offsets, c.closed_authors.values, c.closed_posts.offsets,
            c.closed_posts.values, c.seen.offsets, c.seen.values,
        )  # fmt: skip
        _rank_all(posts, people, (s.creator_weight, s.topic_weight, s.seen_weight), best, scores)
        return best, scores


@nb.njit(error_model="numpy", inline="always")
def _key(score: Any, id_rank: Any) -> Any:  # Any: numba infers
    bits = float_bits(score)
    rising = bits ^ (SIGN if bits < SIGN else np.uint32(0xFFFFFFFF))
    return (nb.uint64(rising) << nb.uint64(32)) | nb.uint64(np.uint32(0xFFFFFFFF) - id_rank)


@nb.njit(error_model="numpy", inline="always")
def _score_of(key: Any) -> Any:  # Any: numba infers
    rising = nb.uint32(key >> nb.uint64(32))
    return bits_float(rising ^ (SIGN if rising >= SIGN else np.uint32(0xFFFFFFFF)))


@nb.njit(error_model="numpy")
def _front(keys: Any, count: Any, k: Any) -> None:  # Any: numba infers
    """Bring the k largest keys to the front (quickselect)."""
    low, high, k = 0, count - 1, k - 1
    while low < high:
        a, b, c = keys[low], keys[(low + high) >> 1], keys[high]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = low, high
        while i <= j:
            while keys[i] > pivot:
                i += 1
            while keys[j] < pivot:
                j -= 1
            if i <= j:
                keys[i], keys[j] = keys[j], keys[i]
                i += 1
                j -= 1
        if k <= j:
            high = j
        elif k >= i:
            low = i
        else:
            return


@nb.njit(error_model="numpy")
def _sort(keys: Any, count: Any) -> None:  # Any: numba infers
    """Sort descending: halves by quicksort, short pieces by insertion."""
    keys[:count].sort()
    for at in range(count >> 1):
        keys[at], keys[count - 1 - at] = keys[count - 1 - at], keys[at]


@nb.njit(error_model="numpy")
def _crowds(keys: Any, count: Any, total: Any, posts: Any, left: Any) -> Any:  # Any: numba infers
    """Tell whether one author may have so many candidates that the others do not suffice."""
    _, _, author, _, _, _, _, newest_offsets, _, _, by_id = posts
    crowds = count < LENGTH
    for at in range(count):
        who = author[by_id[np.uint32(0xFFFFFFFF) - np.uint32(keys[at])]]
        left[who] += 1
        mine = newest_offsets[who + 1] - newest_offsets[who]
        crowds |= (left[who] > count - LENGTH) & (mine + LENGTH > total)
    for at in range(count):
        left[author[by_id[np.uint32(0xFFFFFFFF) - np.uint32(keys[at])]]] = 0
    return crowds


@nb.njit(error_model="numpy")
def _spread(  # noqa: PLR0912  # calls into parts would count references
    keys: Any, count: Any, whole: Any, posts: Any, left: Any, shown: Any
) -> Any:  # Any: numba infers
    """Order the sorted keys; of a part, give up (-1) where it does not suffice."""
    _, _, author, _, _, _, _, _, _, _, by_id = posts
    slots = min(LENGTH, count)
    by, taken = np.empty(count, np.uint32), np.zeros(count, np.bool_)
    crowding = False
    for at in range(count):
        by[at] = author[by_id[np.uint32(0xFFFFFFFF) - np.uint32(keys[at])]]
    if whole:
        for at in range(count):
            left[by[at]] += 1
        for at in range(count):
            crowding |= count - left[by[at]] < slots
    last, front = np.int64(-1), 0
    for slot in range(slots):
        while front < count and taken[front]:
            front += 1
        pick, forced = -1, -1
        for at in range(front, count):
            if not taken[at] and by[at] != last:
                if pick < 0:
                    pick = at
                if not crowding:
                    break
                if 2 * (count - slot - left[by[at]]) < slots - slot:
                    forced = at
                    break
        if forced >= 0:
            pick = forced
        if pick < 0:
            if not whole:
                return -1
            pick = front
        taken[pick] = True
        if whole:
            left[by[pick]] -= 1
        last = np.int64(by[pick])
        shown[slot] = keys[pick]
    if whole:
        for at in range(count):
            left[by[at]] = 0
    return slots


@nb.njit(error_model="numpy")
def _candidates(  # noqa: PLR0912, PLR0915  # calls into parts would count references
    u: Any, posts: Any, people: Any, weights: Any, scratch: Any, keys: Any
) -> Any:  # Any: numba infers
    """Find and score all candidates of a user; return how many."""
    base, id_rank, author, topic_offsets, topics, on_offsets, on, newest_offsets, newest, age_rank, _ = posts
    (
        creator_offsets, creators, creator_weights, like_offsets, likes, like_weights, who_offsets, who,
        post_offsets, hidden, seen_offsets, seen,
    ) = people  # fmt: skip
    closed, was_seen, author_weight, topic_weight, ages, fills, fill_weights, heads = scratch
    creator_part, topic_part, seen_part = weights
    n, stamp = len(base), np.uint32(u + 1)
    for at in range(who_offsets[u], who_offsets[u + 1]):
        for post in range(newest_offsets[who[at]], newest_offsets[who[at] + 1]):
            closed[newest[post]] = stamp
    for at in range(post_offsets[u], post_offsets[u + 1]):
        closed[hidden[at]] = stamp
    for at in range(seen_offsets[u], seen_offsets[u + 1]):
        was_seen[seen[at]] = stamp
    for at in range(like_offsets[u], like_offsets[u + 1]):
        topic_weight[likes[at]] = like_weights[at]
    for at in range(creator_offsets[u], creator_offsets[u + 1]):
        author_weight[creators[at]] = creator_weights[at]
    count = 0
    for at in range(creator_offsets[u], creator_offsets[u + 1]):
        mine = 0
        for post in range(newest_offsets[creators[at]], newest_offsets[creators[at] + 1]):
            if closed[newest[post]] != stamp:
                ages[count] = (nb.uint64(0xFFFFFFFF - age_rank[newest[post]]) << nb.uint64(32)) | nb.uint64(
                    newest[post]
                )
                count += 1
                mine += 1
                if mine > CREATOR_CANDIDATES:
                    break
    more = count > CREATOR_CANDIDATES
    if more:
        _front(ages, count, CREATOR_CANDIDATES)
        count = CREATOR_CANDIDATES
    for at in range(count):
        p = nb.uintp(ages[at] & nb.uint64(0xFFFFFFFF))
        closed[p] = stamp
        w = np.float32(0)
        for t in range(topic_offsets[p], topic_offsets[p + 1]):
            w = max(w, topic_weight[topics[t]])
        score = creator_part * np.float64(author_weight[author[p]]) + topic_part * np.float64(w)
        score = score + np.float64(base[p]) - (seen_part if was_seen[p] == stamp else 0.0)
        keys[count - 1 - at] = _key(np.float32(score), id_rank[p])
    brought, topical, filled = count, 0, 0
    wanted = TOPIC_CANDIDATES if like_offsets[u + 1] > like_offsets[u] else 0
    p = nb.uintp(0)
    while p < n and filled < MAX_CANDIDATES - brought - topical:
        if closed[p] != stamp:
            w = np.float32(-1)
            for t in range(topic_offsets[p], topic_offsets[p + 1]):
                w = max(w, topic_weight[topics[t]])
            if (w >= 0) & (topical < wanted):
                c = author_weight[author[p]] if more else np.float32(0)
                score = creator_part * np.float64(max(c, np.float32(0))) + topic_part * np.float64(w)
                score = score + np.float64(base[p]) - (seen_part if was_seen[p] == stamp else 0.0)
                keys[count] = _key(np.float32(score), id_rank[p])
                count += 1
                topical += 1
            else:
                fills[filled], fill_weights[filled] = p, max(w, np.float32(0))
                filled += 1
        p += nb.uintp(1)
    if topical < wanted:
        first, liked = like_offsets[u], like_offsets[u + 1] - like_offsets[u]
        for at in range(liked):
            row = likes[first + at]
            low, high = on_offsets[row], on_offsets[row + 1]
            heads[at, 1] = high
            heads[at, 0] = low + np.searchsorted(on[low:high], p)
        while topical < wanted:
            least = np.int64(n)
            for at in range(liked):
                if heads[at, 0] < heads[at, 1]:
                    least = min(least, np.int64(on[heads[at, 0]]))
            if least == n:
                break
            for at in range(liked):
                if heads[at, 0] < heads[at, 1] and on[heads[at, 0]] == least:
                    heads[at, 0] += 1
            if closed[least] == stamp:
                continue
            w = np.float32(0)
            for t in range(topic_offsets[least], topic_offsets[least + 1]):
                w = max(w, topic_weight[topics[t]])
            c = author_weight[author[least]] if more else np.float32(0)
            score = creator_part * np.float64(max(c, np.float32(0))) + topic_part * np.float64(w)
            score = score + np.float64(base[least]) - (seen_part if was_seen[least] == stamp else 0.0)
            keys[count] = _key(np.float32(score), id_rank[least])
            count += 1
            topical += 1
    for at in range(min(filled, MAX_CANDIDATES - brought - topical)):
        p = nb.uintp(fills[at])
        c = author_weight[author[p]] if more else np.float32(0)
        score = creator_part * np.float64(max(c, np.float32(0))) + topic_part * np.float64(fill_weights[at])
        score = score + np.float64(base[p]) - (seen_part if was_seen[p] == stamp else 0.0)
        keys[count] = _key(np.float32(score), id_rank[p])
        count += 1
    for at in range(like_offsets[u], like_offsets[u + 1]):
        topic_weight[likes[at]] = -1
    for at in range(creator_offsets[u], creator_offsets[u + 1]):
        author_weight[creators[at]] = -1
    return count


@nb.njit(error_model="numpy", parallel=True)
def _rank_all(posts: Any, people: Any, weights: Any, best: Any, scores: Any) -> None:  # Any: numba infers
    users, n = len(best), len(posts[0])
    authors, topics = len(posts[7]) - 1, len(posts[5]) - 1
    size = (users + CHUNKS - 1) // CHUNKS
    for chunk in nb.prange(CHUNKS):
        scratch = (
            np.zeros(n, np.uint32),
            np.zeros(n, np.uint32),
            np.full(authors, -1, np.float32),
            np.full(topics, -1, np.float32),
            np.empty(n + CREATOR_CANDIDATES, np.uint64),
            np.empty(MAX_CANDIDATES, np.uint32),
            np.empty(MAX_CANDIDATES, np.float32),
            np.empty((1024, 2), np.int64),
        )
        keys, shown = np.empty(2 * MAX_CANDIDATES, np.uint64), np.empty(LENGTH, np.uint64)
        left = np.zeros(authors, np.int32)
        for u in range(chunk * size, min(users, chunk * size + size)):
            count = _candidates(u, posts, people, weights, scratch, keys)
            slots = -1
            if count > KEPT:
                _front(keys, count, KEPT)
                _sort(keys, KEPT)
                if not _crowds(keys, KEPT, count, posts, left):
                    slots = _spread(keys, KEPT, False, posts, left, shown)
            if slots < 0:
                _sort(keys, count)
                slots = _spread(keys, count, True, posts, left, shown)
            for at in range(slots):
                best[u, at] = posts[10][np.uint32(0xFFFFFFFF) - np.uint32(shown[at])]
                scores[u, at] = _score_of(shown[at])
