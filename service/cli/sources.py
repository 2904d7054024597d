"""Which kind of source a path is, and whether it is still the same. Reads none: each kind has its file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from catalogue.states import FieldType
from service.cli.exporting import ITEMS
from service.cli.folders import PhotoFolder
from service.cli.jsonl import JsonLines
from service.cli.rows import BadRow, Row
from service.cli.sheets import Sheet

LINES = {".jsonl", ".ndjson"}


class Source(Protocol):
    @property
    def path(self) -> Path: ...

    def files(self) -> Iterator[Path]:
        """What it is read from, in order."""

    def rows(self, types: Mapping[str, FieldType], /) -> Iterator[Row | BadRow]:
        """The same rows each time, while it is not changed; `types` are those of the catalogue's fields."""


def source_of(path: Path, names: Mapping[str, str]) -> Source:
    """A folder of photos, an export, JSON lines, or else a CSV, whose columns `names` renames."""
    path = path.resolve()
    if path.is_dir():
        lines = path / ITEMS
        return JsonLines(lines) if lines.is_file() else PhotoFolder(path)
    return JsonLines(path) if path.suffix.casefold() in LINES else Sheet(path, names)


def fingerprint(source: Source) -> str:
    """Another one when the source is another, or was changed: by the names, sizes and times of its files."""
    digest = hashlib.sha256(str(source).encode(errors="surrogateescape"))
    for file in source.files():
        seen = file.stat()
        digest.update(f"{file}\0{seen.st_size}\0{seen.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()
