"""Reads every file that a photo names: originals by SHA-256, working copies by decoding. Slow: only when asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from catalogue.doctor import files
from catalogue.doctor.files import Row, Shelf, prefixes, read_shelf
from catalogue.doctor.rounds import Case, Check, House
from catalogue.errors import PhotoMissing
from catalogue.images import open_working_copy
from catalogue.storage import FileKind

CHUNK_BYTES = 1 << 20


def find(house: House) -> Iterator[Case]:
    for prefix in prefixes(house):
        shelf = read_shelf(house, prefix)
        for row in shelf.rows:
            yield from _of_row(house, shelf, row)


def _of_row(house: House, shelf: Shelf, row: Row) -> Iterator[Case]:
    """Of the same size and other bytes; other sizes are files.py's."""
    original = shelf.files.get((FileKind.ORIGINAL, row.sha256))
    working = shelf.files.get((FileKind.WORKING, row.sha256))
    shown = (str(row.photo_id), row.catalogue_id, row.photo_id)
    try:
        if original and original.size_bytes == row.size_bytes and not _original_is_right(house, row.sha256):
            yield Case(files.SIZE, *shown, original)
        if working and working.size_bytes and not _can_be_read(house.photos.read_working(row.sha256)):
            yield Case(files.EMPTY, *shown, working)
    except PhotoMissing:
        return  # deleted and erased while we read


def _original_is_right(house: House, sha256: str) -> bool:
    digest = hashlib.sha256()
    with house.photos.open_original(sha256) as file:
        while piece := file.read(CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest() == sha256


def _can_be_read(working_copy: bytes) -> bool:
    try:
        open_working_copy(working_copy)
    except (OSError, SyntaxError, ValueError):  # what Pillow raises for damaged bytes
        return False
    return True


CHECK = Check(find, {code: files.CHECK.kinds[code] for code in (files.SIZE, files.EMPTY)})
