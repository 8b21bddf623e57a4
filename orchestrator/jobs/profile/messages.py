"""What people wrote themselves, on the record: the newest messages of each, and how many there are."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import psycopg

from .analyser import Message, Request
from .due import COUNTS

MOST_MESSAGES = 500
MOST_CHARACTERS = 2_000

# The newest messages of each person, oldest first, with the number of all.
WRITTEN = f"""
SELECT w.sender_id, w.messages, w.sent_at, w.text FROM (
  SELECT m.sender_id, m.sent_at, m.id, left(coalesce(m.body, ''), {MOST_CHARACTERS}) AS text,
    count(*) OVER (PARTITION BY m.sender_id) AS messages,
    row_number() OVER (PARTITION BY m.sender_id ORDER BY m.sent_at DESC, m.id DESC) AS place
  FROM app.messages AS m WHERE m.sender_id = ANY (%(users)s::bigint[]) AND {COUNTS}) AS w
WHERE w.place <= {MOST_MESSAGES} ORDER BY w.sender_id, w.sent_at, w.id
"""  # noqa: S608 -- put together from constants


@dataclass(frozen=True)
class Written:
    """What one person wrote."""

    user: int
    count: int
    """All messages that count, also those beyond the newest."""
    request: Request

    def inputs(self, analyser: str, version: str) -> int:
        """Condense what an analysis depends on."""
        digest = hashlib.blake2b(repr((analyser, version)).encode(), digest_size=8)
        for message in self.request.messages:
            digest.update(f"{message.sent_at.timestamp()!r} {len(message.text)} {message.text}".encode())
        return int.from_bytes(digest.digest(), "big", signed=True)


def fetch_written(connection: psycopg.Connection, users: Collection[int], now: datetime) -> list[Written]:
    """Read what these people wrote, in the order of their ids; also of those who wrote nothing."""
    counts: dict[int, int] = dict.fromkeys(users, 0)
    messages: defaultdict[int, list[Message]] = defaultdict(list)
    for user, count, sent_at, text in connection.execute(
        WRITTEN.encode(), {"users": sorted(users), "now": now}
    ):
        counts[user] = count
        messages[user].append(Message(sent_at, text))
    return [Written(user, counts[user], Request(tuple(messages[user]))) for user in sorted(counts)]
