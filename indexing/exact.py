"""The engine's door in plain NumPy, a dict and a loop: the oracle that tests hold the fast engine against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from catalogue.states import Space
from indexing.engines import DECIMALS, Neighbours, Rows, Selection, Vectors
from indexing.vectors import check_unit


@dataclass(frozen=True, slots=True)
class ExactEngine:
    _spaces: Mapping[Space, Mapping[int, Vectors]] = field(default_factory=dict)
    _masked: frozenset[int] = frozenset()

    def upsert(self, space: Space, rows: Rows, vectors: Vectors) -> ExactEngine:
        if len(rows) == 0:
            return self
        known = self._spaces.get(space, {})
        if list(rows) != sorted(set(rows.tolist())) or any(row <= max(known, default=-1) for row in rows.tolist()):
            raise ValueError("Rows must be new and ascending: a row is written once.")
        check_unit(vectors, self.dimension(space) or vectors.shape[1])
        added = {int(row): vector.copy() for row, vector in zip(rows, vectors, strict=True)}
        return ExactEngine({**self._spaces, space: {**known, **added}}, self._masked)

    def mask(self, rows: Rows) -> ExactEngine:
        return ExactEngine(self._spaces, self._masked | set(rows.tolist()))

    def search(self, space: Space, vector: Vectors, k: int, selection: Selection) -> Neighbours:
        known = self._spaces.get(space, {})
        if known:
            check_unit(vector[None], len(next(iter(known.values()))))
        allowed = [row for row in known if row < len(selection) and selection[row] and row not in self._masked]
        scored = [
            (-round(float(np.dot(known[row].astype(np.float64), vector.astype(np.float64))), DECIMALS), row)
            for row in allowed
        ]
        best = sorted((row, -score) for score, row in sorted(scored)[:k])
        rows = np.array([row for row, _ in best], np.int64)
        return Neighbours(rows, np.array([score for _, score in best], np.float64))

    def vector(self, space: Space, row: int) -> Vectors | None:
        return None if row in self._masked else self._spaces.get(space, {}).get(row)

    def dimension(self, space: Space) -> int | None:
        known = self._spaces.get(space)
        return len(next(iter(known.values()))) if known else None
