"""Fills an empty installation from a backup. Owns the order; the backup's layout is backup.py's."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from catalogue import dump, migrate
from catalogue.backup import Manifest, copy_secret, named, read_manifest
from catalogue.copying import Progress, copy_photos
from catalogue.database import Database
from catalogue.errors import BackupInvalid
from catalogue.models import Catalogue
from catalogue.settings import Settings
from catalogue.storage import PhotoStore


def restore(settings: Settings, database: Database, photos: PhotoStore, folder: Path, progress: Progress) -> Manifest:
    """Migrate, and fill from `folder`. The tables come last and at once: an interrupted restore can be repeated.

    In the manifest that is returned, `missing` are the photos of which a file is missing now.

    Raises:
        BackupInvalid: no backup, a damaged one, one of another revision, or the database is not empty.
        StorageFull: no room; nothing is served yet.
    """
    manifest = read_manifest(folder)
    tables = folder / manifest.folder
    for file in manifest.tables:
        dump.check_table(tables, file)
    migrate.upgrade(database)
    _check_fits(database, manifest)
    missing = copy_photos(named(tables), PhotoStore(str(folder / "photos")), photos, progress)
    if (folder / "models").is_dir():
        unfinished = shutil.ignore_patterns(".*")
        shutil.copytree(folder / "models", settings.models_folder, dirs_exist_ok=True, ignore=unfinished)
    if not settings.secret_key:
        copy_secret(folder / "secret.key", settings.data / "secret.key")
    with database.patiently() as connection:
        for number, table in enumerate(dump.tables(), start=1):
            dump.load_table(connection, table, tables)
            progress("Tables", number)
    return replace(manifest, missing=tuple(missing))


def _check_fits(database: Database, manifest: Manifest) -> None:
    revision = migrate.check(database)
    if revision != manifest.revision:
        raise BackupInvalid(
            f"The backup is of revision {manifest.revision}, and this version of Vitrine has {revision}. "
            "Restore it with the version that took it, then upgrade."
        )
    with database.reading() as session:
        if session.scalars(select(Catalogue.id).limit(1)).first() is not None:
            raise BackupInvalid("The database holds a catalogue already. Restore into an empty one.")
