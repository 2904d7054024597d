"""The database: a door to write, a door to read, one transaction a call, the database's own clock. Knows no table."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Engine, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from catalogue import connections
from catalogue.connections import WORK, Limits
from catalogue.database_faults import is_worth_another_try, named
from catalogue.errors import DatabaseAway

T = TypeVar("T")
log = structlog.get_logger()

BUSY_FOR_S = 10.0  # so long a write is tried again


class Database:
    """Both doors to one database. Threads share it; processes do not.

    Args:
        limits: how long a server may take; one that is silent for longer is given up. A file knows no such limits.
    """

    def __init__(self, url: str, limits: Limits = WORK) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._write_engine = connections.write_engine(self.url, limits)
        self._read_engine = connections.read_engine(self.url, limits)
        self._writing = sessionmaker(self._write_engine, expire_on_commit=False)
        self._reading = sessionmaker(self._read_engine, expire_on_commit=False)

    @property
    def write_engine(self) -> Engine:
        return self._write_engine

    def write(self, act: Callable[[Session], T]) -> T:
        """Run `act` in one write transaction and commit it.

        `act` may run again when the database was busy or found a deadlock, so it must touch nothing but the session.

        Raises:
            DatabaseBusy: still busy after ten seconds.
            DatabaseAway: it cannot be reached; the sentence says so when the write may have been kept all the same.
            StorageFull: the database's disk is full; nothing was written.
        """
        started = time.monotonic()
        attempt = 0
        while True:
            try:
                return self._write_once(act)
            except (DBAPIError, NoConnectionLeft) as error:
                if not is_worth_another_try(error) or time.monotonic() - started > BUSY_FOR_S:
                    raise _named(error) from error
            attempt += 1
            log.warning("database_busy", attempt=attempt)
            time.sleep(min(random.uniform(0.01, 0.05) * 2**attempt, 1.0))  # noqa: S311 - jitter, not a secret

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One read transaction: everything read inside comes from one snapshot.

        Raises:
            DatabaseBusy, DatabaseAway: as `write` does.
        """
        try:
            with self._reading.begin() as session:
                yield session
        except (DBAPIError, NoConnectionLeft) as error:
            raise _named(error) from error

    @contextmanager
    def patiently(self) -> Iterator[Connection]:
        """A connection in a transaction whose statements may take as long as they take. Raises as `write` does."""
        engine = connections.patient_engine(self.url)
        try:
            with engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise _named(error) from error
        finally:
            engine.dispose()

    def close(self) -> None:
        self._write_engine.dispose()
        self._read_engine.dispose()

    def _write_once(self, act: Callable[[Session], T]) -> T:
        with self._writing() as session:
            done = act(session)
            session.flush()
            try:
                session.commit()
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise DatabaseAway(
                        "The database was lost at the very end of this write, which may be kept or not. "
                        "Look, or repeat it: a repetition does no harm."
                    ) from error
                raise
            return done


def insert_into(session: Session, table: type[DeclarativeBase]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT of this database's own kind: both know ON CONFLICT, the common one does not."""
    return sqlite.insert(table) if session.get_bind().dialect.name == "sqlite" else postgresql.insert(table)


def hold_while_idle(session: Session) -> None:
    """Keep this transaction's locks for as long as its process lives, frozen or not.

    For what is done outside the database under such a lock: PostgreSQL would otherwise end a transaction whose process
    was frozen, and the process, waking, would go on without the lock.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def plan_anew(session: Session) -> None:
    """Each statement of this transaction is planned for its own values.

    PostgreSQL keeps the plan of a statement that it has seen some times: one made for a table that was almost empty
    walks all of it for each batch that fills it.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))


def now(session: Session) -> datetime:
    """The database's clock, in UTC: the only clock that leases and due times are measured by."""
    if session.get_bind().dialect.name == "sqlite":
        read = session.scalar(text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')"))
        return datetime.fromisoformat(str(read)).replace(tzinfo=UTC)
    read = session.scalar(text("SELECT clock_timestamp()"))
    if not isinstance(read, datetime):
        raise TypeError(f"The database's clock answered {read!r}.")
    return read.astimezone(UTC)


def _named(error: DBAPIError | NoConnectionLeft) -> Exception:
    """The error as the rest of the house knows it; what is a fault of our own statements stays what it is."""
    known = named(error)
    if isinstance(known, DatabaseAway):
        log.warning("database_away", error=type(getattr(error, "orig", error)).__name__)
    return known or error
