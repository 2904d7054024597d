"""A field of lists: a column of all their values, and whose each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from catalogue.states import FieldType
from indexing.fields import Histogram, Mask, Range, Rows, Scalar
from indexing.fields.booleans import BooleanColumn
from indexing.fields.numbers import NumberColumn, bin_edges, bins_of, exact_ends
from indexing.fields.strings import StringColumn
from indexing.tokens import fold

Elements = TypeVar("Elements", StringColumn, NumberColumn, BooleanColumn)

LISTS = {
    FieldType.STRING: FieldType.STRINGS,
    FieldType.NUMBER: FieldType.NUMBERS,
    FieldType.BOOLEAN: FieldType.BOOLEANS,
}


@dataclass(frozen=True, slots=True)
class ListColumn(Generic[Elements]):
    """`elements` (m,) of all rows, each value of a row once; `owners` (m,): the item row of each."""

    elements: Elements
    owners: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    length: int = 0

    @property
    def type(self) -> FieldType:
        return LISTS[self.elements.type]

    def __len__(self) -> int:
        return self.length

    def written(self, rows: Rows, values: Sequence[Sequence[Any] | None], length: int) -> ListColumn[Elements]:
        replaced = np.zeros(length, np.bool_)
        replaced[rows] = True
        stay = ~replaced[self.owners]
        distinct = [_distinct(value or ()) for value in values]
        flat = [element for value in distinct for element in value]
        owners = np.concatenate([self.owners[stay], np.repeat(rows, [len(value) for value in distinct])])
        kept = self.elements.kept(stay)
        new = np.arange(len(kept), len(owners))
        return replace(
            self, elements=kept.written(new, flat, len(owners)), owners=owners.astype(np.int32), length=length
        )

    def present(self) -> Mask:
        return self._owning(self.elements.present())

    def among(self, values: Sequence[Scalar]) -> Mask:
        return self._owning(self.elements.among(values))

    def within(self, range_: Range) -> Mask:
        return self._owning(self.elements.within(range_))

    def top(self, rows: Rows, limit: int, commonest: NDArray[np.int32]) -> list[tuple[Scalar, int]]:
        elements = self.elements
        if isinstance(elements, NumberColumn):
            raise TypeError("Numbers are counted in bins.")
        return elements.top(self._of(rows), limit, commonest)

    def commonest(self, rows: Rows) -> NDArray[np.int32]:
        elements = self.elements
        if isinstance(elements, NumberColumn):
            raise TypeError("Numbers have one spelling.")
        return elements.commonest(self._of(rows))

    def histogram(self, rows: Rows) -> Histogram | None:
        """An item counts once in each bin that one of its values is in."""
        elements = self.elements
        if not isinstance(elements, NumberColumn):
            raise TypeError("Only numbers are counted in bins.")
        chosen = self._of(rows)
        values = elements.values[chosen]
        edges = bin_edges(values)
        if edges is None:
            return None
        bins = len(edges) - 1
        once = np.unique(self.owners[chosen].astype(np.int64) * bins + bins_of(values, edges))
        return Histogram(exact_ends(edges, values), tuple(np.bincount(once % bins, minlength=bins).tolist()))

    @property
    def size_bytes(self) -> int:
        return self.elements.size_bytes + self.owners.nbytes

    def _owning(self, elements: Mask) -> Mask:
        """Item rows that own one of these elements."""
        rows = np.zeros(self.length, np.bool_)
        rows[self.owners[elements]] = True
        return rows

    def _of(self, rows: Rows) -> Rows:
        """Places of the elements that these item rows own."""
        inside = np.zeros(self.length, np.bool_)
        inside[rows] = True
        return np.flatnonzero(inside[self.owners])


def _distinct(values: Sequence[Any]) -> list[Any]:
    """Each value once, of strings that compare equal the first."""
    return list({fold(value) if isinstance(value, str) else value: value for value in reversed(values)}.values())[::-1]
