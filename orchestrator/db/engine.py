"""One door to the database: the one that FEEDSCORE_DATABASE_URL names, or the embedded one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
import sqlalchemy
from psycopg.pq import TransactionStatus
from sqlalchemy.engine import make_url

from ..errors import DatabaseError, SettingsError
from ..settings import Settings
from .embedded import EmbeddedServer


class Database:
    """A pool of connections; close it when done (or use it in a `with`)."""

    def __init__(self, settings: Settings) -> None:
        self._server: EmbeddedServer | None = None
        if settings.database_url:
            address = settings.database_url.get_secret_value()
        else:
            self._server = EmbeddedServer(settings.data_dir)
            self._server.acquire()
            address = self._server.url
        try:
            url = make_url(address).set(drivername="postgresql+psycopg")
        except sqlalchemy.exc.ArgumentError:
            raise SettingsError("setting database_url: cannot be read as an address") from None
        self.engine = sqlalchemy.create_engine(
            url,
            pool_size=settings.write_connections + 2,
            pool_pre_ping=True,  # a connection that died in the pool is replaced, not handed out
            connect_args={
                "connect_timeout": settings.connect_timeout_s,
                "application_name": "feedscore",
                # A peer that vanished without a word is noticed within a minute.
                "keepalives_idle": 20,
                "keepalives_interval": 5,
                "keepalives_count": 4,
                "tcp_user_timeout": 60_000,
                "options": "-c timezone=UTC",
            },
        )

    @property
    def is_embedded(self) -> bool:
        """Whether this is the embedded Postgres."""
        return self._server is not None

    @property
    def address(self) -> str:
        """The address without its password."""
        return self.engine.url.set(drivername="postgresql").render_as_string(hide_password=True)

    @contextlib.contextmanager
    def connection(self) -> Iterator[psycopg.Connection]:
        """Lend a connection: commits at the end, rolls back on an error."""
        pooled = self._borrow()
        driver = pooled.driver_connection
        assert isinstance(driver, psycopg.Connection)  # noqa: S101 -- narrows the type
        try:
            yield driver
            driver.commit()
        except BaseException:
            with contextlib.suppress(psycopg.Error):
                pooled.rollback()
            raise
        finally:
            with contextlib.suppress(psycopg.Error):
                if driver.info.transaction_status is not TransactionStatus.IDLE:
                    pooled.invalidate()  # lost, or interrupted in a COPY: nobody may borrow it again
                pooled.close()

    def dedicated(self) -> psycopg.Connection:
        """Open a connection outside the pool, which commits each statement; the caller closes it."""
        pooled = self._borrow()
        driver = pooled.driver_connection
        assert isinstance(driver, psycopg.Connection)  # noqa: S101 -- narrows the type
        pooled.detach()
        driver.rollback()
        driver.autocommit = True
        return driver

    def _borrow(self) -> sqlalchemy.PoolProxiedConnection:
        try:
            return self.engine.raw_connection()
        except (psycopg.OperationalError, sqlalchemy.exc.OperationalError) as error:
            raise DatabaseError(f"cannot reach the database {self.address}: {error}".strip()) from None

    def revive(self) -> bool:
        """Start the embedded server again if it has gone down; tell if it had. Any other is left alone."""
        return self._server.revive() if self._server else False

    def close(self) -> None:
        """Close the connections; the embedded server stops when nobody else uses it."""
        self.engine.dispose()
        if self._server:
            self._server.release()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
