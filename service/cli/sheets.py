"""CSV as an import's source: which cell means what."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalogue.conversion import ELEMENTS, converted
from catalogue.states import FieldType
from service.cli.rows import BadRow, Row, RowInvalid, RowPhoto, SourceUnreadable, is_file, nfc

TEXT_COLUMNS = ("title", "price", "url", "group")
SWITCHES = ("published", "available")
COLUMNS = ("sku", "photo", *TEXT_COLUMNS, *SWITCHES)
YES = {"true", "yes", "y", "1"}
NO = {"false", "no", "n", "0"}
SHOWN = 100  # characters of a cell that is wrong, in the report
EXAMPLES: Mapping[FieldType, str] = {
    FieldType.NUMBER: "34.9",
    FieldType.BOOLEAN: "true",
    FieldType.DATE: "2026-11-21",
    FieldType.NUMBERS: "34.9|40",
    FieldType.BOOLEANS: "true|false",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A CSV file; `names` says which of our columns one of its columns stands for."""

    path: Path
    names: Mapping[str, str]

    def rows(self, types: Mapping[str, FieldType]) -> Iterator[Row | BadRow]:
        """Its rows in order. A cell of a field in `types` becomes a value of that type; any other is a string.

        Raises:
            SourceUnreadable: it is no CSV, or its header is not what it should be.
        """
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            try:
                columns, delimiter = self._header(file.readline())
                reading = _Reading(columns, types, self.path.parent)
                for cells in (reader := csv.reader(file, delimiter=delimiter)):
                    if any(cell.strip() for cell in cells):
                        yield reading.row(reader.line_num + 1, cells)
            except UnicodeDecodeError as error:
                sentence = f"{self.path.name} is not UTF-8. Save it as CSV in UTF-8 and try again."
                raise SourceUnreadable(sentence) from error
            except csv.Error as error:
                raise SourceUnreadable(f"{self.path.name} cannot be read as CSV: {error}.") from error

    def files(self) -> Iterator[Path]:
        yield self.path

    def _header(self, line: str) -> tuple[list[str], str]:
        # Spreadsheets write what their language's decimal comma leaves free.
        delimiter = max(",;\t", key=line.count)
        columns = [nfc(cell) for cell in next(csv.reader([line], delimiter=delimiter), [])]
        for ours, theirs in self.names.items():
            if theirs not in columns:
                raise SourceUnreadable(f"{self.path.name} has no column {theirs!r}, which --map names for {ours}.")
            columns[columns.index(theirs)] = ours
        if twice := {column for column in columns if columns.count(column) > 1}:
            said = f"{self.path.name} has the column {min(twice)!r} more than once. Rename or remove one."
            raise SourceUnreadable(said)
        if "sku" not in columns:
            said = f"{self.path.name} has no column `sku`. Name the one that holds it: --map sku=COLUMN."
            raise SourceUnreadable(said)
        return columns, delimiter


@dataclass(frozen=True, slots=True)
class _Reading:
    """What turns cells into a row: the columns, the types of fields, and where photos' paths begin."""

    columns: Sequence[str]
    types: Mapping[str, FieldType]
    folder: Path

    def row(self, line: int, cells: Sequence[str]) -> Row | BadRow:
        record = {column: cell.strip() for column, cell in zip(self.columns, cells, strict=False)}
        sku = nfc(record.pop("sku", ""))
        if len(cells) != len(self.columns):
            return BadRow(line, sku, f"The row has {len(cells)} cells and the header {len(self.columns)}.")
        if not sku:
            return BadRow(line, sku, "The row has no sku.")
        try:
            photos = _photos(record.pop("photo", ""), self.folder)
            return Row(line, sku, self._patch(record), photos)
        except RowInvalid as error:
            return BadRow(line, sku, str(error))

    def _patch(self, record: Mapping[str, str]) -> dict[str, Any]:
        patch: dict[str, Any] = {column: record[column] or None for column in TEXT_COLUMNS if column in record}
        patch |= {column: _switch(column, record[column]) for column in SWITCHES if column in record}
        attributes = {
            name: _value(name, cell, self.types.get(name, FieldType.STRING)) if cell else None
            for name, cell in record.items()
            if name and name not in COLUMNS
        }
        return patch | ({"attributes": attributes} if attributes else {})


def _value(name: str, cell: str, kind: FieldType) -> Any:
    """A cell as a value of its field's type; a list has | between its values."""
    parts = [part for part in (part.strip() for part in cell.split("|")) if part]
    value = converted(parts if kind in ELEMENTS else cell, kind)
    if value is None:
        shown = repr(cell) if len(cell) <= SHOWN else f"{cell[:SHOWN]!r}…"
        raise RowInvalid(f"{name} is {shown}; the field holds a {kind.value}, such as {EXAMPLES[kind]}.")
    return value


def _switch(column: str, cell: str) -> bool | None:
    word = cell.casefold()
    if word in YES | NO:
        return word in YES
    if not word:
        return None
    raise RowInvalid(f"{column} is {cell!r}; it must be true or false.")


def _photos(cell: str, folder: Path) -> tuple[RowPhoto, ...]:
    """The files of a cell, several with | between. An empty cell adds none: an import never removes photos."""
    photos = []
    for name in filter(None, (part.strip() for part in cell.split("|"))):
        if "://" in name:
            raise RowInvalid(f"The photo {name} is a URL; only files on this machine can be imported.")
        if not is_file(folder / name):
            raise RowInvalid(f"The photo {name} is not there. Its path is taken from the CSV's folder.")
        photos.append(RowPhoto(folder / name))
    return tuple(photos)
