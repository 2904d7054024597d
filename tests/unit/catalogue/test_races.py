"""Writers that meet: what SQLite keeps apart by itself, and PostgreSQL only by locks taken in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import UUID

import sqlalchemy
from sqlalchemy import select

from catalogue import items, models
from catalogue.catalogues import Catalogue, adopt, read_catalogue
from catalogue.database import Database
from catalogue.errors import NotFound
from catalogue.states import PhotoStatus, Space
from catalogue.switching import switch_when_complete
from tests.unit.catalogue import shop

NEW = {"captioner": "c2", "look": "l2", "meaning": "m2", "words": "w2", "checkpoint": "set2"}


def together(*acts: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(acts)) as threads:
        return [each.result() for each in [threads.submit(act) for act in acts]]


def test_who_adopts_the_same_set_at_once_gets_the_same_one(database: Database, catalogue: Catalogue) -> None:
    start = threading.Barrier(4)

    def adopt_it() -> UUID:
        start.wait()
        return database.write(lambda session: adopt(session, catalogue.id, **NEW)).id

    assert len(set(together(*[adopt_it] * 4))) == 1


def test_an_item_that_is_deleted_while_it_is_written_is_made_again(database: Database, catalogue: Catalogue) -> None:
    done = threading.Event()

    def delete_it() -> None:
        while not done.is_set():
            with suppress(NotFound):
                database.write(lambda session: items.delete_item(session, catalogue, "a"))

    def write_it() -> None:
        try:
            for number in range(60):
                shop.upload(database, catalogue, "a", f"{number}")
        finally:
            done.set()

    together(delete_it, write_it)


def test_a_photo_that_arrives_in_the_middle_of_a_switch_is_not_ready_without_vectors(
    database: Database, catalogue: Catalogue
) -> None:
    shop.upload(database, catalogue, "a", "one")
    database.write(lambda session: adopt(session, catalogue.id, **NEW))
    shop.finish_all(database)
    arriving: list[threading.Thread] = []

    def arrive(*event: Any) -> None:
        if event[2].startswith("UPDATE photos") and not arriving:
            arriving.append(threading.Thread(target=shop.upload, args=(database, catalogue, "b", "two")))
            arriving[0].start()
            time.sleep(0.5)  # unless it has to wait, it is in now

    sqlalchemy.event.listen(database.write_engine, "before_cursor_execute", arrive)
    assert database.write(switch_when_complete) == [catalogue.id]
    arriving[0].join()
    with database.reading() as session:
        states = session.scalars(select(models.Photo.status).order_by(models.Photo.id)).all()
    assert states == [PhotoStatus.READY, PhotoStatus.PENDING]
    shop.finish_all(database)
    with database.reading() as session:
        ready = set(session.scalars(select(models.Photo.id).where(models.Photo.ready_seq.is_not(None))))
        active = read_catalogue(session).active_set
        assert active is not None
        seen = select(models.Vector.photo_id).filter_by(space=Space.LOOK, fingerprint=active.look)
        assert len(ready) == 2
        assert ready == set(session.scalars(seen))
