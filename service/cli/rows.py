"""What an import reads: a folder of photos or a CSV, row by row. Owns which cell means what; sends nothing."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalogue.errors import VitrineError

TEXT_COLUMNS = ("title", "price", "url", "group")
SWITCHES = ("published", "available")
COLUMNS = ("sku", "photo", *TEXT_COLUMNS, *SWITCHES)
YES = {"true", "yes", "y", "1"}
NO = {"false", "no", "n", "0"}


class SourceUnreadable(VitrineError):
    code = "source-unreadable"


class RowInvalid(VitrineError):
    code = "row-invalid"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what to merge into the item, and photos to add to it. `line` is where a person finds it."""

    line: int
    sku: str
    patch: Mapping[str, Any]
    photos: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be sent, and why."""

    line: int
    sku: str
    reason: str


def read(path: Path, names: Mapping[str, str]) -> Iterator[Row | BadRow]:
    """The rows of a folder or a CSV; `names` says which of our columns a CSV's column stands for.

    Raises:
        SourceUnreadable: the whole source is not what it should be.
    """
    return read_folder(path) if path.is_dir() else read_csv(path, names)


def read_folder(folder: Path) -> Iterator[Row | BadRow]:
    """A file's name without its ending is its sku; so is a subfolder's name, for all photos below it."""
    found = False
    for number, entry in enumerate(sorted(folder.iterdir()), 1):
        if entry.name.startswith("."):
            continue
        found = True
        if entry.is_dir():
            photos = [file for file in sorted(entry.rglob("*")) if file.is_file() and not file.name.startswith(".")]
            yield Row(number, _nfc(entry.name), {}, tuple(photos))
        else:
            yield Row(number, _nfc(entry.stem), {}, (entry,))
    if not found:
        raise SourceUnreadable(f"The folder {folder} is empty. Put photos into it: the file's name is the sku.")


def read_csv(path: Path, names: Mapping[str, str]) -> Iterator[Row | BadRow]:
    """A header, then rows that are patches: an absent column is untouched, an empty cell removes."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            header, delimiter = _header(file.readline(), path, names)
            for cells in (reader := csv.reader(file, delimiter=delimiter)):
                if any(cell.strip() for cell in cells):
                    yield _row(reader.line_num + 1, header, cells, path.parent)
        except UnicodeDecodeError as error:
            raise SourceUnreadable(f"{path.name} is not UTF-8. Save it as CSV in UTF-8 and try again.") from error
        except csv.Error as error:
            raise SourceUnreadable(f"{path.name} cannot be read as CSV: {error}.") from error


def _header(line: str, path: Path, names: Mapping[str, str]) -> tuple[list[str], str]:
    # Spreadsheets write what their language's decimal comma leaves free.
    delimiter = max(",;\t", key=line.count)
    columns = [_nfc(cell) for cell in next(csv.reader([line], delimiter=delimiter), [])]
    for ours, theirs in names.items():
        if theirs not in columns:
            raise SourceUnreadable(f"{path.name} has no column {theirs!r}, which --map names for {ours}.")
        columns[columns.index(theirs)] = ours
    twice = {column for column in columns if columns.count(column) > 1}
    if twice:
        raise SourceUnreadable(f"{path.name} has the column {min(twice)!r} more than once. Rename or remove one.")
    if "sku" not in columns:
        raise SourceUnreadable(f"{path.name} has no column `sku`. Name the one that holds it: --map sku=COLUMN.")
    return columns, delimiter


def _row(line: int, header: Sequence[str], cells: Sequence[str], folder: Path) -> Row | BadRow:
    record = {column: cell.strip() for column, cell in zip(header, cells, strict=False)}
    sku = _nfc(record.pop("sku", ""))
    if len(cells) != len(header):
        return BadRow(line, sku, f"The row has {len(cells)} cells and the header {len(header)}.")
    if not sku:
        return BadRow(line, sku, "The row has no sku.")
    try:
        photos = _photos(record.pop("photo", ""), folder)
        return Row(line, sku, _patch(record), photos)
    except RowInvalid as error:
        return BadRow(line, sku, str(error))


def _patch(record: Mapping[str, str]) -> dict[str, Any]:
    patch: dict[str, Any] = {column: record[column] or None for column in TEXT_COLUMNS if column in record}
    patch |= {column: _switch(column, record[column]) for column in SWITCHES if column in record}
    attributes = {name: value or None for name, value in record.items() if name and name not in COLUMNS}
    return patch | ({"attributes": attributes} if attributes else {})


def _switch(column: str, cell: str) -> bool | None:
    word = cell.casefold()
    if word in YES | NO:
        return word in YES
    if not word:
        return None
    raise RowInvalid(f"{column} is {cell!r}; it must be true or false.")


def _photos(cell: str, folder: Path) -> tuple[Path, ...]:
    """The files of a cell, several with | between. An empty cell adds none: an import never removes photos."""
    photos = []
    for name in filter(None, (part.strip() for part in cell.split("|"))):
        if "://" in name:
            raise RowInvalid(f"The photo {name} is a URL; only files on this machine can be imported.")
        if not (folder / name).is_file():
            raise RowInvalid(f"The photo {name} is not there. Its path is taken from the CSV's folder.")
        photos.append(folder / name)
    return tuple(photos)


def _nfc(text: str) -> str:
    # Some file systems and programs write accents apart; the service takes skus in NFC alone.
    return unicodedata.normalize("NFC", text.strip())
