"""A PostgreSQL that is killed, frozen, slow or loses a connection: what callers are told, and how it comes back."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import text
from sqlalchemy.orm import Session

from catalogue import migrate
from catalogue.catalogues import ensure_catalogue, read_catalogue
from catalogue.connections import Limits
from catalogue.database import Database
from catalogue.errors import DatabaseAway, DatabaseBusy
from indexing.views import FOLLOW_EVERY_S, Views
from tests.databases import FAST
from tests.servers import Postgres, postgres
from tests.unit.catalogue import shop


@pytest.fixture(scope="module")
def fragile() -> Iterator[Postgres]:
    """A server of these tests' own: nobody else's is to be killed."""
    with postgres(*FAST) as server:
        server.execute("CREATE DATABASE shop")
        database = Database(server.url("shop"))
        migrate.upgrade(database)
        database.write(lambda session: ensure_catalogue(session, "default", "EUR"))
        database.close()
        yield server


@pytest.fixture
def database(fragile: Postgres) -> Iterator[Database]:
    database = Database(fragile.url("shop"), Limits(connect_s=2, ping_s=1.0, statement_s=1.0))
    yield database
    database.close()


def name(database: Database) -> str:
    with database.reading() as session:
        return read_catalogue(session).name


def touch(database: Database) -> None:
    database.write(lambda session: ensure_catalogue(session, "default", "EUR"))


@contextmanager
def frozen(server: Postgres) -> Iterator[None]:
    """The whole server, as a container that is paused: its kernel goes on accepting connections."""
    assert server.process is not None
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    everybody = [pid, *map(int, children)]
    for each in everybody:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in everybody:
            os.kill(each, signal.SIGCONT)


def test_a_killed_server_is_named_and_comes_back_by_itself(fragile: Postgres, database: Database) -> None:
    touch(database)
    assert name(database) == "default"
    fragile.stop(signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(DatabaseAway, match="cannot be reached"):
            name(database)
        with pytest.raises(DatabaseAway, match="cannot be reached"):
            touch(database)
    fragile.start()
    touch(database)
    assert name(database) == "default"


def test_a_view_follows_its_shop_again_once_the_server_is_back(fragile: Postgres, database: Database) -> None:
    with database.reading() as session:
        catalogue = read_catalogue(session)
    views = Views(database, 2**30)
    views.present(catalogue.id)
    fragile.stop(signal.SIGKILL)
    with pytest.raises(DatabaseAway):
        views.present(catalogue.id)
    time.sleep(2 * FOLLOW_EVERY_S)  # its thread has met the same
    fragile.start()
    seq = shop.put(database, catalogue, "new").seq
    assert views.wait_for(catalogue.id, seq, 30.0).seq >= seq
    views.close()


def test_a_frozen_server_holds_nobody_and_serves_again_once_thawed(fragile: Postgres, database: Database) -> None:
    touch(database)
    assert name(database) == "default"
    with frozen(fragile):  # without limits of our own these would wait until it thaws: for ever
        with pytest.raises(DatabaseAway):
            name(database)
        with pytest.raises(DatabaseAway):
            touch(database)
    touch(database)
    assert name(database) == "default"


def test_a_server_frozen_in_the_middle_of_a_transaction_is_given_up(fragile: Postgres, database: Database) -> None:
    with pytest.raises(DatabaseAway), database.reading() as session:
        session.execute(text("SELECT 1"))
        with frozen(fragile):
            session.execute(text("SELECT 1"))
    assert name(database) == "default"


def test_a_statement_that_takes_too_long_is_ended_by_the_server(database: Database) -> None:
    with pytest.raises(DatabaseBusy, match="too long"), database.reading() as session:
        session.execute(text("SELECT pg_sleep(600)"))
    assert name(database) == "default"


def test_a_write_lost_at_its_commit_says_that_it_may_be_kept(fragile: Postgres, database: Database) -> None:
    def cut(connection: Any) -> None:
        fragile.execute(
            f"SELECT pg_terminate_backend({connection.connection.dbapi_connection.info.backend_pid}, 10000)"
        )

    sqlalchemy.event.listen(database.write_engine, "commit", cut)
    with pytest.raises(DatabaseAway, match="may be kept or not"):
        database.write(lambda session: ensure_catalogue(session, "default", "EUR"))
    sqlalchemy.event.remove(database.write_engine, "commit", cut)
    touch(database)


def test_a_write_that_waits_for_a_lock_is_busy_and_not_away(database: Database, monkeypatch: Any) -> None:
    monkeypatch.setattr("catalogue.database.BUSY_FOR_S", 0.0)
    slow = Database(f"{database.url.render_as_string(hide_password=False)}?options=-c%20lock_timeout%3D50")
    with database.write_engine.begin() as connection:
        connection.execute(text("LOCK TABLE catalogues"))
        with pytest.raises(DatabaseBusy):
            touch(slow)
    touch(slow)
    slow.close()


def test_what_a_frozen_process_left_open_does_not_hold_its_locks_for_ever(database: Database) -> None:
    """Also that what an operator writes into the URL stands."""
    url = database.url.render_as_string(hide_password=False)
    sleeper = Database(f"{url}?options=-c%20idle_in_transaction_session_timeout%3D100")

    def fall_asleep(session: Session) -> None:
        session.execute(text("LOCK TABLE catalogues"))
        time.sleep(1)
        touch(database)
        session.execute(text("SELECT 1"))

    with pytest.raises(DatabaseAway):
        sleeper.write(fall_asleep)
    sleeper.close()
