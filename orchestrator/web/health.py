"""Whether the service lives, and whether it can do its work."""

from __future__ import annotations

import psycopg
import sqlalchemy.exc
from fastapi import APIRouter, Response

from ..db.migrate import current_version, newest_version
from ..errors import FeedscoreError
from .service import Here, Service

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live")
async def live() -> dict[str, str]:
    """Answer, whatever the database does."""
    return {"status": "ok"}


@router.get("/ready")
def ready(here: Here, response: Response) -> dict[str, str]:
    """Tell of database, migrations and Redis whether each is there; 503 if one is not."""
    database, migrations = _database(here)
    parts = {
        "database": database,
        "migrations": migrations,
        "redis": "ok" if here.redis_answers() else "does not answer",
    }
    is_ready = set(parts.values()) == {"ok"}
    if not is_ready:
        response.status_code = 503
    return {"status": "ok" if is_ready else "not ready", **parts}


def _database(here: Service) -> tuple[str, str]:
    try:
        found, wanted = current_version(here.database), newest_version()
    except (FeedscoreError, psycopg.Error, sqlalchemy.exc.SQLAlchemyError):
        return "does not answer", "unknown"
    return "ok", "ok" if found == wanted else f"version {found} is there, {wanted} is needed: run `db init`"
