"""What must happen even when nobody rings, on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, update

from catalogue.catalogues import ensure_catalogue, read_catalogue
from catalogue.errors import PhotoMissing
from catalogue.intake import Upload, register_uploads
from catalogue.items import delete_item
from catalogue.leases import live_workers
from catalogue.models import Erasure, Query, Work
from catalogue.query_photos import keep
from catalogue.settings import Settings
from tests.plans import WALK, noticed, plan
from tests.unit.workers.conftest import Bench
from workers.bell import Bell
from workers.erasing import erase_due
from workers.sweeper import Sweeper

GREEN = (0, 150, 0)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


@pytest.fixture
def bell(settings: Settings) -> Iterator[Bell]:
    bell = Bell(settings)
    yield bell
    bell.close()


def sweeper(bench: Bench, bell: Bell, owner: str = "one") -> Sweeper:
    return Sweeper(bench.database, bench.photos, bell, owner=owner, device=lambda: "cpu")


def test_a_lost_ring_is_rung_again_while_work_is_due(bench: Bench, bell: Bell) -> None:
    bench.add("sku", GREEN)
    sweeper(bench, bell).sweep()
    assert bell.is_waiting("caption")


def test_photos_that_were_searched_by_are_forgotten_after_an_hour(bench: Bench, bell: Bell) -> None:
    catalogue, set_id = bench.catalogue, UUID(int=9)
    for token in ("old", "new"):
        bench.database.write(lambda session, t=token: keep(session, catalogue.id, set_id, t, b"look", b"meaning"))  # type: ignore[misc]  # bound now
    past = update(Query).where(Query.token == "old").values(expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    bench.database.write(lambda session: session.execute(past))
    sweeper(bench, bell).sweep()
    with bench.database.reading() as session:
        assert session.scalars(select(Query.token)).all() == ["new"]


def test_nothing_is_rung_when_nothing_is_due(bench: Bench, bell: Bell) -> None:
    sweeper(bench, bell).sweep()
    assert not bell.is_waiting("caption")


def test_one_worker_sweeps_at_a_time(bench: Bench, bell: Bell) -> None:
    sweeper(bench, bell, "one").sweep()
    bench.add("sku", GREEN)
    sweeper(bench, bell, "two").sweep()
    assert not bell.is_waiting("caption")


def test_a_photo_that_killed_six_workers_has_failed_with_the_reason(bench: Bench, bell: Bell) -> None:
    photo_id = bench.add("sku", GREEN)
    bench.database.write(lambda session: session.execute(update(Work).values(attempts=6)))
    sweeper(bench, bell).sweep()
    photo = bench.photo(photo_id)
    assert photo.state == "failed"
    assert photo.reason == "It ended its worker 6 times."
    assert photo.attempts == 6


def test_a_workers_thread_beats_at_once_and_lets_go_of_the_sweep_when_it_ends(bench: Bench, bell: Bell) -> None:
    one = sweeper(bench, bell, "one")
    one.start()
    one.stop()
    with bench.database.reading() as session:
        (alive,) = live_workers(session, within_s=60)
    assert (alive.owner, alive.queue, alive.device) == ("one", "caption", "cpu")
    bench.add("sku", GREEN)
    sweeper(bench, bell, "two").sweep()
    assert bell.ring() is False, "the second sweeper did not ring: no ring was waiting"


def test_bytes_of_a_deleted_photo_are_erased_when_due_and_unreferenced(bench: Bench, bell: Bell) -> None:
    gone, kept = (bench.photo(bench.add(sku, GREEN)).sha256 for sku in ("gone", "kept"))
    for sku in ("gone", "kept"):
        bench.database.write(lambda session, sku=sku: delete_item(session, bench.catalogue, sku))  # type: ignore[misc]
    bench.add("kept", GREEN)
    sweeper(bench, bell).sweep()
    assert bench.photos.read_working(gone), "not due yet"
    past = update(Erasure).values(due_at=datetime(2020, 1, 1, tzinfo=UTC))
    bench.database.write(lambda session: session.execute(past))
    sweeper(bench, bell).sweep()
    assert bench.photos.read_working(kept)
    with pytest.raises(PhotoMissing):
        bench.photos.read_working(gone)
    with bench.database.reading() as session:
        assert session.scalars(select(Erasure.sha256)).all() == []


def test_bytes_that_another_catalogue_has_been_given_meanwhile_are_not_to_be_erased(bench: Bench, bell: Bell) -> None:
    """The row is what eraser and upload both lock: PostgreSQL would let them pass each other without it."""
    sha256 = bench.photo(bench.add("sku", GREEN)).sha256
    bench.database.write(lambda session: delete_item(session, bench.catalogue, "sku"))
    bench.database.write(lambda session: ensure_catalogue(session, "other", "EUR"))
    with bench.database.reading() as session:
        other = read_catalogue(session, "other")
    upload = Upload(sha256, 1, "image/jpeg", 64, 64, 0)
    bench.database.write(lambda session: register_uploads(session, other, "sku", [upload], bulk=False))
    with bench.database.reading() as session:
        assert session.scalars(select(Erasure.sha256)).all() == []


def test_looking_for_bytes_in_all_catalogues_goes_by_the_index(bench: Bench) -> None:
    bench.add("sku", GREEN)
    bench.database.write(lambda session: delete_item(session, bench.catalogue, "sku"))
    past = update(Erasure).values(due_at=datetime(2020, 1, 1, tzinfo=UTC))
    bench.database.write(lambda session: session.execute(past))
    with noticed(bench.database, lambda statement: "sha256 =" in statement) as looked:
        assert erase_due(bench.database, bench.photos) == 1
    assert len(looked) == 3
    for statement, values in looked:
        steps = plan(bench.database, statement, values)
        assert f"{WALK} photos" not in steps
        assert f"{WALK} erasures" not in steps
