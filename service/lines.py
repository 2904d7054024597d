"""A request's body as lines: spooled to its end, counted, given back a bounded chunk at a time. Reads no JSON."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from catalogue.errors import InvalidInput, StorageFull

MOST_LINES = 10_000
LINE_BYTES = 2**20
CHUNK_LINES = 200  # committed together
CHUNK_BYTES = 2**20  # a chunk that has as many is complete: all of it is in memory while it is written
_IN_MEMORY_BYTES = 2**20  # of a body; more is on disk
_PIECE_BYTES = 2**16


@dataclass(frozen=True, slots=True)
class RawLine:
    """`number` counts from 1, blank lines too; no `text`: it has more bytes than a line may have."""

    number: int
    text: bytes | None


class Spooled:
    """All lines of a body. The file that holds them has no name, so that no end of this process leaves it behind."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def chunks(self) -> Iterator[list[RawLine]]:
        """In order, at most 200 a chunk. Blank lines are left out."""
        self._file.seek(0)
        chunk: list[RawLine] = []
        size_bytes = 0
        for line in self._lines():
            chunk.append(line)
            size_bytes += len(line.text or b"")
            if len(chunk) == CHUNK_LINES or size_bytes >= CHUNK_BYTES:
                yield chunk
                chunk, size_bytes = [], 0
        if chunk:
            yield chunk

    def close(self) -> None:
        self._file.close()

    def _lines(self) -> Iterator[RawLine]:
        number = 0
        while text := self._file.readline(LINE_BYTES + 1):
            number += 1
            if len(text) > LINE_BYTES and not text.endswith(b"\n"):
                self._skip_rest()
                yield RawLine(number, None)
            elif text.strip():
                yield RawLine(number, text)

    def _skip_rest(self) -> None:
        while piece := self._file.readline(_PIECE_BYTES):
            if piece.endswith(b"\n"):
                return


def spool(body: IO[bytes], folder: Path) -> Spooled:
    """Read the body to its end; more than a megabyte of it lies in `folder`.

    Raises:
        InvalidInput: no line, or more than 10,000 of them.
        StorageFull: the disk is full.
    """
    file = tempfile.SpooledTemporaryFile[bytes](_IN_MEMORY_BYTES, dir=str(folder))
    try:
        with _named_when_full():
            _copy(body, file)
    except BaseException:
        file.close()
        raise
    return Spooled(file)


def _copy(body: IO[bytes], file: IO[bytes]) -> None:
    lines, is_blank, last = 0, True, b""
    while piece := body.read(_PIECE_BYTES):
        file.write(piece)
        lines += piece.count(b"\n")
        is_blank = is_blank and not piece.strip()
        last = piece
        if lines > MOST_LINES or (lines == MOST_LINES and not last.endswith(b"\n")):
            raise InvalidInput.at("", f"The batch has more than {MOST_LINES:,} lines. Send it in parts.")
    if is_blank:
        raise InvalidInput.at("", "The batch has no line. Send one JSON object a line.")


@contextmanager
def _named_when_full() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StorageFull("The disk is full: the batch was not taken. Free some space and send it again.") from error
