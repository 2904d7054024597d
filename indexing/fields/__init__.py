"""Columns of fields: what filters choose by, facets count and sorts order by. Owns the door; a file a kind of value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from catalogue.states import FieldType

Mask = NDArray[np.bool_]  # by item row
Rows = NDArray[np.int64]  # item rows, ascending
Scalar = str | float | bool  # a string as it was written; a price in minor units; a date in µs since 1970, UTC

BINS = 10


@dataclass(frozen=True, slots=True)
class Range:
    """Everything between two ends; None leaves a side open."""

    low: Scalar | None = None
    high: Scalar | None = None
    includes_low: bool = True
    includes_high: bool = True


@dataclass(frozen=True, slots=True)
class Histogram:
    """`counts` of the equal bins between `edges` (one more than there are bins), in the column's own unit."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


class FieldColumn(Protocol):
    """The values of one field by item row. Immutable: a reader of an older generation sees no row change."""

    @property
    def type(self) -> FieldType: ...

    def __len__(self) -> int: ...

    def written(self, rows: Rows, values: Sequence[Any], length: int) -> Self:
        """A column of `length` rows with `values` (None: no value) at `rows`; the others stay, new ones have none."""
        ...

    def present(self) -> Mask:
        """Rows that have a value."""
        ...

    def among(self, values: Sequence[Scalar]) -> Mask:
        """Rows whose value, or one of whose values, is one of these; strings compare folded."""
        ...

    def within(self, range_: Range) -> Mask:
        """Rows whose value, or one of whose values, is in the range. Not for booleans."""
        ...

    @property
    def size_bytes(self) -> int:
        """What it keeps in memory, roughly."""
        ...


class Counted(FieldColumn, Protocol):
    """Strings and booleans, and lists of them: their values are counted one by one."""

    def top(self, rows: Rows, limit: int, commonest: NDArray[np.int32]) -> list[tuple[Scalar, int]]:
        """The `limit` commonest values of `rows` with their counts: by count descending, then value."""
        ...

    def commonest(self, rows: Rows) -> NDArray[np.int32]:
        """How `top` is to spell: for each value as folded, the spelling that most of `rows` have."""
        ...


class Measured(FieldColumn, Protocol):
    """Numbers and dates, and lists of them: their values are counted in bins."""

    def histogram(self, rows: Rows) -> Histogram | None:
        """Of the values of `rows`; None when they have none."""
        ...


class Sortable(FieldColumn, Protocol):
    """A column with one value a row."""

    def keys(self) -> NDArray[Any]:
        """By row a number that sorts as the values do; of rows without a value it says nothing."""
        ...

    def key_of(self, value: Scalar) -> float:
        """Where a value stands among the keys, whether a row has it or not."""
        ...

    def value_at(self, row: int) -> Scalar | None:
        """What `key_of` takes to find this row's place again, also in a later generation."""
        ...
