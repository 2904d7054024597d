"""A shop and the views of it, for tests of what a request sees."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from catalogue.catalogues import Catalogue
from catalogue.database import Database
from indexing.views import Views
from tests.unit.indexing.shop import Shop


@pytest.fixture
def views(database: Database) -> Iterator[Views]:
    made = Views(database, 2**30)
    yield made
    made.close()


@pytest.fixture
def shop(database: Database, catalogue: Catalogue, views: Views) -> Shop:
    return Shop(database, catalogue, views)
