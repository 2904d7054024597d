"""Copies photos from one photo store into another. Owns the checking of their bytes; knows no rows."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from catalogue.errors import BackupInvalid, PhotoMissing
from catalogue.storage import PhotoStore

Progress = Callable[[str, int], None]  # what is being done, and how much of it is
# An upload of bytes that were being erased at that moment puts them again right after its commit.
PATIENCE_S = 2.0


def copy_photos(names: Iterable[str], source: PhotoStore, target: PhotoStore, progress: Progress) -> list[str]:
    """Copy what `target` has not, by SHA-256; returns those that `source` has not either.

    Raises:
        BackupInvalid: an original's bytes are not those of its name.
        StorageFull: no room in `target`.
    """
    missing = []
    with tempfile.TemporaryDirectory() as folder:
        for count, sha256 in enumerate(names, start=1):
            if not target.has(sha256) and not _copied(sha256, source, target, Path(folder) / "original"):
                missing.append(sha256)
            progress("Photos", count)
    return missing


def _copied(sha256: str, source: PhotoStore, target: PhotoStore, aside: Path) -> bool:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            source.copy_original(sha256, aside)
            working_copy = source.read_working(sha256)
        except PhotoMissing:
            if time.monotonic() > until:
                return False
            time.sleep(PATIENCE_S / 10)
            continue
        _check(sha256, aside)
        target.put_original(sha256, aside)
        target.put_working(sha256, working_copy)
        return True


def _check(sha256: str, original: Path) -> None:
    with original.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise BackupInvalid(f"The original of {sha256} is damaged. `vitrine doctor --repair` sets it aside.")
