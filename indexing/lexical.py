"""Which items hold a token: postings over item rows. Splitting text into tokens is tokens.py's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int32]
NO_ROWS: Rows = np.zeros(0, np.int32)
SMALLEST_TAIL = 4096
TOKEN_BYTES = 160  # a short string, its number, its place in a dictionary; an array's head is as much again


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Token → ascending item rows; append-only: a row's tokens never change, masks hide the row instead.

    `_numbers`, `_offsets`, `_rows` are the bulk in three flat arrays; `_tail` is what came since.
    """

    _numbers: Mapping[str, int] = field(default_factory=dict)
    _offsets: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))
    _rows: Rows = field(default_factory=lambda: NO_ROWS)
    _tail: Mapping[str, Rows] = field(default_factory=dict)
    _tail_size: int = 0

    def holding(self, token: str) -> Rows:
        """The rows that hold `token`, ascending."""
        number = self._numbers.get(token)
        bulk = NO_ROWS if number is None else self._rows[self._offsets[number] : self._offsets[number + 1]]
        tail = self._tail.get(token)
        return bulk if tail is None else np.concatenate([bulk, tail])

    @property
    def size_bytes(self) -> int:
        """Roughly: the arrays, and what Python keeps of each token."""
        flat = self._offsets.nbytes + self._rows.nbytes + self._rows.itemsize * self._tail_size
        return flat + TOKEN_BYTES * (len(self._numbers) + 2 * len(self._tail))

    def with_rows(self, first_row: int, tokens: Sequence[Collection[str]]) -> Lexicon:
        """A lexicon that also knows `tokens[i]` of row `first_row + i`; rows must come after all known ones."""
        new: dict[str, list[int]] = {}
        for row, held in enumerate(tokens, first_row):
            for token in held:
                new.setdefault(token, []).append(row)
        tail = dict(self._tail)
        for token, rows in new.items():
            tail[token] = np.concatenate([tail.get(token, NO_ROWS), np.array(rows, np.int32)])
        size = self._tail_size + sum(map(len, new.values()))
        grown = Lexicon(self._numbers, self._offsets, self._rows, tail, size)
        # Merged at a quarter of the bulk: a row is then copied a constant number of times in its life.
        return grown._merged() if size > max(SMALLEST_TAIL, len(self._rows) // 4) else grown

    def _merged(self) -> Lexicon:
        numbers = dict(self._numbers)
        for token in self._tail:
            numbers.setdefault(token, len(numbers))
        owners = [np.repeat(np.arange(len(self._numbers)), np.diff(self._offsets))]
        owners += [np.full(len(rows), numbers[token]) for token, rows in self._tail.items()]
        owner = np.concatenate(owners)
        rows = np.concatenate([self._rows, *self._tail.values()])
        order = np.argsort(owner, kind="stable")  # stable: rows stay ascending within a token
        offsets = np.zeros(len(numbers) + 1, np.int64)
        np.cumsum(np.bincount(owner, minlength=len(numbers)), out=offsets[1:])
        return Lexicon(numbers, offsets, rows[order])
