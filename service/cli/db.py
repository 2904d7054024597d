"""`vitrine db`: bring the database's tables up to date, or say whether they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from catalogue.database import Database


@click.group()
def db() -> None:
    """The database's tables."""


@db.command()
def upgrade() -> None:
    """Run the migrations that are missing."""
    from catalogue import migrate

    with _database() as database:
        migrate.upgrade(database)
        click.echo(f"The database is at revision {migrate.check(database)}.")


@db.command()
def check() -> None:
    """Say the database's revision; exit 1 when this version cannot serve it."""
    from catalogue import migrate

    with _database() as database:
        click.echo(f"The database is at revision {migrate.check(database)}.")


@contextmanager
def _database() -> Iterator[Database]:
    from catalogue.database import Database
    from catalogue.settings import Settings

    database = Database(Settings.from_env().database_url)
    try:
        yield database
    finally:
        database.close()
