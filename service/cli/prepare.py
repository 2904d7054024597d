"""`vitrine prepare`: what must be done once before anything serves or works. Starts nothing that stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from service.cli.output import read_settings

if TYPE_CHECKING:
    from catalogue.settings import Settings


@click.command("prepare")
def prepare_command() -> None:
    """Bring the tables up to date, and make the model and the first admin key known. Twice changes nothing."""
    from catalogue import logs

    settings = read_settings()
    logs.configure("prepare")
    prepare(settings)


def prepare(settings: Settings) -> None:
    """Migrate, make the default catalogue, install the first key, adopt the model in every catalogue. Called twice, it
    changes nothing."""
    from catalogue import keys, migrate
    from catalogue.catalogue_settings import list_catalogues
    from catalogue.catalogues import DEFAULT, ensure_catalogue
    from catalogue.database import Database
    from catalogue.secret import secret_key
    from service.cli import checks
    from workers.adopt import adopt_model

    checks.check_data_folder(settings.data)
    checks.check_free_space(settings.data)
    click.echo(f"Preparing {settings.data}")
    database = Database(settings.database_url)
    try:
        migrate.upgrade(database)
        database.write(lambda session: ensure_catalogue(session, DEFAULT, settings.currency))
        if settings.admin_key:
            secret = secret_key(settings)
            database.write(lambda session: keys.ensure_admin_key(session, settings.admin_key, secret))
        with database.reading() as session:
            names = [catalogue.name for catalogue in list_catalogues(session)]
        for name in names:
            adopt_model(settings, database, name)
    finally:
        database.close()
