"""What a photo store is kept in: the few verbs that folder.py and bucket.py both have. Knows no photos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as a listing shows it; `name` without its folder, `modified` by the store's clock, in UTC."""

    name: str
    size_bytes: int
    modified: datetime


class Files(Protocol):
    """Files by key (`folder/name`, any depth). A key holds a whole file or none; what a write has returned from stays.

    Reading, moving and opening what is not there raises FileNotFoundError; removing it does nothing.
    """

    def put_file(self, key: str, source: Path) -> None:
        """Copy a file in, unless the key is taken; never held whole in memory."""

    def put_bytes(self, key: str, content: bytes) -> None:
        """Write the bytes, unless the key is taken."""

    def replace(self, key: str, content: bytes) -> None:
        """Write the bytes in place of whatever is there."""

    def exists(self, key: str) -> bool: ...

    def open(self, key: str) -> BinaryIO: ...

    def read(self, key: str) -> bytes: ...

    def remove(self, key: str) -> None: ...

    def move(self, key: str, to: str) -> None:
        """Put the file under another key, over what is there; its modified time is now."""

    def entries(self, folder: str) -> Iterator[Entry]:
        """The files right in that folder, in any order; none when it is not there."""

    def folders(self, folder: str) -> Iterator[str]:
        """The names of the folders right in that folder, in any order; none when it is not there."""

    def is_there(self) -> bool:
        """Whether this is the store at all, and not an empty mount point or a bucket's misspelt name."""
