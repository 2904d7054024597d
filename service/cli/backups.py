"""`vitrine backup` and `vitrine restore`: a shop as a folder, and back. Own what is said; the work is catalogue's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.output import read_settings

if TYPE_CHECKING:
    from catalogue.copying import Progress

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=FOLDER)
def backup(folder: Path) -> None:
    """Copy the shop's rows, photos and models into FOLDER, while it runs. Again: only what is new is copied."""
    from catalogue.backup import back_up
    from catalogue.database import Database
    from catalogue.storage import PhotoStore

    settings = read_settings()
    database = Database(settings.database_url)
    try:
        with _progress() as progress:
            manifest = back_up(settings, database, PhotoStore(settings.photos_url), folder, progress)
    finally:
        database.close()
    click.echo(f"Backed up {_counted(manifest.photos)}, as of {manifest.taken_at}.")
    if manifest.missing:
        raise click.ClickException(
            f"The photo store has lost a file of {_counted(len(manifest.missing))}, or it is damaged; manifest.json "
            "names them. `vitrine doctor --deep` says more. All the rest is backed up."
        )


@click.command()
@click.argument("folder", type=FOLDER)
def restore(folder: Path) -> None:
    """Fill an empty installation from a backup. Stop the service first; `vitrine up` or `prepare` comes after."""
    from catalogue.database import Database
    from catalogue.restoring import restore as fill
    from catalogue.storage import PhotoStore
    from service.cli.checks import check_data_folder
    from workers.supervisor import single_instance

    settings = read_settings()
    check_data_folder(settings.data)
    with single_instance(settings):
        database = Database(settings.database_url)
        try:
            with _progress() as progress:
                manifest = fill(settings, database, PhotoStore(settings.photos_url), folder, progress)
        finally:
            database.close()
    click.echo(f"Restored {_counted(manifest.photos)}, as of {manifest.taken_at}.")
    if manifest.missing:
        raise click.ClickException(
            f"The backup lacks a file of {_counted(len(manifest.missing))}, or it is damaged. `vitrine doctor` names "
            "them. All the rest is restored."
        )


@contextmanager
def _progress() -> Iterator[Progress]:
    """A counter on a terminal; elsewhere nothing."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _what, _done: None
        return
    with console.status("") as status:
        yield lambda what, done: status.update(f"{what}: {done:,}")


def _counted(photos: int) -> str:
    return "1 photo" if photos == 1 else f"{photos:,} photos"
