"""A field of numbers: floats, or whole numbers where a float would not be exact (prices in minor units, dates)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalogue.states import FieldType
from indexing.fields import BINS, Histogram, Mask, Range, Rows, Scalar

Numbers = NDArray[Any]  # float64 or int64


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """`values` (n,), zero where `held` is false."""

    values: Numbers = field(default_factory=lambda: np.zeros(0))
    held: Mask = field(default_factory=lambda: np.zeros(0, np.bool_))
    type: FieldType = FieldType.NUMBER

    def __len__(self) -> int:
        return len(self.held)

    def written(self, rows: Rows, values: Sequence[float | None], length: int) -> NumberColumn:
        new, held = np.zeros(length, self.values.dtype), np.zeros(length, np.bool_)
        new[: len(self.held)], held[: len(self.held)] = self.values, self.held
        new[rows] = [0 if value is None else value for value in values]
        held[rows] = [value is not None for value in values]
        return replace(self, values=new, held=held)

    def kept(self, rows: Mask) -> NumberColumn:
        return replace(self, values=self.values[rows], held=self.held[rows])

    def present(self) -> Mask:
        return self.held

    def among(self, values: Sequence[Scalar]) -> Mask:
        if len(values) == 1:
            equal: Mask = self.held & (self.values == values[0])
            return equal
        return self.held & np.isin(self.values, np.array(values))

    def within(self, range_: Range) -> Mask:
        inside, values = self.held, self.values
        if range_.low is not None:
            inside = inside & (values >= range_.low if range_.includes_low else values > range_.low)
        if range_.high is not None:
            inside = inside & (values <= range_.high if range_.includes_high else values < range_.high)
        return inside

    def histogram(self, rows: Rows) -> Histogram | None:
        values, held = self.values[rows], self.held[rows]
        if not held.all():
            values = values[held]
        edges = bin_edges(values)
        if edges is None:
            return None
        # How many reach each lower edge: a tenth of what placing every value takes.
        reaching = np.array([np.count_nonzero(values >= edge) for edge in edges[:-1]])
        return Histogram(exact_ends(edges, values), tuple((reaching - np.append(reaching[1:], 0)).tolist()))

    def keys(self) -> NDArray[Any]:
        return self.values

    def key_of(self, value: Scalar) -> float:
        return value if isinstance(value, int) else float(value)  # a float is not exact for every moment

    def value_at(self, row: int) -> float | None:
        value: float = self.values[row].item()
        return value if self.held[row] else None

    @property
    def size_bytes(self) -> int:
        return self.values.nbytes + self.held.nbytes


def bin_edges(values: Numbers) -> NDArray[np.float64] | None:
    """Ends of ten equal bins between the smallest and the largest value; of one bin when these are the same."""
    if len(values) == 0:
        return None
    low, high = float(values.min()), float(values.max())
    if low == high:
        return np.array([low, high])
    return np.array([low + (high - low) * step / BINS for step in range(BINS)] + [high])


def exact_ends(edges: NDArray[np.float64], values: Numbers) -> tuple[float, ...]:
    """The edges, the outer ones as the values are: the last microsecond of the year 9999 would be rounded to none."""
    return (values.min().item(), *edges[1:-1].tolist(), values.max().item())


def bins_of(values: Numbers, edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """The bin of each value: the last whose lower edge it reaches; the last bin is closed."""
    bins: NDArray[np.int64] = np.searchsorted(edges[1:-1], values, side="right")
    return bins
