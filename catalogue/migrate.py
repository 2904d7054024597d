"""Bringing a database to the revision this code was written for, and saying whether it is there."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from catalogue.database import Database
from catalogue.errors import SchemaUnsupported

OLDEST_SERVED = "0001"  # expand, then contract: code serves this revision and every newer one


def upgrade(database: Database, revision: str = "head") -> None:
    """Run the migrations that are missing, in one transaction. Called twice: nothing the second time."""
    with database.write_engine.begin() as connection:
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    with database.write_engine.begin() as connection:
        command.downgrade(_config(connection), revision)


def drift(database: Database) -> None:
    """Raise when the tables differ from what models.py says."""
    with database.write_engine.begin() as connection:
        command.check(_config(connection))


def check(database: Database) -> str:
    """The database's revision.

    Raises:
        SchemaUnsupported: there is none, or it is older than what this code can serve.
    """
    with database.write_engine.begin() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current is None or current < OLDEST_SERVED:
        raise SchemaUnsupported(
            f"The database is at revision {current or 'none'}; this version needs {OLDEST_SERVED} or newer. "
            "Run `vitrine db upgrade`."
        )
    return current


def heads() -> list[str]:
    return ScriptDirectory.from_config(_config(None)).get_heads()


def _config(connection: Connection | None) -> Config:
    spec = importlib.util.find_spec("migrations")
    if spec is None or spec.origin is None:
        raise SchemaUnsupported("The package `migrations` is missing. Install Vitrine again.")
    config = Config()
    config.set_main_option("script_location", str(Path(spec.origin).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
