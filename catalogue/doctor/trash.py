"""Checks the photo store's trash: back with what a photo names, out with what has been there for a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalogue.doctor.files import FORGOTTEN, check_is_there, has_photos, remove
from catalogue.doctor.remaking import is_named
from catalogue.doctor.rounds import Case, Check, House, Kind
from catalogue.storage import Place

WANTED, DUE = "photo-in-trash", "trash-due"


def find(house: House) -> Iterator[Case]:
    check_is_there(house)
    for prefix in sorted(house.photos.prefixes(Place.TRASH)):
        files = list(house.photos.listing(Place.TRASH, prefix))
        with house.database.reading() as session:
            named = {file.sha256 for file in files if file.sha256 is not None and is_named(session, file.sha256)}
        for file in files:
            if file.sha256 in named:
                yield Case(WANTED, file.key(Place.TRASH), file=file)
            elif file.modified < house.at - FORGOTTEN:
                yield Case(DUE, file.key(Place.TRASH), file=file)


def _restore(house: House, cases: Sequence[Case]) -> int:
    """Never over what was sent again meanwhile, which is whole: nobody has looked at what is in the trash."""
    for case in cases:
        if case.file is None or case.file.sha256 is None:
            continue
        if house.photos.has_file(case.file.kind, case.file.sha256):
            house.photos.remove(case.file)
        else:
            house.photos.move(case.file, Place.KEPT)
    return len(cases)


def _empty(house: House, cases: Sequence[Case]) -> int:
    return remove(house, cases) if has_photos(house) else 0


CHECK = Check(
    find,
    {
        WANTED: Kind(
            "files in the trash that belong to a photo",
            "--repair puts them back, unless they are there again.",
            _restore,
        ),
        DUE: Kind("files in the trash for more than a day", "--repair removes them for good.", _empty),
    },
)
