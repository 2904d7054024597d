"""What every test may ask for: a migrated database, a catalogue with a model set, and where outside data lies."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from catalogue import migrate
from catalogue.catalogues import Catalogue, adopt, ensure_catalogue, read_catalogue
from catalogue.database import Database
from catalogue.settings import Settings
from tests.databases import FAST, Prepared, PreparedFile, PreparedTemplate
from tests.servers import Postgres, postgres
from workers.adopt import adopt_model


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A command that runs in the tests' own process configures its logs; the next test's are not its business."""
    handlers = logging.root.handlers[:]
    yield
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    logging.root.handlers[:] = handlers


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """A real PostgreSQL for the whole run."""
    with postgres(*FAST) as server:
        yield server


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """What stands on a database runs on both; tests that ask for one through this fixture run twice."""
    kind: str = request.param
    return kind


@pytest.fixture(scope="session")
def migrated(dialect: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A database as the migrations make it."""
    prepared = _prepared(dialect, "migrated", request, tmp_path_factory)
    database = Database(prepared.url)
    migrate.upgrade(database)
    database.close()
    return prepared


@pytest.fixture
def database(migrated: Prepared, tmp_path: Path) -> Iterator[Database]:
    with migrated.copied(tmp_path) as url:
        database = Database(url)
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
def stocked(
    dialect: str, adopted: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Prepared:
    """A database with the shipped model adopted; the model itself lies in the folder `adopted`."""
    if dialect == "sqlite":
        return PreparedFile(adopted / "vitrine.sqlite")
    prepared = _prepared(dialect, "stocked", request, tmp_path_factory)
    database = Database(prepared.url)
    migrate.upgrade(database)
    database.write(lambda session: ensure_catalogue(session, "default", "EUR"))
    adopt_model(Settings(data=adopted, database_url=prepared.url), database)
    database.close()
    return prepared


@pytest.fixture(scope="session")
def outside_data() -> Path:
    """The folder of real photos and awkward files; named by VITRINE_TEST_DATA, and never part of the project."""
    folder = os.environ.get("VITRINE_TEST_DATA")  # noqa: TID251 - tests have settings of their own
    if not folder or not Path(folder).is_dir():
        pytest.skip("VITRINE_TEST_DATA names no folder: the tests on real photos DID NOT RUN")
    return Path(folder)


def _prepared(dialect: str, name: str, request: pytest.FixtureRequest, folders: pytest.TempPathFactory) -> Prepared:
    """An empty one; the server is asked for only where it is needed."""
    if dialect == "sqlite":
        return PreparedFile(folders.mktemp(name) / "vitrine.sqlite")
    server: Postgres = request.getfixturevalue("server")
    server.execute(f"CREATE DATABASE {name}")
    return PreparedTemplate(server, name)
