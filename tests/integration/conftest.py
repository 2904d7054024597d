"""What integration tests may ask for: a model adopted once, and a data folder that has it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from catalogue.database import Database
from catalogue.settings import Settings
from catalogue.storage import PhotoStore
from service.app import close, create_app
from tests.integration.floor import LEASE_S, Floor
from tests.integration.running import Filled, Running, running
from tests.integration.shop import MAX_PHOTO_BYTES, Shop, open_shop
from workers import doorbell


@pytest.fixture
def floor(adopted: Path, tmp_path: Path) -> Iterator[Floor]:
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(adopted / "vitrine.sqlite", data)
    (data / "models").symlink_to(adopted / "models")
    settings = Settings(data=data, lease_s=LEASE_S, threads=1, device="cpu")
    doorbell.empty(settings.queue_folder)
    database = Database(settings.database_url)
    floor = Floor(settings, database, PhotoStore(settings.photos_url))
    yield floor
    floor.close()


@pytest.fixture(scope="session")
def api(adopted: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One running app for all tests of the API; each opens a catalogue of its own in it."""
    data = tmp_path_factory.mktemp("api")
    shutil.copy(adopted / "vitrine.sqlite", data)
    (data / "models").symlink_to(adopted / "models")
    app = create_app(Settings(data=data, threads=1, device="cpu", max_photo_bytes=MAX_PHOTO_BYTES))
    yield app
    close(app)


@pytest.fixture
def shop(api: Flask) -> Shop:
    return open_shop(api)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """What `vitrine up --demo` makes of an empty folder."""
    data = tmp_path_factory.mktemp("filled") / "data"
    with running(data, "--demo") as first:
        assert first.stop() == 0
    return Filled(data, first.printed)


@pytest.fixture(scope="session")
def demo(filled: Filled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running shop with the sample catalogue. Tests may add items of their own; they leave the samples alone."""
    with running(filled.copy(tmp_path_factory.mktemp("demo"))) as service:
        yield service
