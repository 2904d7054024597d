"""The narrow door to whatever holds vectors and compares them: nothing above it knows which engine serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from catalogue.states import Space

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]
Selection = NDArray[np.bool_]

DECIMALS = 5  # scores are rounded to 1e-5 before anything sorts or cuts


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Rows, ascending, and their cosines with the query, −1 to 1, higher is nearer, rounded to 1e-5."""

    rows: Rows
    scores: NDArray[np.float64]


class Engine(Protocol):
    """Vectors by row number. Immutable: `upsert` and `mask` answer with another engine, so a reader keeps its own.

    Of several generations only the newest may be extended, by one thread at a time.
    """

    def upsert(self, space: Space, rows: Rows, vectors: Vectors) -> Self:
        """An engine that also holds `vectors` (m, d), unit length, at `rows`: ascending and above all rows so far.

        Raises:
            VectorRefused: NaN, a norm off 1 by more than 1e-4, or another dimension than the space has.
            ValueError: a row that is not new.
        """
        ...

    def mask(self, rows: Rows) -> Self:
        """An engine in which no search finds `rows`; those it does not hold are none of its business."""
        ...

    def search(self, space: Space, vector: Vectors, k: int, selection: Selection) -> Neighbours:
        """The `k` best rows that `selection` (by row number) allows; of equal scores the lowest rows.

        Raises:
            VectorRefused: the query is no unit vector of the space's dimension.
        """
        ...

    def vector(self, space: Space, row: int) -> Vectors | None:
        """The vector at a row; None when the space holds none there, or it is masked."""
        ...

    @property
    def size_bytes(self) -> int:
        """What it keeps in memory."""
        ...

    def dimension(self, space: Space) -> int | None:
        """How long the space's vectors are; None while it holds none."""
        ...
