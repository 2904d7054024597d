"""How connections are opened: pools, time limits, what makes a door for reading. Knows no transaction and no table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event

# For reading, and as many again for writing. An API process has more threads: most wait for something else than SQL.
POOL = {"pool_size": 8, "max_overflow": 12, "pool_timeout": 2.0}
BUSY_TIMEOUT_MS = 10_000
LOCK_WITHIN_S = 3
# What a frozen process leaves open holds the locks of everybody else: the counter's among them.
IDLE_IN_TRANSACTION_S = 15


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a server may take to accept a connection (2 s at least), to answer a ping, to answer one statement."""

    connect_s: int
    ping_s: float
    statement_s: float


REQUESTS = Limits(connect_s=2, ping_s=1.0, statement_s=5.0)  # somebody waits, and is better told
WORK = Limits(connect_s=10, ping_s=5.0, statement_s=60.0)  # models are adopted, whole catalogues swept


class WatchedConnection(psycopg.Connection[Any]):
    """A connection that gives up on a server which no longer answers.

    The server's own `statement_timeout` ends what is slow; it does nothing once the server is frozen, and neither do
    TCP's keepalives, which its kernel goes on answering.
    """

    limits: Limits | None = None

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        if timeout is None and self.limits is not None:
            # SQLAlchemy pings in autocommit, and does nothing else in it. A statement's own limit is the server's,
            # which names it: only a server that does not keep it is given up.
            ping_s = self.limits.ping_s
            timeout = ping_s if self.autocommit else self.limits.statement_s + ping_s
        try:
            return super().wait(gen, interval, timeout)
        except psycopg.errors._WaitTimeout:
            self.close()  # what it would still answer is of no use, and would be taken for the next one's
            raise


def read_engine(url: URL, limits: Limits) -> Engine:
    """Connections that cannot write: on PostgreSQL each transaction is one snapshot, on SQLite `query_only`."""
    if _is_sqlite(url):
        return _sqlite_engine(url, _open_reader, "BEGIN", **POOL)
    engine = _postgres_engine(url, limits, isolation_level="REPEATABLE READ", **POOL)
    event.listen(engine, "connect", _make_readonly)  # so that BEGIN itself says so, and no statement more is needed
    return engine


def write_engine(url: URL, limits: Limits) -> Engine:
    """Connections that write. On SQLite they begin IMMEDIATE, so that none is upgraded from reading to writing (the
    classic "database is locked" in spite of a busy timeout)."""
    if _is_sqlite(url):
        return _sqlite_engine(url, _open_writer, "BEGIN IMMEDIATE", **POOL)
    return _postgres_engine(url, limits, **POOL)


def patient_engine(url: URL) -> Engine:
    """Connections without limits of time, for migrations: building an index may be silent for many minutes."""
    if _is_sqlite(url):
        return _sqlite_engine(url, _open_writer, "BEGIN IMMEDIATE", poolclass=NullPool)
    return create_engine(url, poolclass=NullPool, connect_args=_unless_given(url, connect_timeout=WORK.connect_s))


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _sqlite_engine(url: URL, opened: Callable[[SqliteConnection, Any], None], begin: str, **pool: Any) -> Engine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    engine = create_engine(url, **pool)
    event.listen(engine, "connect", opened)
    event.listen(engine, "begin", begun)
    return engine


def _open_writer(connection: SqliteConnection, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours: the driver's own would be deferred
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _open_reader(connection: SqliteConnection, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA query_only = ON")


def _postgres_engine(url: URL, limits: Limits, **options: Any) -> Engine:
    bounds = {
        "statement_timeout": limits.statement_s,
        "lock_timeout": LOCK_WITHIN_S,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_S,
    }
    server = " ".join(f"-c {name}={round(1e3 * seconds)}" for name, seconds in bounds.items())
    given = _unless_given(url, connect_timeout=limits.connect_s, options=server)
    engine = create_engine(url, pool_pre_ping=True, connect_args=given, **options)

    def connect(_dialect: Any, _record: Any, arguments: Any, named: Any) -> WatchedConnection:
        connection = WatchedConnection.connect(*arguments, **named)
        connection.limits = limits
        return connection

    event.listen(engine, "do_connect", connect)
    return engine


def _make_readonly(connection: WatchedConnection, _record: Any) -> None:
    connection.read_only = True


def _unless_given(url: URL, **defaults: Any) -> dict[str, Any]:
    """What the operator wrote into the URL stands."""
    return {name: value for name, value in defaults.items() if name not in url.query}
