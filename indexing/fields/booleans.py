"""A field of booleans: no, yes, or no value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from catalogue.states import FieldType
from indexing.fields import Mask, Range, Rows, Scalar

NONE = -1


@dataclass(frozen=True, slots=True)
class BooleanColumn:
    """`codes` (n,): 0, 1, or NONE."""

    codes: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))

    @property
    def type(self) -> FieldType:
        return FieldType.BOOLEAN

    def __len__(self) -> int:
        return len(self.codes)

    def written(self, rows: Rows, values: Sequence[bool | None], length: int) -> BooleanColumn:
        codes = np.full(length, NONE, np.int8)
        codes[: len(self.codes)] = self.codes
        codes[rows] = [NONE if value is None else int(value) for value in values]
        return replace(self, codes=codes)

    def kept(self, rows: Mask) -> BooleanColumn:
        return replace(self, codes=self.codes[rows])

    def present(self) -> Mask:
        held: Mask = self.codes != NONE
        return held

    def among(self, values: Sequence[Scalar]) -> Mask:
        return np.isin(self.codes, [int(value) for value in values])

    def within(self, range_: Range) -> Mask:
        raise TypeError(f"Booleans have no order to find {range_} in: the filter's check lets none through.")

    def top(self, rows: Rows, limit: int, commonest: NDArray[np.int32]) -> list[tuple[Scalar, int]]:
        codes = self.codes[rows]
        counted: list[tuple[Scalar, int]] = [
            (value, int(np.count_nonzero(codes == int(value)))) for value in (False, True)
        ]
        return sorted([one for one in counted if one[1]], key=lambda one: -one[1])[:limit]

    def commonest(self, rows: Rows) -> NDArray[np.int32]:
        """There is one way to write a boolean."""
        return np.arange(2, dtype=np.int32)

    def keys(self) -> NDArray[np.int8]:
        return self.codes

    def key_of(self, value: Scalar) -> float:
        return float(value)

    def value_at(self, row: int) -> bool | None:
        code = int(self.codes[row])
        return None if code == NONE else bool(code)

    @property
    def size_bytes(self) -> int:
        return self.codes.nbytes
