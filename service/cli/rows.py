"""What an import sends, row by row: its values. Where rows come from is sheets.py's, jsonl.py's and folders.py's."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from catalogue.errors import VitrineError


class SourceUnreadable(VitrineError):
    code = "source-unreadable"


class RowInvalid(VitrineError):
    code = "row-invalid"


@dataclass(frozen=True, slots=True)
class Words:
    """A caption that no model is to replace."""

    text: str
    source: Literal["person", "import"]
    locked: bool


@dataclass(frozen=True, slots=True)
class RowPhoto:
    """A photo to add to an item. `place`: where among the row's photos it is to stand; None: where it ends up."""

    file: Path
    place: int | None = None
    words: Words | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what to merge into the item, and photos to add to it. `line` is where a person finds it."""

    line: int
    sku: str
    patch: Mapping[str, Any]
    photos: tuple[RowPhoto, ...]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be sent, and why."""

    line: int
    sku: str
    reason: str


def nfc(text: str) -> str:
    """Some file systems and programs write accents apart; the service takes skus and names in NFC alone."""
    return unicodedata.normalize("NFC", text.strip())


def is_file(path: Path) -> bool:
    """Whether there is such a file. A name that no file can have (too long, or with a NUL) is none's."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
