"""What did not come in, as a CSV beside the caller: the report of an import or export. Owns its name and columns."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

COLUMNS = ("line", "sku", "photo", "reason")
NAME = "-failures-"


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that was left out: a whole row (photo empty), or one of its photos."""

    line: int
    sku: str
    photo: str
    reason: str


class Report:
    """The failures, in a file that is made with the first of them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, failures: Iterable[Failure]) -> None:
        for failure in failures:
            with self.path.open("a", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                if not file.tell():
                    writer.writerow(COLUMNS)
                writer.writerow((failure.line, failure.sku, failure.photo, failure.reason))

    @property
    def size_bytes(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def cut(self, size_bytes: int) -> None:
        """Forget what was added since it was so long."""
        if self.size_bytes > size_bytes:
            os.truncate(self.path, size_bytes)


def new_report(command: Literal["import", "export"], folder: Path) -> Report:
    return Report(folder / f"{command}{NAME}{datetime.now(UTC):%Y%m%d-%H%M%S}.csv")


def is_report(file: Path) -> bool:
    return file.suffix == ".csv" and NAME in file.name
