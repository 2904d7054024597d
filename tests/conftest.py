"""What every test may ask for: a migrated database, a catalogue with a model set, and where outside data lies."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogue import migrate
from catalogue.catalogues import Catalogue, adopt, ensure_catalogue, read_catalogue
from catalogue.database import Database
from catalogue.settings import Settings
from workers.adopt import adopt_model


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file as the migrations make it, to be copied: migrating anew for each test would cost seconds."""
    path = tmp_path_factory.mktemp("migrated") / "vitrine.sqlite"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    with database.write_engine.begin() as connection:
        connection.exec_driver_sql("SELECT 1")
    database.close()
    return path


@pytest.fixture
def database(migrated: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "vitrine.sqlite"
    shutil.copy(migrated, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture
def catalogue(database: Database) -> Catalogue:
    """The default catalogue, in euro, with an active model set of made-up fingerprints."""
    catalogue_id = database.write(lambda session: ensure_catalogue(session, "default", "EUR"))
    database.write(
        lambda session: adopt(
            session, catalogue_id, captioner="c1", look="l1", meaning="m1", words="w1", checkpoint="set1"
        )
    )
    with database.reading() as session:
        return read_catalogue(session)


@pytest.fixture(scope="session")
def adopted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder, migrated, with the shipped model adopted; to be copied. Its export alone takes seconds."""
    settings = Settings(data=tmp_path_factory.mktemp("adopted"))
    database = Database(settings.database_url)
    migrate.upgrade(database)
    database.write(lambda session: ensure_catalogue(session, "default", "EUR"))
    adopt_model(settings, database)
    database.close()
    return settings.data


@pytest.fixture(scope="session")
def outside_data() -> Path:
    """The folder of real photos and awkward files; named by VITRINE_TEST_DATA, and never part of the project."""
    folder = os.environ.get("VITRINE_TEST_DATA")  # noqa: TID251 - tests have settings of their own
    if not folder or not Path(folder).is_dir():
        pytest.skip("VITRINE_TEST_DATA names no folder: the tests on real photos DID NOT RUN")
    return Path(folder)
