"""What every route needs: database, settings, Redis."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Annotated

import redis
import structlog
from fastapi import Depends, Request

from ..db.engine import Database
from ..errors import FeedscoreError
from ..queue.dispatch import dispatch
from ..settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True)
class Service:
    """The service as its routes see it; used by several threads at once."""

    database: Database
    settings: Settings
    redis: redis.Redis

    def hand_out(self) -> None:
        """Tell the workers at once; where that fails, whoever supervises them does it."""
        try:
            dispatch(self.database, self.redis)
        except (FeedscoreError, redis.RedisError) as error:
            log.warning("runs wait for Redis", reason=str(error))

    def redis_answers(self) -> bool:
        """Tell whether Redis is there."""
        with contextlib.suppress(redis.RedisError):
            return bool(self.redis.ping())
        return False


def _service(request: Request) -> Service:
    service = request.app.state.service
    assert isinstance(service, Service)  # noqa: S101 -- narrows the type
    return service


Here = Annotated[Service, Depends(_service)]
