"""The tables as files and back: gzipped JSON lines, the same from either database. Owns that form; no photo's bytes.

Not `pg_dump` or SQLite's backup: one form can be restored into the other database, and needs no program beside Python.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Column, Connection, LargeBinary, Table, Uuid, insert, select
from sqlalchemy import Enum as SqlEnum

from catalogue.columns import Base, UtcDateTime
from catalogue.errors import BackupInvalid

AT_ONCE = 500
# What a running service makes anew. Restored leases would keep workers waiting for owners that are not there.
_TRANSIENT = frozenset({"leases", "heartbeats", "tokens", "queries", "snapshots"})
_NOBODYS = {"owner": None, "token": None, "expires_at": None}


@dataclass(frozen=True, slots=True)
class TableFile:
    """One table's file in a dump: how many rows, and the SHA-256 that says it is whole."""

    name: str
    rows: int
    sha256: str


def tables() -> list[Table]:
    """Those that are kept, each after what it refers to."""
    return [table for table in Base.metadata.sorted_tables if table.name not in _TRANSIENT]


def table(name: str) -> Table:
    return Base.metadata.tables[name]


def write_table(connection: Connection, table: Table, folder: Path) -> TableFile:
    """Write one table, a piece at a time. What several calls see is one state only in one read transaction."""
    path, count = _path(folder, table.name), 0
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=3) as file:
        for row in connection.execute(select(table), execution_options={"yield_per": AT_ONCE}).mappings():
            file.write(json.dumps({name: _plain(value) for name, value in row.items()}) + "\n")
            count += 1
    return TableFile(table.name, count, _sha256(path))


def read_rows(folder: Path, table: Table) -> Iterator[dict[str, Any]]:
    """The rows of a table's file as the table's own types. Raises BackupInvalid when the file is cut."""
    types = {column.name: column for column in table.columns}
    try:
        with gzip.open(_path(folder, table.name), "rt", encoding="utf-8") as file:
            for line in file:
                row = {name: _typed(types[name], value) for name, value in json.loads(line).items()}
                yield row | _NOBODYS if table.name == "work" else row
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise BackupInvalid(f"The backup's table {table.name} is damaged. Take another backup.") from error


def load_table(connection: Connection, table: Table, folder: Path) -> int:
    """Insert a table's rows; returns how many."""
    count = 0
    rows: list[dict[str, Any]] = []
    for row in read_rows(folder, table):
        rows.append(row)
        if len(rows) == AT_ONCE:
            connection.execute(insert(table), rows)
            count, rows = count + len(rows), []
    if rows:
        connection.execute(insert(table), rows)
    return count + len(rows)


def check_table(folder: Path, expected: TableFile) -> None:
    """Raises BackupInvalid when the file is not the one that was written."""
    path = _path(folder, expected.name)
    if not path.is_file() or _sha256(path) != expected.sha256:
        raise BackupInvalid(f"The backup's table {expected.name} is missing or damaged. Take another backup.")


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.jsonl.gz"


def _plain(value: Any) -> Any:
    match value:
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case Enum():
            return value.value
        case _:
            return value


def _typed(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    match column.type:
        case Uuid():
            return UUID(value)
        case UtcDateTime():
            return datetime.fromisoformat(value)
        case LargeBinary():
            return base64.b64decode(value)
        case SqlEnum():
            return cast(type[Enum], column.type.enum_class)(value)
        case _:
            return value


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
