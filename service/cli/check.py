"""`vitrine check`: is this machine's process well? For containers' health checks; asks, and mends nothing."""

from __future__ import annotations

import click

from catalogue.errors import VitrineError


class Unwell(VitrineError):
    code = "unwell"


@click.group()
def check() -> None:
    """Whether this machine's API or caption worker is well: exit 0, or 1 and what is wrong."""


@check.command()
def api() -> None:
    """The API of this machine can answer searches."""
    from catalogue.settings import Settings
    from service.client import Client

    settings = Settings.from_env()
    with Client(settings.url) as client:
        if client.ready() is None:
            raise Unwell(f"The service at {settings.url} is not there or not ready. Its log says why.")


@check.command()
def worker() -> None:
    """A caption worker of this machine was heard of within the last seconds."""
    import socket

    from catalogue.database import Database
    from catalogue.leases import live_workers
    from catalogue.settings import Settings
    from service.health import SILENT_S

    host = socket.gethostname()
    database = Database(Settings.from_env().database_url)
    try:
        with database.reading() as session:
            alive = live_workers(session, within_s=SILENT_S)
    finally:
        database.close()
    if not any(each.owner.startswith(f"{host}:") for each in alive):
        raise Unwell(f"No caption worker of {host} was heard of for {SILENT_S:.0f} s. Its log says why.")
