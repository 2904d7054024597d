"""A folder of photos as an import's source: names are skus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from catalogue.states import FieldType
from service.cli.report import is_report
from service.cli.rows import BadRow, Row, RowPhoto, SourceUnreadable, nfc


@dataclass(frozen=True, slots=True)
class PhotoFolder:
    """A file's name without its ending is its sku; so is a subfolder's name, for all photos below it."""

    path: Path

    def rows(self, _types: Mapping[str, FieldType]) -> Iterator[Row | BadRow]:
        """Its items by name; `line` counts them. Raises SourceUnreadable: there is nothing in it."""
        number = 0
        for number, (sku, files) in enumerate(self._items(), 1):
            yield Row(number, sku, {}, tuple(map(RowPhoto, files)))
        if not number:
            raise SourceUnreadable(f"The folder {self.path} is empty. Put photos into it: the file's name is the sku.")

    def files(self) -> Iterator[Path]:
        return (file for _, files in self._items() for file in files)

    def _items(self) -> Iterator[tuple[str, list[Path]]]:
        for entry in sorted(self.path.iterdir()):
            if _is_no_photo(entry):
                continue
            if entry.is_dir():
                found = sorted(entry.rglob("*"))
                yield nfc(entry.name), [file for file in found if file.is_file() and not _is_no_photo(file)]
            else:
                yield nfc(entry.stem), [entry]


def _is_no_photo(file: Path) -> bool:
    """Hidden, or what an import wrote that ran in this very folder."""
    return file.name.startswith(".") or is_report(file)
