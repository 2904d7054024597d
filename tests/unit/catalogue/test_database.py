"""The database's two doors, its migrations, the feed and leases."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from catalogue import changes, leases, migrate, models
from catalogue.catalogues import Catalogue
from catalogue.changes import Change
from catalogue.database import Database, now
from catalogue.errors import SchemaUnsupported
from catalogue.states import ChangeKind
from tests.unit.catalogue import shop


def test_migrations_go_up_from_nothing_down_and_up_again_without_drift(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.sqlite'}")
    with pytest.raises(SchemaUnsupported, match="vitrine db upgrade"):
        migrate.check(database)
    migrate.upgrade(database)
    migrate.drift(database)
    migrate.downgrade(database, "-1")
    migrate.upgrade(database)
    migrate.upgrade(database)
    assert [migrate.check(database)] == migrate.heads()
    database.close()


def test_the_read_door_cannot_write(database: Database, catalogue: Catalogue) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"), database.reading() as session:
        session.execute(text("DELETE FROM catalogues"))


def test_a_failed_write_leaves_nothing(database: Database, catalogue: Catalogue) -> None:
    def break_halfway(session: object) -> None:
        session.execute(update(models.Catalogue).values(language="de"))  # type: ignore[attr-defined]  # a session
        raise RuntimeError("halfway")

    with pytest.raises(RuntimeError):
        database.write(break_halfway)
    with database.reading() as session:
        assert session.scalars(select(models.Catalogue.language)).one() == "en"


def test_eight_writers_at_once_all_get_through_with_gapless_numbers(database: Database, catalogue: Catalogue) -> None:
    def write_ten(name: int) -> None:
        for number in range(10):
            shop.put(database, catalogue, f"{name}-{number}", title="Tee")

    threads = [threading.Thread(target=write_ten, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        feed = changes.since(session, catalogue.id, 0)
        assert changes.present(session, catalogue.id) == len(feed)
    assert [change.seq for change in feed] == list(range(1, len(feed) + 1))


def test_a_reader_sees_one_snapshot(database: Database, catalogue: Catalogue) -> None:
    with database.reading() as session:
        before = changes.present(session, catalogue.id)
        shop.put(database, catalogue, "a")
        assert changes.present(session, catalogue.id) == before
        assert session.scalars(select(models.Item)).all() == []


def test_the_feed_keeps_a_day(database: Database, catalogue: Catalogue) -> None:
    database.write(lambda s: changes.record(s, catalogue.id, [Change(ChangeKind.CATALOGUE)] * 3))
    with database.reading() as session:
        present = changes.present(session, catalogue.id)
    database.write(
        lambda s: s.execute(
            update(models.Change).where(models.Change.seq < present).values(created_at=now(s) - timedelta(days=2))
        )
    )
    database.write(changes.prune)
    with database.reading() as session:
        assert [change.seq for change in changes.since(session, catalogue.id, 0)] == [present]


def test_a_lease_has_one_holder_until_it_runs_out(database: Database) -> None:
    first = database.write(lambda s: leases.acquire(s, "sweeper", "one", lease_s=60))
    assert first is not None
    assert database.write(lambda s: leases.acquire(s, "sweeper", "two", lease_s=60)) is None
    assert database.write(lambda s: leases.acquire(s, "sweeper", "one", lease_s=60)) == first
    database.write(lambda s: s.execute(update(models.Lease).values(expires_at=now(s) - timedelta(seconds=1))))
    second = database.write(lambda s: leases.acquire(s, "sweeper", "two", lease_s=60))
    assert second is not None
    assert second > first
    database.write(lambda s: leases.release(s, "sweeper", first))
    assert database.write(lambda s: leases.acquire(s, "sweeper", "one", lease_s=60)) is None
    database.write(lambda s: leases.release(s, "sweeper", second))
    assert database.write(lambda s: leases.acquire(s, "sweeper", "one", lease_s=60)) is not None


def test_a_worker_is_live_while_its_heart_beats(database: Database) -> None:
    for _ in range(2):
        database.write(lambda s: leases.beat(s, "worker-1", queue="caption", device="cpu"))
    with database.reading() as session:
        assert [worker.owner for worker in leases.live_workers(session, within_s=30)] == ["worker-1"]
    database.write(lambda s: s.execute(update(models.Heartbeat).values(seen_at=now(s) - timedelta(minutes=1))))
    with database.reading() as session:
        assert leases.live_workers(session, within_s=30) == []
