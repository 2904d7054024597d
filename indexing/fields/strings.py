"""A field of strings: a number a row, into the spellings that all generations share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from catalogue.states import FieldType
from indexing.fields import Mask, Range, Rows, Scalar
from indexing.fields.spellings import SORTED_BY, Order, Spellings, key_among, rank_span
from indexing.tokens import fold

NONE = -1  # also the last place of a table that is one longer than there are spellings


@dataclass(frozen=True, slots=True)
class StringColumn:
    """`codes` (n,): the number of the row's spelling, NONE without a value. `known`: how many this generation has."""

    codes: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    spellings: Spellings = field(default_factory=Spellings)
    known: int = 0

    @property
    def type(self) -> FieldType:
        return FieldType.STRING

    def __len__(self) -> int:
        return len(self.codes)

    def written(self, rows: Rows, values: Sequence[str | None], length: int) -> StringColumn:
        codes = np.full(length, NONE, np.int32)
        codes[: len(self.codes)] = self.codes
        add = self.spellings.add
        codes[rows] = [NONE if value is None else add(value) for value in values]
        return replace(self, codes=codes, known=len(self.spellings))

    def kept(self, rows: Mask) -> StringColumn:
        return replace(self, codes=self.codes[rows])

    def present(self) -> Mask:
        held: Mask = self.codes != NONE
        return held

    def among(self, values: Sequence[Scalar]) -> Mask:
        numbers = (self.spellings.fold_number(str(value)) for value in values)
        wanted = [number for number in numbers if number is not None]
        return self._where(np.isin(self._fold_of(), wanted)) if wanted else np.zeros(len(self.codes), np.bool_)

    def within(self, range_: Range) -> Mask:
        order = self._order()
        low, high = (None if end is None else fold(str(end)) for end in (range_.low, range_.high))
        first, last = rank_span(order, low, high, closed=(range_.includes_low, range_.includes_high))
        ranks = order.ranks[self._fold_of()]
        return self._where((ranks >= first) & (ranks < last))

    def top(self, rows: Rows, limit: int, commonest: NDArray[np.int32]) -> list[tuple[Scalar, int]]:
        counts = self._counts(rows)
        folds = np.flatnonzero(counts)
        if limit < len(folds):
            least = np.partition(counts[folds], len(folds) - limit)[len(folds) - limit]
            folds = folds[counts[folds] >= least]
        in_order = folds[np.lexsort((self._order().ranks[folds], -counts[folds]))[:limit]]
        return [(self.spellings.text(int(commonest[number])), int(counts[number])) for number in in_order]

    def commonest(self, rows: Rows) -> NDArray[np.int32]:
        counts, fold_of = np.bincount(self._held(rows), minlength=self.known), self._fold_of()
        most = np.zeros(self._folds, np.int64)
        np.maximum.at(most, fold_of, counts)
        best = np.flatnonzero(counts == most[fold_of])
        tied = np.bincount(fold_of[best], minlength=self._folds)[fold_of[best]] > 1
        found = np.full(self._folds, NONE, np.int32)
        found[fold_of[best[~tied]]] = best[~tied]
        for number in sorted(best[tied].tolist(), key=self.spellings.text, reverse=True):
            found[fold_of[number]] = number  # the smallest comes last, and stays
        return found

    def keys(self) -> NDArray[np.int32]:
        keys = self._order().sort_keys[self._fold_of()]
        by_row: NDArray[np.int32] = np.append(keys, np.int32(NONE))[self.codes]
        return by_row

    def key_of(self, value: Scalar) -> float:
        return key_among(self._order(), str(value))

    def value_at(self, row: int) -> str | None:
        code = int(self.codes[row])
        return None if code == NONE else fold(self.spellings.text(code))[:SORTED_BY]

    @property
    def size_bytes(self) -> int:
        return self.codes.nbytes + self.spellings.size_bytes

    @property
    def _folds(self) -> int:
        return int(self._fold_of().max(initial=-1)) + 1

    def _fold_of(self) -> NDArray[np.int32]:
        return self.spellings.fold_of(self.known)

    def _order(self) -> Order:
        return self.spellings.order(self.known)

    def _held(self, rows: Rows) -> NDArray[np.int32]:
        codes = self.codes[rows]
        held: NDArray[np.int32] = codes[codes != NONE]
        return held

    def _counts(self, rows: Rows) -> NDArray[np.int64]:
        """Of each fold number."""
        counts = np.zeros(self._folds, np.int64)
        np.add.at(counts, self._fold_of(), np.bincount(self._held(rows), minlength=self.known))
        return counts

    def _where(self, spellings: Mask) -> Mask:
        """Rows whose spelling is one of these."""
        by_row: Mask = np.append(spellings, np.False_)[self.codes]
        return by_row
