"""Bringing a database to the revision this code was written for, and saying whether it is there."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from catalogue.database import Database
from catalogue.errors import DatabaseBusy, SchemaUnsupported

ADVISORY_LOCK = 0x7669_7472  # "vitr": two processes that start together migrate one after the other
LOCK_WITHIN_S = 10.0
OLDEST_SERVED = "0002"  # expand, then contract: code serves this revision and every newer one


def upgrade(database: Database, revision: str = "head") -> None:
    """Run the migrations that are missing, in one transaction. Called twice: nothing the second time.

    A newer version's tables stay as they are, so that one can go back to this one.

    Raises:
        DatabaseBusy: somebody else is migrating, or holds a table, and goes on doing so.
    """
    with _alone(database) as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current is None or current <= max(heads()):
            command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    with _alone(database) as connection:
        command.downgrade(_config(connection), revision)


def drift(database: Database) -> None:
    """Raise when the tables differ from what models.py says."""
    with database.patiently() as connection:
        command.check(_config(connection))


def check(database: Database) -> str:
    """The database's revision.

    Raises:
        SchemaUnsupported: there is none, or it is older than what this code can serve.
    """
    with database.reading() as session:
        current = MigrationContext.configure(session.connection()).get_current_revision()
    if current is None or current < OLDEST_SERVED:
        raise SchemaUnsupported(
            f"The database is at revision {current or 'none'}; this version needs {OLDEST_SERVED} or newer. "
            "Run `vitrine db upgrade`."
        )
    return current


def heads() -> list[str]:
    return ScriptDirectory.from_config(_config(None)).get_heads()


def take_lock(connection: Connection) -> None:
    """Make this transaction the only one that migrates; on SQLite it is so already, as every writer is."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = {round(1e3 * LOCK_WITHIN_S)}"))
        connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    try:
        with database.patiently() as connection:
            yield connection
    except DatabaseBusy as error:
        raise DatabaseBusy(
            f"Somebody else is migrating, or has held a table for {LOCK_WITHIN_S:g} s. Try again when that is done."
        ) from error


def _config(connection: Connection | None) -> Config:
    spec = importlib.util.find_spec("migrations")
    if spec is None or spec.origin is None:
        raise SchemaUnsupported("The package `migrations` is missing. Install Vitrine again.")
    config = Config()
    config.set_main_option("script_location", str(Path(spec.origin).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
