"""The database: a write engine, a read engine, one transaction a call, the database's own clock. Knows no table."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from catalogue.errors import DatabaseBusy, StorageFull

T = TypeVar("T")
log = structlog.get_logger()

RETRIES = 3
BUSY_TIMEOUT_MS = 10_000
# Serialization failure, deadlock, lock not available: PostgreSQL's words for "try the transaction again".
RETRYABLE_SQLSTATES = {"40001", "40P01", "55P03"}


class Database:
    """Both doors to one database.

    On SQLite writes begin IMMEDIATE, so that no transaction is ever upgraded from reading to writing (the
    classic "database is locked" in spite of a busy timeout), and readers are `query_only`. On PostgreSQL
    readers see one snapshot (REPEATABLE READ, READ ONLY).
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._write_engine = self._engine(query_only=False)
        self._read_engine = self._engine(query_only=True)
        self._writing = sessionmaker(self._write_engine, expire_on_commit=False)
        self._reading = sessionmaker(self._read_engine, expire_on_commit=False)

    @property
    def write_engine(self) -> Engine:
        return self._write_engine

    def write(self, act: Callable[[Session], T]) -> T:
        """Run `act` in one write transaction and commit it.

        `act` may run again (up to three more times) when the database was busy or found a deadlock, so it must touch
        nothing but the session.

        Raises:
            DatabaseBusy: still busy after the retries.
            StorageFull: the database's disk is full; nothing was written.
        """
        for attempt in range(RETRIES + 1):
            try:
                with self._writing.begin() as session:
                    return act(session)
            except OperationalError as error:
                if _is_full(error):
                    raise StorageFull("The database's disk is full. Free some space and try again.") from error
                if not _is_busy(error):
                    raise
                if attempt == RETRIES:
                    raise DatabaseBusy("The database is busy. Try again in a few seconds.") from error
                log.warning("database_busy", attempt=attempt + 1)
                time.sleep(random.uniform(0.01, 0.05) * 2**attempt)  # noqa: S311 - jitter, not a secret
        raise AssertionError("unreachable")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One read transaction: everything read inside comes from one snapshot."""
        with self._reading.begin() as session:
            yield session

    def close(self) -> None:
        self._write_engine.dispose()
        self._read_engine.dispose()

    def _engine(self, *, query_only: bool) -> Engine:
        if not self.is_sqlite:
            if not query_only:
                return create_engine(self.url, pool_pre_ping=True)
            engine = create_engine(self.url, pool_pre_ping=True, isolation_level="REPEATABLE READ")
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("SET TRANSACTION READ ONLY"))
            return engine
        if self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(self.url)
        event.listen(engine, "connect", _open_reader if query_only else _open_writer)
        event.listen(engine, "begin", _begin if query_only else _begin_immediate)
        return engine


def insert_into(session: Session, table: type[DeclarativeBase]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT of this database's own kind: both know ON CONFLICT, the common one does not."""
    return sqlite.insert(table) if session.get_bind().dialect.name == "sqlite" else postgresql.insert(table)


def now(session: Session) -> datetime:
    """The database's clock, in UTC: the only clock that leases and due times are measured by."""
    if session.get_bind().dialect.name == "sqlite":
        read = session.scalar(text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')"))
        return datetime.fromisoformat(str(read)).replace(tzinfo=UTC)
    read = session.scalar(text("SELECT clock_timestamp()"))
    if not isinstance(read, datetime):
        raise TypeError(f"The database's clock answered {read!r}.")
    return read.astimezone(UTC)


def _open_writer(connection: SqliteConnection, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours: the driver's own would be deferred
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")


def _open_reader(connection: SqliteConnection, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA query_only = ON")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _is_busy(error: OperationalError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return state in RETRYABLE_SQLSTATES or "database is locked" in str(error.orig)


def _is_full(error: OperationalError) -> bool:
    return getattr(error.orig, "sqlstate", None) == "53100" or "database or disk is full" in str(error.orig)
