"""Files in an object store (or fsspec's memory), where each put is atomic. Owns timeouts, and caches nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from fsspec import AbstractFileSystem

from catalogue.files import Entry

# What a listing calls the time of a file: S3, Azure, Google, memory.
_MODIFIED = ("LastModified", "last_modified", "mtime", "created")
_PART_BYTES = 8 << 20
_CONCURRENT_PARTS = 2  # with _PART_BYTES: what an upload may hold in memory

# A server that is away must be an answer within seconds. s3fs tries again around botocore's own tries: once is enough.
_S3_CONFIG = {"connect_timeout": 2, "read_timeout": 5, "retries": {"mode": "standard", "total_max_attempts": 2}}
_UNCACHED = {"use_listings_cache": False}
_S3 = {
    **_UNCACHED,
    "skip_instance_cache": True,  # fsspec would hand every store of the process the client of the first
    "config_kwargs": _S3_CONFIG,
    "max_concurrency": _CONCURRENT_PARTS,
}
OPTIONS: dict[str, dict[str, Any]] = {"s3": _S3, "s3a": _S3, "gs": _UNCACHED, "gcs": _UNCACHED, "abfs": _UNCACHED}


class Bucket:
    """As `Files` says, below `root` of an fsspec file system."""

    def __init__(self, files: AbstractFileSystem, root: str) -> None:
        self._files = files
        if hasattr(files, "retries"):
            files.retries = 1
        self._root = root

    def put_file(self, key: str, source: Path) -> None:
        if not self.exists(key):
            self._files.put_file(str(source), self._at(key), chunksize=_PART_BYTES)

    def put_bytes(self, key: str, content: bytes) -> None:
        if not self.exists(key):
            self.replace(key, content)

    def replace(self, key: str, content: bytes) -> None:
        self._files.pipe_file(self._at(key), content)

    def exists(self, key: str) -> bool:
        return bool(self._files.exists(self._at(key)))

    def open(self, key: str) -> BinaryIO:
        return cast(BinaryIO, self._files.open(self._at(key), "rb", block_size=_PART_BYTES))

    def read(self, key: str) -> bytes:
        return cast(bytes, self._files.cat_file(self._at(key)))

    def remove(self, key: str) -> None:
        try:
            self._files.rm_file(self._at(key))
        except FileNotFoundError:
            return

    def move(self, key: str, to: str) -> None:
        self._files.cp_file(self._at(key), self._at(to))
        self.remove(key)

    def entries(self, folder: str) -> Iterator[Entry]:
        for each in self._listed(folder):
            if each["type"] == "file":
                yield Entry(_last(each["name"]), int(each["size"]), _modified(each))

    def folders(self, folder: str) -> Iterator[str]:
        return (_last(each["name"]) for each in self._listed(folder) if each["type"] == "directory")

    def is_there(self) -> bool:
        try:
            self._files.info(self._root.partition("/")[0])  # `exists` would take an S3 that is away for no bucket
        except FileNotFoundError:
            return False
        return True

    def _listed(self, folder: str) -> list[dict[str, Any]]:
        try:
            return cast(list[dict[str, Any]], self._files.ls(self._at(folder), detail=True))
        except FileNotFoundError:
            return []

    def _at(self, key: str) -> str:
        return f"{self._root}/{key}"


def _last(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2]


def _modified(listed: dict[str, Any]) -> datetime:
    """When the file was written; of a store that does not say, just now: too young to be taken for forgotten."""
    at = next((listed[name] for name in _MODIFIED if isinstance(listed.get(name), datetime)), datetime.now(UTC))
    return at if at.tzinfo else at.replace(tzinfo=UTC)
