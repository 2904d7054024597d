"""The database's two doors, the feed and leases."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from catalogue import changes, leases, models
from catalogue.catalogues import Catalogue
from catalogue.changes import Change
from catalogue.database import Database, now
from catalogue.errors import DatabaseAway, DatabaseBusy
from catalogue.states import ChangeKind
from tests.unit.catalogue import shop


def test_a_pool_that_is_empty_for_too_long_is_busy(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalogue.connections.POOL", {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.05})
    narrow = Database(database.url.render_as_string(hide_password=False))
    with narrow.reading() as session:
        now(session)
        with pytest.raises(DatabaseBusy, match="in use"), narrow.reading() as second:
            now(second)
    narrow.close()


def test_a_database_file_that_cannot_be_opened_is_away(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'folder' / 'vitrine.sqlite'}")
    (tmp_path / "folder").rmdir()
    with pytest.raises(DatabaseAway, match="cannot be reached"):
        database.write(now)
    with pytest.raises(DatabaseAway), database.reading() as session:
        now(session)
    (tmp_path / "folder").mkdir()
    database.write(now)
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
