"""Files in a local or mounted folder: written aside, fsynced with their folder, renamed."""

from __future__ import annotations

import io
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from catalogue.files import Entry

PART = ".part"  # how names of files end that were not finished
ABANDONED_S = 60.0  # not written to for so long: whoever wrote it was killed


class Folder:
    """As `Files` says; `landmark` is a folder that every used store has."""

    def __init__(self, root: Path, landmark: str) -> None:
        self._root = root
        self._landmark = landmark

    def put_file(self, key: str, source: Path) -> None:
        with source.open("rb") as file:
            self._put(key, file)

    def put_bytes(self, key: str, content: bytes) -> None:
        self._put(key, io.BytesIO(content))

    def replace(self, key: str, content: bytes) -> None:
        target = self._root / key
        _make_folder(target.parent)
        _write_aside_and_rename(target, io.BytesIO(content))
        sync(target.parent)

    def exists(self, key: str) -> bool:
        return (self._root / key).exists()

    def open(self, key: str) -> BinaryIO:
        return (self._root / key).open("rb")

    def read(self, key: str) -> bytes:
        return (self._root / key).read_bytes()

    def remove(self, key: str) -> None:
        path = self._root / key
        gone = [each for each in (path, *_abandoned(path)) if _unlinked(each)]
        if gone:
            sync(path.parent)  # else what was erased is back after a power cut

    def move(self, key: str, to: str) -> None:
        source, target = self._root / key, self._root / to
        os.utime(source)
        _make_folder(target.parent)
        source.replace(target)
        sync(target.parent)
        sync(source.parent)

    def entries(self, folder: str) -> Iterator[Entry]:
        try:
            found = os.scandir(self._root / folder)
        except FileNotFoundError:
            return
        with found:
            for each in found:
                try:
                    seen = each.stat(follow_symlinks=False)
                except FileNotFoundError:  # removed while we look
                    continue
                if each.is_file(follow_symlinks=False):
                    yield Entry(each.name, seen.st_size, datetime.fromtimestamp(seen.st_mtime, UTC))

    def folders(self, folder: str) -> Iterator[str]:
        path = self._root / folder
        return (each.name for each in path.iterdir() if each.is_dir()) if path.is_dir() else iter(())

    def is_there(self) -> bool:
        return (self._root / self._landmark).is_dir()

    def _put(self, key: str, source: BinaryIO) -> None:
        target = self._root / key
        _make_folder(target.parent)
        if not target.exists():
            _write_aside_and_rename(target, source)
        # Also when it was there: another process may have renamed it a moment ago and not synced yet.
        sync(target.parent)


def _write_aside_and_rename(target: Path, source: BinaryIO) -> None:
    aside = target.with_name(f".{target.name}.{uuid.uuid4().hex}{PART}")
    try:
        with aside.open("xb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _abandoned(target: Path) -> list[Path]:
    """What writers of this file left behind when they were killed: its bytes, whole or in part."""
    old = time.time() - ABANDONED_S
    found = []
    for left in target.parent.glob(f".{target.name}.*{PART}"):
        with suppress(FileNotFoundError):  # finished a moment ago
            if left.stat().st_mtime < old:
                found.append(left)
    return found


def _unlinked(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _make_folder(folder: Path) -> None:
    """As mkdir -p, each new name on disk before the next: a synced file in an unsynced folder is lost with it."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def sync(path: Path) -> None:
    """Onto the disk: a file's bytes, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
