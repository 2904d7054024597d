"""Append-only columns that generations of a view share. Owns growth; what a column means is its owner's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)
SMALLEST = 16


class _Buffer:
    """Rows with room at the end; `used` of them belong to some generation."""

    __slots__ = ("rows", "used")

    def __init__(self, rows: NDArray[Any], used: int) -> None:
        self.rows = rows
        self.used = used


@dataclass(frozen=True, slots=True)
class Column(Generic[Scalar]):
    """The first `length` rows of a buffer that later generations may extend but never rewrite.

    A reader of an older generation therefore never sees a row change. One thread appends at a time.
    """

    _buffer: _Buffer
    length: int

    @classmethod
    def of(cls, rows: NDArray[Scalar]) -> Column[Scalar]:
        """A column that takes `rows` over without copying them; the caller must not write to them any more."""
        return cls(_Buffer(rows, len(rows)), len(rows))

    @property
    def size_bytes(self) -> int:
        """With the room for rows to come, and those of other generations: they share it."""
        return self._buffer.rows.nbytes

    @property
    def values(self) -> NDArray[Scalar]:
        rows: NDArray[Scalar] = self._buffer.rows[: self.length]
        return rows

    def append(self, rows: NDArray[Scalar]) -> Column[Scalar]:
        """A column with `rows` behind these: in the room that is left, unless another generation has taken it."""
        if self.length == 0:
            return Column.of(rows)
        end = self.length + len(rows)
        buffer = self._buffer
        if buffer.used != self.length or end > len(buffer.rows):
            grown = np.zeros((max(SMALLEST, end + end // 2), *buffer.rows.shape[1:]), buffer.rows.dtype)
            grown[: self.length] = self.values
            buffer = _Buffer(grown, self.length)
        buffer.rows[self.length : end] = rows
        buffer.used = end
        return Column(buffer, end)
