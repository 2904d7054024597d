"""Erased means erased: a deleted photo's bytes go from every place of the store, and never those that a photo has."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from catalogue import doctor
from catalogue.catalogues import Catalogue, ensure_catalogue, read_catalogue
from catalogue.database import Database, hold_while_idle, now
from catalogue.decoding import DecoderPool
from catalogue.images import Limits
from catalogue.intake import Upload, register_uploads
from catalogue.items import delete_item
from catalogue.models import Erasure
from catalogue.photos import delete_photo
from catalogue.storage import FileKind, PhotoStore, Place
from tests.unit.catalogue.ward import Ward, jpeg
from workers.erasing import erase_due

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
A_WHILE_S = 1.0  # for the other one to come as far as it can


@pytest.fixture
def ward(database: Database, catalogue: Catalogue, tmp_path: Path) -> Iterator[Ward]:
    with DecoderPool(children=1) as decoder:  # whose child is never needed here
        photos = PhotoStore(str(tmp_path / "photos"))
        yield Ward(doctor.house(database, photos, decoder, Limits(1, 1)), catalogue, tmp_path)


def erase(ward: Ward) -> int:
    """As a sweep, once all that was queued is due."""
    ward.run(update(Erasure).values(due_at=LONG_AGO))
    return erase_due(ward.database, ward.photos)


def queued(ward: Ward) -> list[str]:
    with ward.database.reading() as session:
        return list(session.scalars(select(Erasure.sha256)))


def bytes_left(ward: Ward, sha256: str) -> list[str]:
    """Whatever lies under this name on the disk, in any place of the store, finished or not."""
    return sorted(str(path.relative_to(ward.folder)) for path in (ward.folder / "photos").rglob(f"*{sha256}*"))


def delete(ward: Ward, sku: str, catalogue: Catalogue | None = None) -> None:
    ward.database.write(lambda session: delete_item(session, catalogue or ward.catalogue, sku))


def test_a_deleted_photos_bytes_go_from_every_place_of_the_store(ward: Ward) -> None:
    """Original and working copy, in use, in the trash, set aside as damaged, and what a killed upload left."""
    photo_id = ward.add("tee", 1)
    sha256 = ward.sha256(photo_id)
    for place in (Place.TRASH, Place.DAMAGED):
        for file in ward.files(Place.KEPT, sha256):
            ward.photos.move(file, place)
        ward.store(jpeg(1))
    for kind in FileKind:
        name = sha256 if kind is FileKind.ORIGINAL else f"{sha256}.jpg"
        unfinished = ward.folder / "photos" / kind.value / sha256[:2] / f".{name}.{'0' * 32}.part"
        unfinished.write_bytes(b"half of it")
        os.utime(unfinished, (0, 0))
    assert len(bytes_left(ward, sha256)) == 8
    ward.database.write(lambda session: delete_photo(session, ward.catalogue, photo_id))
    assert erase(ward) == 1
    assert bytes_left(ward, sha256) == []
    assert queued(ward) == []


def test_an_upload_of_the_same_bytes_that_is_being_written_is_left_alone(ward: Ward) -> None:
    sha256 = ward.sha256(ward.add("tee", 1))
    young = ward.folder / "photos" / "originals" / sha256[:2] / f".{sha256}.{'0' * 32}.part"
    young.write_bytes(b"half of it")
    delete(ward, "tee")
    assert erase(ward) == 1
    assert young.exists()


def test_a_deletion_is_due_well_within_the_hour(ward: Ward) -> None:
    ward.add("tee", 1)
    delete(ward, "tee")
    with ward.database.reading() as session:
        assert session.scalars(select(Erasure.due_at)).one() < now(session) + timedelta(minutes=30)


def test_bytes_that_another_photo_has_stay_until_the_last_one_is_deleted(ward: Ward) -> None:
    other = _other(ward)
    sha256 = ward.sha256(ward.add("tee", 1))
    ward.add("mug", 1)
    _register(ward, other, "tee", sha256)
    for sku, catalogue in (("tee", ward.catalogue), ("mug", ward.catalogue)):
        delete(ward, sku, catalogue)
        assert erase(ward) == 0
        assert ward.photos.has(sha256)
    delete(ward, "tee", other)
    assert erase(ward) == 1
    assert bytes_left(ward, sha256) == []


def test_the_last_photo_is_deleted_while_its_bytes_are_found_in_use(ward: Ward) -> None:
    """An erasure of the same bytes, queued by an earlier deletion, ends just before this deletion commits."""
    sha256 = ward.sha256(ward.add("tee", 1))
    ward.add("mug", 1)
    delete(ward, "tee")
    ward.run(update(Erasure).values(due_at=LONG_AGO))
    deleted, looked = threading.Event(), threading.Event()

    def act(session: Any) -> None:
        delete_item(session, ward.catalogue, "mug")
        deleted.set()
        looked.wait(A_WHILE_S)

    def look() -> None:
        deleted.wait()
        erase_due(ward.database, ward.photos)
        looked.set()

    with ThreadPoolExecutor(2) as threads:
        for each in (threads.submit(ward.database.write, act), threads.submit(look)):
            each.result()
    erase(ward)
    assert bytes_left(ward, sha256) == []


def test_the_last_photo_is_deleted_in_another_catalogue_just_after_its_bytes_were_found_in_use(ward: Ward) -> None:
    other = _other(ward)
    sha256 = ward.sha256(ward.add("tee", 1))
    _register(ward, other, "tee", sha256)
    delete(ward, "tee")
    with ThreadPoolExecutor(1) as threads:
        deletion = partial(_delete_if_it_need_not_wait, threads, ward, other)
        with _before(ward.database, "DELETE FROM erasures", deletion):
            assert erase(ward) == 0
    erase(ward)
    assert bytes_left(ward, sha256) == []


def _delete_if_it_need_not_wait(threads: ThreadPoolExecutor, ward: Ward, catalogue: Catalogue) -> None:
    """On SQLite it waits for the eraser, as every write does."""
    with suppress(TimeoutError):
        threads.submit(delete, ward, "tee", catalogue).result(A_WHILE_S)


@contextmanager
def _before(database: Database, statement: str, act: Callable[[], None]) -> Iterator[None]:
    """Once, right before a statement that begins so."""
    waiting = [act]

    def notice(*event: Any) -> None:
        if event[2].startswith(statement) and waiting:
            waiting.pop()()

    sqlalchemy.event.listen(database.write_engine, "before_cursor_execute", notice)
    try:
        yield
    finally:
        sqlalchemy.event.remove(database.write_engine, "before_cursor_execute", notice)


def _other(ward: Ward) -> Catalogue:
    ward.database.write(lambda session: ensure_catalogue(session, "other", "EUR"))
    with ward.database.reading() as session:
        return read_catalogue(session, "other")


def _register(ward: Ward, catalogue: Catalogue, sku: str, sha256: str) -> None:
    upload = Upload(sha256, 1, "image/jpeg", 64, 48, 1)
    ward.database.write(lambda session: register_uploads(session, catalogue, sku, [upload], bulk=False))


def test_an_eraser_keeps_its_locks_however_long_it_is_frozen(database: Database) -> None:
    def limit(session: Session) -> str:
        hold_while_idle(session)
        if database.is_sqlite:  # it ends no transaction for being idle
            return "0"
        return str(session.scalar(text("SHOW idle_in_transaction_session_timeout")))

    assert database.write(limit) == "0"
