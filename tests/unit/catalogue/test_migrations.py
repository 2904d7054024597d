"""Migrations on both databases: from nothing, one step down and up, alone and two at a time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from catalogue import migrate
from catalogue.database import Database
from catalogue.errors import DatabaseBusy, SchemaUnsupported
from tests.servers import Postgres

ROOT = Path(__file__).parents[3]


@pytest.fixture
def empty(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a table."""
    if dialect == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'new.sqlite'}")
        yield database
        database.close()
        return
    server: Postgres = request.getfixturevalue("server")
    server.execute("CREATE DATABASE bare")
    database = Database(server.url("bare"))
    yield database
    database.close()
    server.execute("DROP DATABASE bare WITH (FORCE)")


def test_they_go_up_from_nothing_down_to_nothing_and_up_again_without_drift(empty: Database) -> None:
    with pytest.raises(SchemaUnsupported, match="vitrine db upgrade"):
        migrate.check(empty)
    migrate.upgrade(empty)
    migrate.drift(empty)
    migrate.downgrade(empty, "base")
    migrate.upgrade(empty)
    migrate.upgrade(empty)
    migrate.drift(empty)
    assert [migrate.check(empty)] == migrate.heads()


def test_the_last_step_goes_down_and_up_without_drift(empty: Database) -> None:
    migrate.upgrade(empty)
    migrate.downgrade(empty, "-1")
    migrate.upgrade(empty)
    migrate.drift(empty)


def test_the_version_before_leaves_newer_tables_as_they_are(empty: Database) -> None:
    migrate.upgrade(empty)
    with empty.write_engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    migrate.upgrade(empty)
    assert migrate.check(empty) == "9999"


def test_processes_that_migrate_at_once_do_so_one_after_the_other(empty: Database) -> None:
    url = empty.url.render_as_string(hide_password=False)
    program = f"from catalogue import migrate, database; migrate.upgrade(database.Database({url!r}))"
    processes = [subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    migrate.drift(empty)


def test_a_migration_that_is_kept_waiting_ends_with_a_sentence(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogue.connections.BUSY_TIMEOUT_MS", 50)
    monkeypatch.setattr("catalogue.migrate.LOCK_WITHIN_S", 0.05)
    with empty.write_engine.begin() as connection:
        migrate.take_lock(connection)
        with pytest.raises(DatabaseBusy, match="Somebody else is migrating"):
            migrate.upgrade(empty)
    migrate.upgrade(empty)
