"""What is in a column, in short: how many distinct values, and the commonest of them. Decides not whose rows count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexing.fields import FieldColumn, Rows, Scalar
from indexing.fields.booleans import BooleanColumn
from indexing.fields.lists import ListColumn
from indexing.fields.numbers import NumberColumn
from indexing.fields.strings import NONE, StringColumn


@dataclass(frozen=True, slots=True)
class Overview:
    """`examples`: the commonest values, in the column's own unit; strings as most of the rows spell them."""

    cardinality: int
    examples: tuple[Scalar, ...]


def overview(column: FieldColumn, rows: Rows, most: int) -> Overview:
    """Of the values of `rows`, with at most so many examples."""
    keys, shown = _keys(column, rows)
    distinct, counts = np.unique(keys, return_counts=True)
    best = distinct[np.argsort(-counts, kind="stable")[:most]]
    return Overview(len(distinct), tuple(shown(key) for key in best.tolist()))


def _keys(column: FieldColumn, rows: Rows) -> tuple[NDArray[Any], Callable[[Any], Scalar]]:
    """A key for each value that the rows have, equal where the values are, and what to show for a key."""
    match column:
        case ListColumn():
            owned = np.zeros(len(column), np.bool_)
            owned[rows] = True
            return _keys(column.elements, np.flatnonzero(owned[column.owners]))
        case StringColumn():
            codes = column.codes[rows]
            commonest = column.commonest(rows)
            folds = column.spellings.fold_of(column.known)[codes[codes != NONE]]
            return folds, lambda fold: column.spellings.text(int(commonest[fold]))
        case NumberColumn():
            return column.values[rows][column.held[rows]], _same
        case BooleanColumn():
            return column.codes[rows][column.present()[rows]], bool
        case _:
            raise TypeError(f"There is no overview of {type(column).__name__}.")


def _same(value: float) -> float:
    return value
