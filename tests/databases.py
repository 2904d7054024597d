"""Databases for tests: each a fresh copy of a prepared one, on SQLite and on PostgreSQL. Starts no server itself."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.servers import Postgres

# A test's database need not survive a power cut; kill -9 of the server loses nothing by these.
FAST = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=300")
_NUMBERS = itertools.count()


class Prepared(Protocol):
    """A database that is copied, never used: making it anew for each test would cost seconds."""

    @property
    def url(self) -> str: ...

    @contextmanager
    def copied(self, folder: Path) -> Iterator[str]:
        """The URL of a copy of a test's own; it is gone after the block."""
        ...


@dataclass(frozen=True, slots=True)
class PreparedFile:
    path: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    @contextmanager
    def copied(self, folder: Path) -> Iterator[str]:
        copy = folder / "vitrine.sqlite"
        shutil.copy(self.path, copy)
        yield f"sqlite:///{copy}"


@dataclass(frozen=True, slots=True)
class PreparedTemplate:
    server: Postgres
    name: str

    @property
    def url(self) -> str:
        return self.server.url(self.name)

    @contextmanager
    def copied(self, folder: Path) -> Iterator[str]:
        copy = f"test_{next(_NUMBERS)}"
        self.server.execute(f"CREATE DATABASE {copy} TEMPLATE {self.name}")
        try:
            yield self.server.url(copy)
        finally:
            self.server.execute(f"DROP DATABASE {copy} WITH (FORCE)")
