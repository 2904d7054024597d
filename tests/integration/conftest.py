"""What integration tests may ask for: a model adopted once, and a data folder that has it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from catalogue.database import Database
from catalogue.settings import Settings
from catalogue.storage import PhotoStore
from service.app import close, create_app
from tests.contract import referee
from tests.databases import Prepared
from tests.integration.exactly import TEXTS, ExactShop, open_exact_shop
from tests.integration.floor import LEASE_S, Floor
from tests.integration.running import Filled, Running, running
from tests.integration.shop import MAX_PHOTO_BYTES, Shop, open_shop
from tests.reference.goods import goods
from workers import doorbell


@pytest.fixture
def floor(stocked: Prepared, adopted: Path, tmp_path: Path) -> Iterator[Floor]:
    data = data_folder(adopted, tmp_path / "data")
    with stocked.copied(data) as url:
        settings = Settings(data=data, database_url=url, lease_s=LEASE_S, threads=1, device="cpu")
        doorbell.empty(settings.queue_folder)
        floor = Floor(settings, Database(url), PhotoStore(settings.photos_url))
        yield floor
        floor.close()


@pytest.fixture(scope="session")
def api(stocked: Prepared, adopted: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One running app for all tests of the API; each opens a catalogue of its own in it."""
    data = data_folder(adopted, tmp_path_factory.mktemp("api") / "data")
    with stocked.copied(data) as url:
        app = create_app(
            Settings(data=data, database_url=url, threads=1, device="cpu", max_photo_bytes=MAX_PHOTO_BYTES)
        )
        fouls = referee(app)
        yield app
        close(app)
    assert fouls == []


@pytest.fixture
def shop(api: Flask) -> Shop:
    return open_shop(api)


@pytest.fixture(scope="session")
def exact(api: Flask) -> ExactShop:
    """A shop of many odd goods that tests search, and leave as it is."""
    return open_exact_shop(api, goods(seed=10, number=56, texts=len(TEXTS)))


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


def data_folder(adopted: Path, data: Path) -> Path:
    """A new one that shares the adopted model, which nobody writes to."""
    data.mkdir()
    (data / "models").symlink_to(adopted / "models")
    return data
