"""What a backup must never do: lose what it could have kept, or what it held before. On both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from catalogue import doctor, migrate
from catalogue.backup import Manifest, back_up, read_manifest
from catalogue.catalogues import Catalogue, ensure_catalogue
from catalogue.copying import Progress
from catalogue.database import Database
from catalogue.decoding import DecoderPool
from catalogue.errors import BackupInvalid
from catalogue.images import Limits
from catalogue.items import delete_item
from catalogue.models import Erasure, Photo
from catalogue.restoring import restore
from catalogue.settings import Settings
from catalogue.storage import FileKind, PhotoStore, Place
from tests.unit.catalogue.ward import Ward
from workers.erasing import erase_due

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def _quiet(_what: str, _done: int) -> None:
    return


@pytest.fixture
def ward(database: Database, catalogue: Catalogue, tmp_path: Path) -> Iterator[Ward]:
    with DecoderPool(children=1) as decoder:  # whose child is never needed here
        photos = PhotoStore(str(tmp_path / "photos"))
        yield Ward(doctor.house(database, photos, decoder, Limits(1, 1)), catalogue, tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backup"


def take(ward: Ward, folder: Path, progress: Progress = _quiet) -> Manifest:
    return back_up(Settings(data=ward.folder / "data"), ward.database, ward.photos, folder, progress)


def restored(folder: Path, data: Path) -> tuple[Manifest, PhotoStore, list[str]]:
    """Into a new installation: what was said, its store, and the photos that its rows name."""
    settings = Settings(data=data)
    database, photos = Database(settings.database_url), PhotoStore(settings.photos_url)
    try:
        manifest = restore(settings, database, photos, folder, _quiet)
        with database.reading() as session:
            return manifest, photos, list(session.scalars(select(Photo.sha256)))
    finally:
        database.close()


def kept(folder: Path) -> PhotoStore:
    return PhotoStore(str(folder / "photos"))


def test_what_is_deleted_while_a_backup_copies_is_not_erased_before_it_is_copied(ward: Ward, folder: Path) -> None:
    ward.add("tee", 1)
    erased: list[int] = []

    def meddle(_what: str, _done: int) -> None:
        """After the first pass a photo comes; as soon as the tables are read, it goes."""
        if not list(folder.glob("tables-*")):
            ward.add("late", 2)
            return
        if not erased:
            ward.database.write(lambda session: delete_item(session, ward.catalogue, "late"))
        ward.run(update(Erasure).values(due_at=LONG_AGO))
        erased.append(erase_due(ward.database, ward.photos))

    manifest = take(ward, folder, meddle)
    assert (manifest.photos, manifest.missing) == (2, ())
    assert sum(erased) == 0
    assert erase_due(ward.database, ward.photos) == 1, "afterwards it goes"


@pytest.mark.parametrize("kind", list(FileKind))
def test_of_a_photo_with_one_file_left_that_one_is_kept(
    ward: Ward, folder: Path, kind: FileKind, tmp_path: Path
) -> None:
    sha256 = ward.sha256(ward.add("tee", 1))
    whole = ward.sha256(ward.add("mug", 2))
    ward.lose(*(file for file in ward.files(Place.KEPT, sha256) if file.kind is not kind and file.sha256 == sha256))
    manifest = take(ward, folder)
    assert manifest.missing == (sha256,)
    said, photos, named = restored(folder, tmp_path / "again")
    assert said.missing == (sha256,)
    assert sorted(named) == sorted([sha256, whole])
    assert photos.has(whole)
    assert [each for each in FileKind if photos.has_file(each, sha256)] == [kind]


def test_a_damaged_original_is_named_and_keeps_nothing_else_from_being_backed_up_or_restored(
    ward: Ward, folder: Path, tmp_path: Path
) -> None:
    damaged, whole = (ward.sha256(ward.add(sku, number)) for number, sku in enumerate(("tee", "mug")))
    (ward.folder / "photos" / "originals" / damaged[:2] / damaged).write_bytes(b"rotten")
    assert take(ward, folder).missing == (damaged,)
    (folder / "photos" / "originals" / whole[:2] / whole).write_bytes(b"rotten too")
    said, photos, _ = restored(folder, tmp_path / "again")
    assert sorted(said.missing) == sorted([damaged, whole])
    assert not photos.has_file(FileKind.ORIGINAL, whole)
    assert photos.has_file(FileKind.WORKING, damaged)


def test_what_the_shop_has_lost_since_stays_in_its_backup(ward: Ward, folder: Path) -> None:
    sha256 = ward.sha256(ward.add("tee", 1))
    take(ward, folder)
    ward.lose(*ward.files(Place.KEPT, sha256))
    assert take(ward, folder).missing == ()
    assert kept(folder).has(sha256)


def test_a_backup_of_another_shop_is_not_replaced(ward: Ward, folder: Path, tmp_path: Path) -> None:
    """A shop that `up` made anew on an empty disk is another one: its nightly backup must not replace the last."""
    sha256 = ward.sha256(ward.add("tee", 1))
    before = take(ward, folder)
    settings = Settings(data=tmp_path / "anew")
    anew = Database(settings.database_url)
    migrate.upgrade(anew)
    anew.write(lambda session: ensure_catalogue(session, "default", "EUR"))
    try:
        with pytest.raises(BackupInvalid, match="another shop"):
            back_up(settings, anew, PhotoStore(settings.photos_url), folder, _quiet)
    finally:
        anew.close()
    assert read_manifest(folder) == before
    assert kept(folder).has(sha256)


def test_two_backups_into_one_folder_do_not_meet(ward: Ward, folder: Path) -> None:
    ward.add("tee", 1)
    refused = []

    def second(_what: str, _done: int) -> None:
        with pytest.raises(BackupInvalid, match="into this folder") as caught:
            take(ward, folder)
        refused.append(caught.value)

    take(ward, folder, second)
    assert refused
    assert take(ward, folder).photos == 1


def test_a_database_newer_than_the_program_is_not_backed_up_without_its_new_columns(ward: Ward, folder: Path) -> None:
    ward.database.write(lambda session: session.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(BackupInvalid, match="9999"):
        take(ward, folder)


def test_a_backup_that_is_interrupted_leaves_the_one_before(ward: Ward, folder: Path) -> None:
    def interrupt(_what: str, _done: int) -> None:
        if len(list(folder.glob("tables-*"))) == 2:  # the old one's, and those that have just been written
            raise KeyboardInterrupt

    first = ward.sha256(ward.add("tee", 1))
    before = take(ward, folder)
    ward.add("mug", 2)
    with pytest.raises(KeyboardInterrupt):
        take(ward, folder, interrupt)
    assert read_manifest(folder) == before
    assert kept(folder).has(first)
    assert take(ward, folder).photos == 2, "and the next one need not wait"
