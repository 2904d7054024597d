"""A backup taken of a shop in use, restored into an empty installation, answers as the shop did."""

from __future__ import annotations

import gzip
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from catalogue import models
from catalogue.backup import back_up
from catalogue.database import Database
from catalogue.errors import BackupInvalid
from catalogue.models import Photo
from catalogue.restoring import restore
from catalogue.settings import Settings
from catalogue.storage import PhotoStore
from service.app import close, create_app
from tests.databases import Prepared
from tests.integration.conftest import data_folder
from tests.integration.floor import wait_until
from tests.integration.shop import Shop, open_shop, picture
from tests.servers import Postgres
from workers.erasing import erase_due
from workers.models import open_captioner

TITLES = {
    "sh-1": "Blue striped shirt",
    "sh-2": "White linen shirt",
    "dr-1": "Green summer dress",
    "dr-2": "Red evening dress",
    "bo-1": "Brown leather boots",
    "bo-2": "Black rubber boots",
    "ba-1": "Canvas tote bag",
    "ba-2": "Leather handbag",
    "ha-1": "Straw sun hat",
    "sc-1": "Grey wool scarf",
}
QUERIES = (
    "blue shirt", "linen", "summer dress", "red dress", "leather boots", "rubber boots", "tote bag", "handbag",
    "sun hat", "sc-1",
)  # fmt: skip
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_NUMBERS = itertools.count()


def _quiet(_what: str, _done: int) -> None:
    return


@pytest.fixture
def running(stocked: Prepared, adopted: Path, tmp_path: Path) -> Iterator[Shop]:
    """An app over a data folder of its own."""
    data = data_folder(adopted, tmp_path / "shop")
    with stocked.copied(data) as url, _app(Settings(data=data, database_url=url, threads=1, device="cpu")) as app:
        yield open_shop(app)


@contextmanager
def _app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    try:
        wait_until(lambda: app.test_client().get("/readyz").status_code == 200, 60, "the app is ready")
        yield app
    finally:
        close(app)


@pytest.fixture
def empty(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """An installation that has nothing yet, on the other database: a backup is how a shop moves as well."""
    settings = Settings(data=tmp_path / "restored", threads=1, device="cpu")
    settings.data.mkdir()
    if dialect == "postgresql":
        return settings
    server: Postgres = request.getfixturevalue("server")
    name = f"restored_{next(_NUMBERS)}"
    server.execute(f"CREATE DATABASE {name}")
    return replace(settings, database_url=server.url(name))


def _back_up(shop: Shop, folder: Path) -> None:
    services = shop.services
    back_up(services.settings, services.database, services.photos, folder, _quiet)


def _restore(empty: Settings, folder: Path) -> None:
    database = Database(empty.database_url)
    try:
        restore(empty, database, PhotoStore(empty.photos_url), folder, _quiet)
    finally:
        database.close()


def _answers(shop: Shop) -> list[Any]:
    """What ten searches and a look-alike answer, but for the time it took."""
    found = [shop.call("GET", "/v1/search", query_string={"q": query, "limit": 5}).json for query in QUERIES]
    found.append(shop.call("GET", "/v1/items/sh-1/similar").json)
    return [{name: value for name, value in answer.items() if name != "took_ms"} for answer in found]  # type: ignore[union-attr]  # it is JSON


def test_a_restored_shop_answers_the_same_searches_with_the_same_hits(
    running: Shop, empty: Settings, tmp_path: Path
) -> None:
    ids = running.stock(**TITLES)
    running.call("PATCH", f"/v1/photos/{ids['ha-1']}/caption", json={"text": "a hat of straw", "locked": True})
    running.work()
    running.seq()
    _back_up(running, tmp_path / "backup")
    wait_until(lambda: _is_level(running), 10, "the view has all of it")
    before = _answers(running)
    assert [answer["hits"][0]["sku"] for answer in before[:10]] == list(TITLES)
    _restore(empty, tmp_path / "backup")
    with _app(empty) as app:
        again = Shop(app, open_captioner(empty, _checkpoint(running)), running.name)
        assert _answers(again) == before
        image = f"/v1/photos/{ids['sh-1']}/image"
        assert again.call("GET", image).data == running.call("GET", image).data
        assert int(again.put("new", title="New").headers["Vitrine-Seq"]) == before[0]["seq"] + 1  # the numbers go on
        assert again.upload("new", picture()).status_code == 202


def test_a_backup_of_a_shop_in_use_names_no_photo_that_it_has_not(
    running: Shop, empty: Settings, tmp_path: Path
) -> None:
    running.stock(**TITLES)
    ended = threading.Event()
    erased: list[int] = []
    all_due = update(models.Erasure).values(due_at=LONG_AGO)

    def trade() -> None:
        for number in itertools.count():
            if ended.is_set():
                return
            running.upload(f"more-{number}", picture())
            if number > 3:
                running.call("DELETE", f"/v1/items/more-{number - 3}")
            running.services.database.write(lambda session: session.execute(all_due))
            erased.append(erase_due(running.services.database, running.services.photos))

    trader = threading.Thread(target=trade)
    trader.start()
    try:
        for _ in range(5):  # into one folder: each brings it up to date
            _back_up(running, tmp_path / "backup")
    finally:
        ended.set()
        trader.join()
    assert sum(erased) > 0
    _restore(empty, tmp_path / "backup")
    database, photos = Database(empty.database_url), PhotoStore(empty.photos_url)
    with database.reading() as session:
        names = session.scalars(select(Photo.sha256)).all()
    database.close()
    assert len(names) >= len(TITLES)
    assert [name for name in names if not photos.has(name)] == []
    assert sum(1 for path in (tmp_path / "backup" / "photos" / "originals").rglob("*") if path.is_file()) == len(
        set(names)
    )


def test_work_that_was_held_when_the_backup_was_taken_is_free_after_the_restore(
    running: Shop, empty: Settings, tmp_path: Path
) -> None:
    from catalogue.work import claim

    running.upload("waiting", picture())
    assert running.services.database.write(lambda session: claim(session, "somebody", lease_s=3600, batch=1))
    _back_up(running, tmp_path / "backup")
    _restore(empty, tmp_path / "backup")
    database = Database(empty.database_url)
    with database.reading() as session:
        held = session.execute(select(models.Work.owner, models.Work.token, models.Work.expires_at)).all()
    database.close()
    assert [tuple(row) for row in held] == [(None, None, None)]


def test_a_damaged_or_unfinished_backup_is_refused_and_leaves_the_installation_empty(
    running: Shop, empty: Settings, tmp_path: Path
) -> None:
    running.stock(tee="Tee")
    folder = tmp_path / "backup"
    with pytest.raises(BackupInvalid, match="no finished backup"):
        _restore(empty, folder)
    _back_up(running, folder)
    items = next(folder.glob("tables-*/items.jsonl.gz"))
    whole = items.read_bytes()
    items.write_bytes(gzip.compress(b'{"sku": "other"}\n'))
    with pytest.raises(BackupInvalid, match="items"):
        _restore(empty, folder)
    items.write_bytes(whole)
    _restore(empty, folder)
    with pytest.raises(BackupInvalid, match="holds a catalogue already"):
        _restore(empty, folder)


def _is_level(shop: Shop) -> bool:
    catalogue = shop.catalogue
    return shop.services.views.present(catalogue.id).seq == shop.seq()


def _checkpoint(shop: Shop) -> str:
    active = shop.catalogue.active_set
    assert active is not None
    return active.checkpoint
