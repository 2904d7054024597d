"""A backup: the tables at one moment, and every photo they name. Owns its layout and the order in which it is taken.

    manifest.json        written last: without it there is no backup
    tables-<moment>/     one file a table (dump.py)
    photos/              a photo store
    models/<name>/       the checkpoints that the model sets name
    secret.key           the data folder's own; one that is configured stays where it is

A photo's bytes never change under their SHA-256: most are copied before the tables are read, and only what came
meanwhile after. Just for that second, short part nothing may be erased. A later backup of the same shop into the same
folder copies what is new and forgets what is gone: last of all, when the new one is on the disk.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID, uuid4

from filelock import FileLock, Timeout
from sqlalchemy import select, tuple_

from catalogue import dump, migrate
from catalogue.copying import Progress, copy_photos
from catalogue.database import Database, now
from catalogue.dump import TableFile
from catalogue.errors import BackupInvalid
from catalogue.folder import sync
from catalogue.leases import acquire, release
from catalogue.models import Catalogue, Photo
from catalogue.settings import Settings
from catalogue.storage import PREFIXES, PhotoStore, Place

FORMAT = 1
ERASING = "erasing"  # the lease under which nothing is erased
PAUSE_S = 900.0  # how long a backup that was killed can keep erasures waiting
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a finished backup holds. `missing`: photos of which the store had lost a file, or it was damaged."""

    format: int
    revision: str
    taken_at: str
    folder: str
    tables: tuple[TableFile, ...]
    photos: int
    missing: tuple[str, ...]


def back_up(settings: Settings, database: Database, photos: PhotoStore, folder: Path, progress: Progress) -> Manifest:
    """Take a backup while the service runs; until it is finished, the one that `folder` had is whole.

    Raises:
        StorageFull: `folder` has no room.
        BackupInvalid: another backup is being taken, `folder` has one of another shop, or the database is newer.
    """
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    with _alone_in(folder):
        return _back_up(settings, database, photos, folder, progress)


def _back_up(settings: Settings, database: Database, photos: PhotoStore, folder: Path, progress: Progress) -> Manifest:
    kept = PhotoStore(str(folder / "photos"))
    revision = _check_may_be_taken(database, folder)
    copy_photos(_present(database), photos, kept, progress)
    tables = folder / f"tables-{time.time_ns()}"
    tables.mkdir()
    with _nothing_erased(database):
        taken_at, written = _write_tables(database, tables)
        missing = copy_photos(named(tables), photos, kept, progress)
    _copy_models(settings.models_folder, tables, folder / "models")
    if not settings.secret_key:
        copy_secret(settings.data / "secret.key", folder / "secret.key")
    names = set(named(tables))
    manifest = Manifest(FORMAT, revision, taken_at, tables.name, written, len(names), tuple(missing))
    for path in (*tables.iterdir(), tables):
        sync(path)
    _publish(folder, manifest)
    _forget_the_rest(folder, tables, kept, names)
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Raises BackupInvalid when the folder holds no finished backup of a form that this version reads."""
    try:
        read = json.loads((folder / "manifest.json").read_text("utf-8"))
        tables = tuple(TableFile(**table) for table in read.pop("tables"))
        manifest = Manifest(**{**read, "tables": tables, "missing": tuple(read["missing"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BackupInvalid("This folder holds no finished backup: its manifest.json is missing or damaged.") from error
    if manifest.format != FORMAT:
        raise BackupInvalid(f"The backup has form {manifest.format}; this version of Vitrine reads form {FORMAT}.")
    return manifest


def named(tables: Path) -> Iterator[str]:
    """The SHA-256 of each photo that a backup's tables name."""
    return (row["sha256"] for row in dump.read_rows(tables, dump.table("photos")))


def copy_secret(source: Path, target: Path) -> None:
    """Copy the key by which API keys are hashed; nobody else may read it."""
    if source.exists():
        aside = target.with_name(f".{target.name}.{uuid4().hex}")
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(source.read_bytes())
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Two that are taken into one folder at a time would each forget what the other has just copied."""
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise BackupInvalid("Another backup is being taken into this folder. Try again when it is finished.") from error
    try:
        yield
    finally:
        lock.release()


def _check_may_be_taken(database: Database, folder: Path) -> str:
    """The revision. Raises BackupInvalid when the backup would lose columns, or replace another shop's.

    A shop that was made anew because its disk was not there is another shop: its nightly backup must not replace the
    last good one.
    """
    revision = migrate.check(database)
    if revision not in migrate.heads():
        raise BackupInvalid(
            f"The database has revision {revision}, which this version of Vitrine does not write. Take the backup with "
            "the version that is in use, or run `vitrine db upgrade`."
        )
    if (folder / "manifest.json").exists():
        last = folder / read_manifest(folder).folder
        theirs = {row["id"] for row in dump.read_rows(last, dump.table("catalogues"))}
        with database.reading() as session:
            ours = set(session.scalars(select(Catalogue.id)))
        if theirs and not theirs & ours:
            raise BackupInvalid("This folder holds a backup of another shop, or of one before this. Name another.")
    return revision


def _present(database: Database) -> Iterator[str]:
    """The photos that are there now, read in short transactions."""
    after = (UUID(int=0), UUID(int=0))
    key = tuple_(Photo.catalogue_id, Photo.id)
    while True:
        with database.reading() as session:
            rows = session.execute(
                select(Photo.catalogue_id, Photo.id, Photo.sha256)
                .where(key > after)
                .order_by(Photo.catalogue_id, Photo.id)
                .limit(AT_ONCE)
            ).all()
        if not rows:
            return
        yield from (row.sha256 for row in rows)
        after = (rows[-1].catalogue_id, rows[-1].id)


def _write_tables(database: Database, tables: Path) -> tuple[str, tuple[TableFile, ...]]:
    with database.reading() as session:
        taken_at = now(session).isoformat()
        written = tuple(dump.write_table(session.connection(), table, tables) for table in dump.tables())
    return taken_at, written


@contextmanager
def _nothing_erased(database: Database) -> Iterator[None]:
    """Erasers look for this lease before they erase anything."""
    owner = f"backup:{uuid4().hex}"
    token = database.write(lambda session: acquire(session, ERASING, owner, lease_s=PAUSE_S))
    if token is None:
        raise BackupInvalid("Another backup is being taken, or was killed less than 15 minutes ago. Try again later.")
    try:
        yield
    finally:
        database.write(lambda session: release(session, ERASING, token))


def _copy_models(models: Path, tables: Path, target: Path) -> None:
    """The checkpoints that model sets name; they never change under their name."""
    for name in {row["checkpoint"] for row in dump.read_rows(tables, dump.table("model_sets"))}:
        if (models / name).is_dir() and not (target / name).is_dir():
            aside = target / f".{name}.{uuid4().hex}"
            shutil.copytree(models / name, aside)
            for path in (*aside.rglob("*"), aside):
                sync(path)
            aside.rename(target / name)
            sync(target)


def _publish(folder: Path, manifest: Manifest) -> None:
    aside = folder / "manifest.json.part"
    with aside.open("w", encoding="utf-8") as file:
        json.dump(asdict(manifest), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(folder / "manifest.json")
    sync(folder)


def _forget_the_rest(folder: Path, tables: Path, kept: PhotoStore, names: set[str]) -> None:
    """What was deleted in the shop goes from its backup too."""
    for older in folder.glob("tables-*"):
        if older != tables:
            shutil.rmtree(older)
    for prefix in PREFIXES:
        for file in kept.listing(Place.KEPT, prefix):
            if file.sha256 not in names:
                kept.remove(file)
