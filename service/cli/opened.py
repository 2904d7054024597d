"""The settings and their database, for commands that work in process. Owns that tables are there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalogue.database import Database
    from catalogue.settings import Settings


@contextmanager
def opened() -> Iterator[tuple[Settings, Database]]:
    """Raises SchemaUnsupported where there are no tables yet."""
    from catalogue import migrate
    from catalogue.database import Database
    from catalogue.settings import Settings

    settings = Settings.from_env()
    database = Database(settings.database_url)
    try:
        migrate.check(database)
        yield settings, database
    finally:
        database.close()
