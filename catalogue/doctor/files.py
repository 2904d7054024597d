"""Checks that rows and files agree: every photo has its original and its working copy, every old file has a photo.

Files are listed before rows are read, a 256th of the store at a time. A row without its file is looked at twice. A file
without a row may be an upload that has not committed yet: it is left alone for a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from catalogue import changes, models
from catalogue.changes import Change
from catalogue.doctor.remaking import is_named, remake
from catalogue.doctor.rounds import Case, Check, House, Kind
from catalogue.errors import NotFound
from catalogue.photos import locked_photo
from catalogue.states import ChangeKind, PhotoStatus, moved
from catalogue.storage import FileKind, Place, StoredFile

FORGOTTEN = timedelta(days=1)
LOST = "Its files are gone from the photo store. Send the photo again, then retry it."
BOTH, ORIGINAL, WORKING, SIZE, EMPTY, ORPHAN, UNFINISHED = (
    "files-missing",
    "original-missing",
    "working-copy-missing",
    "original-damaged",
    "working-copy-damaged",
    "file-without-photo",
    "unfinished-file",
)


@dataclass(frozen=True, slots=True)
class Row:
    catalogue_id: UUID
    photo_id: UUID
    sha256: str
    size_bytes: int
    status: PhotoStatus


@dataclass(frozen=True, slots=True)
class Shelf:
    """One prefix of the store, and the rows whose files belong there."""

    files: dict[tuple[FileKind, str], StoredFile] = field(default_factory=dict)
    unfinished: list[StoredFile] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    erasing: set[str] = field(default_factory=set)


def find(house: House) -> Iterator[Case]:
    for prefix in prefixes(house):
        shelf = read_shelf(house, prefix)
        for row in shelf.rows:
            yield from _of_row(house, shelf, row)
        yield from _forgotten(house, shelf)


def prefixes(house: House) -> list[str]:
    """The parts of the store in which there is a file, or ought to be one; raises PhotoStoreUnreachable."""
    check_is_there(house)
    begins = func.substr(models.Photo.sha256, 1, 2)
    with house.database.reading() as session:
        wanted = session.scalars(select(begins).distinct()).all()
    return sorted({*wanted, *house.photos.prefixes(Place.KEPT)})


def check_is_there(house: House) -> None:
    """A store that is not mounted must not be taken for one that has lost everything. Raises PhotoStoreUnreachable."""
    if has_photos(house):
        house.photos.check()


def has_photos(house: House) -> bool:
    with house.database.reading() as session:
        return session.scalars(select(models.Photo.id).limit(1)).first() is not None


def read_shelf(house: House, prefix: str) -> Shelf:
    shelf = Shelf()
    for file in house.photos.listing(Place.KEPT, prefix):
        if file.sha256 is not None:
            shelf.files[file.kind, file.sha256] = file
        elif file.is_unfinished:
            shelf.unfinished.append(file)
    photo, erasure = models.Photo, models.Erasure
    columns = (photo.catalogue_id, photo.id, photo.sha256, photo.size_bytes, photo.status)
    with house.database.reading() as session:
        rows = session.execute(select(*columns).where(_begins(photo.catalogue_id, photo.sha256, prefix)))
        shelf.rows.extend(Row(*row) for row in rows)
        shelf.erasing.update(
            session.scalars(select(erasure.sha256).where(_begins(erasure.catalogue_id, erasure.sha256, prefix)))
        )
    return shelf


def _begins(
    catalogue_id: InstrumentedAttribute[UUID], sha256: InstrumentedAttribute[str], prefix: str
) -> ColumnElement[bool]:
    """Its indexes begin with the catalogue; after a prefix come hexadecimal digits, and all of them before a g."""
    return and_(catalogue_id.in_(select(models.Catalogue.id)), sha256 >= prefix, sha256 < f"{prefix}g")


def _of_row(house: House, shelf: Shelf, row: Row) -> Iterator[Case]:
    original = shelf.files.get((FileKind.ORIGINAL, row.sha256))
    working = shelf.files.get((FileKind.WORKING, row.sha256))
    if original is None and working is None:
        code = None if row.status is PhotoStatus.FAILED else BOTH
    elif original is None:
        code = ORIGINAL
    elif working is None:
        code = WORKING
    elif original.size_bytes != row.size_bytes:
        code = SIZE
    else:
        code = EMPTY if working.size_bytes == 0 else None
    if code is not None and _is_still_so(house, row, original, working):
        damaged = original if code == SIZE else working
        yield Case(code, str(row.photo_id), row.catalogue_id, row.photo_id, damaged)


def _is_still_so(house: House, row: Row, original: StoredFile | None, working: StoredFile | None) -> bool:
    """What was missing is missing now, and the photo was not deleted meanwhile."""
    for kind, listed in ((FileKind.ORIGINAL, original), (FileKind.WORKING, working)):
        if listed is None and house.photos.has_file(kind, row.sha256):
            return False
    with house.database.reading() as session:
        return session.get(models.Photo, (row.catalogue_id, row.photo_id)) is not None


def _forgotten(house: House, shelf: Shelf) -> Iterator[Case]:
    wanted = {row.sha256 for row in shelf.rows} | shelf.erasing
    old = house.at - FORGOTTEN
    for (_, sha256), file in shelf.files.items():
        if sha256 not in wanted and file.modified < old:
            yield Case(ORPHAN, file.key(Place.KEPT), file=file)
    for file in shelf.unfinished:
        if file.modified < old:
            yield Case(UNFINISHED, file.key(Place.KEPT), file=file)


def _give_up(house: House, cases: Sequence[Case]) -> int:
    """The photo cannot be shown or looked at again: it has failed, with a reason that says what helps."""
    return sum(house.database.write(partial(_fail, house, case)) for case in cases)


def _fail(house: House, case: Case, session: Session) -> bool:
    if case.catalogue_id is None or case.subject_id is None:
        return False
    try:
        photo = locked_photo(session, case.catalogue_id, case.subject_id)
    except NotFound:
        return True
    if photo.status is PhotoStatus.FAILED or any(house.photos.has_file(kind, photo.sha256) for kind in FileKind):
        return True  # sent again meanwhile
    photo.status = moved(photo.status, PhotoStatus.FAILED)
    photo.reason = LOST
    session.flush()
    of_photo = (models.Work.catalogue_id == case.catalogue_id, models.Work.photo_id == case.subject_id)
    session.execute(delete(models.Work).where(*of_photo))  # whoever has it in hand finds it gone, and writes nothing
    changes.record(session, case.catalogue_id, [Change(ChangeKind.ATTRIBUTES, photo.item_id, photo.id)])
    return True


def _remake(house: House, cases: Sequence[Case]) -> int:
    return sum(remake(house, case, sha256) for case in cases if (sha256 := _sha256_of(house, case)) is not None)


def _sha256_of(house: House, case: Case) -> str | None:
    with house.database.reading() as session:
        photo = session.get(models.Photo, (case.catalogue_id, case.subject_id))
        return None if photo is None else photo.sha256


def _set_aside(house: House, cases: Sequence[Case]) -> int:
    """Keep a damaged original where nobody reads it, so that the same photo sent again is put in its place."""
    for case in cases:
        if case.file is not None:
            house.photos.move(case.file, Place.DAMAGED)
    return 0


def _throw_out(house: House, cases: Sequence[Case]) -> int:
    """To the trash, and back if a photo names it by then: its upload found the file there and committed meanwhile.

    Nothing at all where no photo exists: more likely another shop's database was named than every photo forgotten.
    """
    if not has_photos(house):
        return 0
    for case in cases:
        if case.file is None or case.file.sha256 is None:
            continue
        house.photos.move(case.file, Place.TRASH)
        with house.database.reading() as session:
            named = is_named(session, case.file.sha256)
        if named:
            house.photos.move(case.file.in_place(Place.TRASH), Place.KEPT)
    return len(cases)


def remove(house: House, cases: Sequence[Case]) -> int:
    for case in cases:
        if case.file is not None:
            house.photos.remove(case.file)
    return len(cases)


_SEND = "Send the photo again: the same bytes take their place."
CHECK = Check(
    find,
    {
        BOTH: Kind(
            "photos that have lost both their files", "--repair sets them to failed; send them again.", _give_up
        ),
        ORIGINAL: Kind("photos that have lost their original", _SEND),
        WORKING: Kind("photos without a working copy", "--repair makes it again from the original.", _remake),
        SIZE: Kind("damaged originals", f"--repair sets them aside. {_SEND}", _set_aside),
        EMPTY: Kind("damaged working copies", "--repair makes them again from the original.", _remake),
        ORPHAN: Kind(
            "files of no photo",
            "--repair moves them to the trash, for a day. Not while the database has no photo at all: is it the one?",
            _throw_out,
        ),
        UNFINISHED: Kind("unfinished files", "--repair removes them.", remove),
    },
)
