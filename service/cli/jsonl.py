"""JSON lines as an import's source: an item a line, as `vitrine export` or `GET /v1/items` writes it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from catalogue.states import FieldType
from service.cli.rows import BadRow, Row, RowInvalid, RowPhoto, Words, is_file

PARTS = ("title", "attributes", "price", "url", "published", "available", "group")
MEMBERS = frozenset({"sku", "photos", *PARTS})
READ_ONLY = frozenset({"created_at", "updated_at"})  # of `GET /v1/items`
LONGEST_LINE = 2**20  # bytes; as long as a line of a batch may be


@dataclass(frozen=True, slots=True)
class JsonLines:
    """A file of JSON lines; photos' paths begin in its folder, and stay in it."""

    path: Path

    def rows(self, _types: Mapping[str, FieldType]) -> Iterator[Row | BadRow]:
        """Its items in order: JSON says of which type a value is."""
        folder = self.path.parent.resolve()
        with self.path.open("rb") as file:
            for number, line in enumerate(_lines(file), 1):
                if line is None:
                    yield BadRow(number, "", f"The line has more than {LONGEST_LINE:,} bytes.")
                elif line.strip():
                    yield _row(number, line, folder)

    def files(self) -> Iterator[Path]:
        yield self.path


def _lines(file: IO[bytes]) -> Iterator[bytes | None]:
    """Line by line; None for one that is too long to be held."""
    while line := file.readline(LONGEST_LINE + 1):
        whole = len(line) <= LONGEST_LINE
        yield line if whole else None
        while line and not line.endswith(b"\n") and not whole:
            line = file.readline(LONGEST_LINE)


def _row(number: int, line: bytes, folder: Path) -> Row | BadRow:
    sku = ""
    try:
        record = _record(line)
        sku = _sku(record)
        patch = _patch(record)
        return Row(number, sku, patch, _photos(record.get("photos") or [], folder))
    except RowInvalid as error:
        return BadRow(number, sku, str(error))


def _record(line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line.decode("utf-8-sig"), parse_constant=_no_number, parse_float=_number)
    except UnicodeDecodeError as error:
        raise RowInvalid("The line is not UTF-8.") from error
    except RecursionError as error:
        raise RowInvalid("The line is nested too deeply for an item.") from error
    except ValueError as error:
        raise RowInvalid(f"The line is not JSON: {error}.") from error
    if not isinstance(record, dict):
        raise RowInvalid('The line is no JSON object, such as {"sku": "tee-1", "title": "A tee"}.')
    return record


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _number(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def _sku(record: Mapping[str, Any]) -> str:
    sku = record.get("sku")
    if not isinstance(sku, str) or not sku:
        raise RowInvalid("The line has no sku.")
    return sku


def _patch(record: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := sorted(set(record) - MEMBERS - READ_ONLY):
        raise RowInvalid(f"{unknown[0]!r} is no part of an item. What a shop says of it is in `attributes`.")
    return {name: record[name] for name in PARTS if name in record}


def _photos(shown: object, folder: Path) -> tuple[RowPhoto, ...]:
    """Those that name a file, in order; as `GET /v1/items` shows them they name none, and are left alone."""
    if not isinstance(shown, list) or not all(isinstance(photo, dict) for photo in shown):
        raise RowInvalid("`photos` must be a list of objects.")
    with_files = [photo for photo in shown if "file" in photo]
    with_files.sort(key=_position)
    return tuple(RowPhoto(_file(photo["file"], folder), place, _words(photo)) for place, photo in enumerate(with_files))


def _position(photo: Mapping[str, Any]) -> int:
    position = photo.get("position", 0)
    if not isinstance(position, int):
        raise RowInvalid(f"The position of a photo is {position!r}; it must be a whole number.")
    return position


def _file(name: object, folder: Path) -> Path:
    """A photo's file. Lines may come from anybody: none may have files from elsewhere sent away."""
    if not isinstance(name, str):
        raise RowInvalid(f"The file of a photo is {name!r}; it must be a path.")
    if not is_file(folder / name):
        raise RowInvalid(f"The photo {name} is not there. Its path is taken from the folder of the JSON lines.")
    file = (folder / name).resolve()
    if not file.is_relative_to(folder):
        raise RowInvalid(f"The photo {name} lies outside the folder of the JSON lines. Put it into that folder.")
    return file


def _words(photo: Mapping[str, Any]) -> Words | None:
    """The caption to restore. What a model said is left to the model, unless somebody locked it."""
    text, source, locked = photo.get("caption"), photo.get("source") or "import", bool(photo.get("locked"))
    if text is None or (source == "model" and not locked):
        return None
    if not isinstance(text, str) or source not in {"model", "person", "import"}:
        raise RowInvalid("A photo's `caption` must be a text, and its `source` model, person or import.")
    return Words(text, "person" if source == "person" else "import", locked)
