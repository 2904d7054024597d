"""Copies photos from one photo store into another. Owns the checking of their bytes; knows no rows."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from catalogue.errors import PhotoMissing
from catalogue.storage import PhotoStore

Progress = Callable[[str, int], None]  # what is being done, and how much of it is
# An upload of bytes that were being erased at that moment puts them again right after its commit.
PATIENCE_S = 2.0


def copy_photos(names: Iterable[str], source: PhotoStore, target: PhotoStore, progress: Progress) -> list[str]:
    """Copy what `target` has not, by SHA-256; returns those of which it lacks a file in the end.

    Of a photo whose other file is missing or damaged, the one that is left is copied: it may be all that there is.

    Raises:
        StorageFull: no room in `target`.
    """
    with tempfile.TemporaryDirectory() as folder:
        aside, missing = Path(folder) / "original", []
        for count, sha256 in enumerate(names, start=1):
            if not target.has(sha256) and not _copied(sha256, source, target, aside):
                missing.append(sha256)
            progress("Photos", count)
        if missing:
            time.sleep(PATIENCE_S)
        return [sha256 for sha256 in missing if not _copied(sha256, source, target, aside)]


def _copied(sha256: str, source: PhotoStore, target: PhotoStore, aside: Path) -> bool:
    whole = True
    try:
        source.copy_original(sha256, aside)
        if _hash_of(aside) == sha256:
            target.put_original(sha256, aside)
    except PhotoMissing:
        whole = False
    try:
        target.put_working(sha256, source.read_working(sha256))
    except PhotoMissing:
        whole = False
    return whole and target.has(sha256)


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
