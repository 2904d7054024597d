"""The photo store: originals and working copies by the original's SHA-256. Knows nothing of rows.

Keys are `originals/ab/<sha256>` and `working/ab/<sha256>.jpg`; below `trash/` and `damaged/` the same once more. What
`put_*` has returned from survives a power cut (folder.py) or is in the object store (bucket.py).
"""

from __future__ import annotations

import enum
import errno
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import fsspec
import structlog
from fsspec.implementations.local import LocalFileSystem

from catalogue import bucket
from catalogue.bucket import Bucket
from catalogue.errors import PhotoMissing, PhotoStoreUnreachable, SettingsInvalid, StorageFull
from catalogue.files import Files
from catalogue.folder import PART, Folder

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FULL = (errno.ENOSPC, errno.EDQUOT)
PREFIXES = tuple(f"{number:02x}" for number in range(256))
log = structlog.get_logger()


class FileKind(enum.Enum):
    ORIGINAL = "originals"
    WORKING = "working"


class Place(enum.Enum):
    """Where in the store: in use, on its way out because no row names it, or set aside because it is damaged."""

    KEPT = ""
    TRASH = "trash/"
    DAMAGED = "damaged/"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the store. `sha256` is None for what is no photo's: a write that never ended (`is_unfinished`)."""

    place: Place
    kind: FileKind
    prefix: str
    name: str
    size_bytes: int
    modified: datetime

    @property
    def sha256(self) -> str | None:
        bare = self.name.removesuffix(".jpg") if self.kind is FileKind.WORKING else self.name
        right = _SHA256.fullmatch(bare) and _name(self.kind, bare) == self.name and bare[:2] == self.prefix
        return bare if right else None

    @property
    def is_unfinished(self) -> bool:
        return self.name.startswith(".") and self.name.endswith(PART)

    def in_place(self, place: Place) -> StoredFile:
        return replace(self, place=place)

    def key(self, place: Place) -> str:
        return f"{place.value}{self.kind.value}/{self.prefix}/{self.name}"


