"""The photo store: originals and working copies by the original's SHA-256, over fsspec. Knows nothing of rows.

Keys are `originals/ab/<sha256>` and `working/ab/<sha256>.jpg`. What `put_*` has returned from survives a power cut:
in a folder it is written aside, fsynced, renamed, and the folder fsynced; object stores put in one atomic step.
"""

from __future__ import annotations

import errno
import io
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from catalogue.errors import PhotoMissing, StorageFull

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FULL = (errno.ENOSPC, errno.EDQUOT)


class PhotoStore:
    """Bytes by SHA-256. Every method may be called twice, from any thread or process, with the same outcome.

    Args:
        url: a folder (a path or `file://…`; made when first written to), or any fsspec URL such as `memory://photos`.
    """

    def __init__(self, url: str) -> None:
        self._files, root = fsspec.core.url_to_fs(url)
        self._root = str(root).rstrip("/")
        local = isinstance(self._files, LocalFileSystem)
        self._put: Callable[[str, BinaryIO], None] = _put_into_folder if local else self._put_into_bucket

    def put_original(self, sha256: str, source: Path) -> None:
        """Copy a file in. Raises StorageFull and leaves nothing behind when there is no room."""
        with source.open("rb") as file:
            self._put(self._original(sha256), file)

    def put_working(self, sha256: str, working_copy: bytes) -> None:
        """Keep the working copy of that original. Raises StorageFull as `put_original` does."""
        self._put(self._working(sha256), io.BytesIO(working_copy))

    def has(self, sha256: str) -> bool:
        """Whether both files are there."""
        return bool(self._files.exists(self._original(sha256)) and self._files.exists(self._working(sha256)))

    def open_original(self, sha256: str) -> BinaryIO:
        """The original, to be read and closed. Raises PhotoMissing."""
        with _missing_named(sha256):
            return cast(BinaryIO, self._files.open(self._original(sha256), "rb"))

    def read_working(self, sha256: str) -> bytes:
        """The working copy's bytes (JPEG). Raises PhotoMissing."""
        with _missing_named(sha256):
            return cast(bytes, self._files.cat_file(self._working(sha256)))

    def delete(self, sha256: str) -> None:
        """Remove both files; what is gone already is no error."""
        for key in (self._working(sha256), self._original(sha256)):
            try:
                self._files.rm_file(key)
            except FileNotFoundError:
                continue

    def _original(self, sha256: str) -> str:
        return f"{self._root}/originals/{_checked(sha256)[:2]}/{sha256}"

    def _working(self, sha256: str) -> str:
        return f"{self._root}/working/{_checked(sha256)[:2]}/{sha256}.jpg"

    def _put_into_bucket(self, key: str, source: BinaryIO) -> None:
        if self._files.exists(key):
            return
        with _full_named():
            self._files.pipe_file(key, source.read())


def _checked(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise ValueError("A photo's key is the 64 lower-case hexadecimal digits of its SHA-256.")
    return sha256


def _put_into_folder(key: str, source: BinaryIO) -> None:
    target = Path(key)
    with _full_named():
        _make_folder(target.parent)
        if not target.exists():
            _write_aside_and_rename(target, source)
        # Also when it was there: another process may have renamed it a moment ago and not synced yet.
        _sync_folder(target.parent)


def _write_aside_and_rename(target: Path, source: BinaryIO) -> None:
    aside = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        with aside.open("xb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _make_folder(folder: Path) -> None:
    """As mkdir -p, each new name on disk before the next: a synced file in an unsynced folder is lost with it."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _full_named() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        sentence = "The photo store is full: the photo was not kept. Free some space and send it again."
        raise StorageFull(sentence) from error


@contextmanager
def _missing_named(sha256: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise PhotoMissing(f"The photo store has no file for {sha256}. Send the photo again.") from error