class PhotoStore:
    """Bytes by SHA-256. Every method may be called twice, from any thread or process, with the same outcome.

    Any method raises PhotoStoreUnreachable when the store does not answer, refuses, or is not there at all.

    Args:
        url: a folder (a path or `file://…`; made when first written to), or any fsspec URL such as `s3://bucket/photos`.

    Raises:
        SettingsInvalid: no such kind of URL, or its library is not installed.
    """

    def __init__(self, url: str) -> None:
        self._files = _files(url)

    def put_original(self, sha256: str, source: Path) -> None:
        """Copy a file in. Raises StorageFull and leaves nothing behind when there is no room."""
        key = _key(FileKind.ORIGINAL, sha256)
        with _named():
            self._files.put_file(key, source)

    def put_working(self, sha256: str, working_copy: bytes) -> None:
        """Keep the working copy of that original, unless there is one. Raises StorageFull as `put_original` does."""
        key = _key(FileKind.WORKING, sha256)
        with _named():
            self._files.put_bytes(key, working_copy)

    def replace_working(self, sha256: str, working_copy: bytes) -> None:
        """As `put_working`, in place of the one that is there."""
        key = _key(FileKind.WORKING, sha256)
        with _named():
            self._files.replace(key, working_copy)

    def has(self, sha256: str) -> bool:
        """Whether both files are there."""
        return all(self.has_file(kind, sha256) for kind in FileKind)

    def has_file(self, kind: FileKind, sha256: str) -> bool:
        key = _key(kind, sha256)
        with _named():
            return self._files.exists(key)

    def open_original(self, sha256: str) -> BinaryIO:
        """The original, to be read and closed. Raises PhotoMissing."""
        key = _key(FileKind.ORIGINAL, sha256)
        with self._missing_named(sha256):
            return self._files.open(key)

    def copy_original(self, sha256: str, target: Path) -> None:
        """Write the original to a file, a piece at a time. Raises PhotoMissing, StorageFull."""
        with self._missing_named(sha256), self.open_original(sha256) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)

    def read_working(self, sha256: str) -> bytes:
        """The working copy's bytes (JPEG). Raises PhotoMissing."""
        key = _key(FileKind.WORKING, sha256)
        with self._missing_named(sha256):
            return self._files.read(key)

    def delete(self, sha256: str) -> None:
        """Remove both files wherever they are, trash included; what is gone already is no error."""
        keys = [f"{place.value}{_key(kind, sha256)}" for place in Place for kind in FileKind]
        with _named():
            for key in keys:
                self._files.remove(key)

    def prefixes(self, place: Place) -> set[str]:
        """Those of `PREFIXES` under which there may be files."""
        with _named():
            return {name for kind in FileKind for name in self._files.folders(f"{place.value}{kind.value}")}

    def listing(self, place: Place, prefix: str) -> Iterator[StoredFile]:
        """The files whose names begin with `prefix` (one of `PREFIXES`: so a listing never holds all of a store)."""
        for kind in FileKind:
            with _named():
                entries = list(self._files.entries(f"{place.value}{kind.value}/{prefix}"))
            for entry in entries:
                yield StoredFile(place, kind, prefix, entry.name, entry.size_bytes, entry.modified)

    def move(self, file: StoredFile, to: Place) -> bool:
        """Put a file into another place, its time being now; False when it is gone already."""
        with _named():
            try:
                self._files.move(file.key(file.place), file.key(to))
            except FileNotFoundError:
                return False
        return True

    def remove(self, file: StoredFile) -> None:
        """Remove one file for good."""
        with _named():
            self._files.remove(file.key(file.place))

    def check(self) -> None:
        """Raises PhotoStoreUnreachable also where nothing was ever put: that is no place to look for a photo."""
        with _named():
            if not self._files.is_there():
                raise PhotoStoreUnreachable(
                    "The photo store is not there: nothing was ever put at its address. Is its folder mounted, is its "
                    "bucket's name right?"
                )

    @contextmanager
    def _missing_named(self, sha256: str) -> Iterator[None]:
        with _named():
            try:
                yield
            except FileNotFoundError as error:
                self.check()  # an unmounted folder must not look like a lost photo
                raise PhotoMissing(f"The photo store has no file for {sha256}. Send the photo again.") from error


def _files(url: str) -> Files:
    protocol = url.partition("://")[0] if "://" in url else "file"
    try:
        files, root = fsspec.core.url_to_fs(url, **bucket.OPTIONS.get(protocol, {}))
    except ImportError as error:
        raise SettingsInvalid(
            f"VITRINE_PHOTOS_URL begins with {protocol}://, whose library is not installed. "
            + ("Install Vitrine with its extra `s3`." if protocol == "s3" else "Install fsspec's library for it.")
        ) from error
    except ValueError as error:
        raise SettingsInvalid(
            f"VITRINE_PHOTOS_URL begins with {protocol}://; it must be a folder, s3://… or another URL of fsspec."
        ) from error
    root = str(root).rstrip("/")
    if isinstance(files, LocalFileSystem):
        return Folder(Path(root), landmark=FileKind.ORIGINAL.value)
    return Bucket(files, root)


def _key(kind: FileKind, sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise ValueError("A photo's key is the 64 lower-case hexadecimal digits of its SHA-256.")
    return f"{kind.value}/{sha256[:2]}/{_name(kind, sha256)}"


def _name(kind: FileKind, sha256: str) -> str:
    return f"{sha256}.jpg" if kind is FileKind.WORKING else sha256


@contextmanager
def _named() -> Iterator[None]:
    """Whatever a disk, a network or a bucket's library raises becomes one of ours; their types have no common base."""
    try:
        yield
    except (PhotoMissing, PhotoStoreUnreachable, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _FULL:
            sentence = "The photo store is full: the photo was not kept. Free some space and send it again."
            raise StorageFull(sentence) from error
        log.warning("photo_store_unreachable", error=type(error).__name__)
        sentence = "The photo store cannot be reached, or refuses. Nothing was lost; try again in a few seconds."
        raise PhotoStoreUnreachable(sentence) from error
