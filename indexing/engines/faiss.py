"""FAISS as an engine: exact inner products over flat arrays, one per space. Knows rows, not photos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import faiss
import numpy as np
from numpy.typing import NDArray

from catalogue.states import Space
from indexing.columns import Column
from indexing.engines import DECIMALS, Neighbours, Rows, Selection, Vectors
from indexing.vectors import check_unit


@dataclass(frozen=True, slots=True)
class _Flat:
    """`vectors` (n, d), zeros where a row has none; `held`: rows that a search may find."""

    vectors: Column[np.float32]
    held: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FaissEngine:
    """Flat arrays that we grow ourselves, compared by the kernel that `IndexFlatIP` uses.

    The result set is defined over all items, so every selected row's score is needed. Over 100,000 × 384, one
    thread, `IndexFlatIP.search` takes 21 ms for ten neighbours but 89 ms for all of them (its heap), `range_search`
    24 ms, and its kernel called straight 18 ms, with bitwise equal scores. NumPy's matrix product is as fast, but
    the score of a row changes in its last bits with its place in the matrix, so it could cross a rounding border
    when rows around it come and go.
    """

    _spaces: Mapping[Space, _Flat] = field(default_factory=dict)

    def upsert(self, space: Space, rows: Rows, vectors: Vectors) -> FaissEngine:
        if len(rows) == 0:
            return self
        flat = self._spaces.get(space)
        before = 0 if flat is None else flat.vectors.length
        if rows[0] < before or np.any(np.diff(rows) <= 0):
            raise ValueError("Rows must be new and ascending: a row is written once.")
        check_unit(vectors, vectors.shape[1] if flat is None else flat.vectors.values.shape[1])
        size = int(rows[-1]) + 1 - before
        if size == len(rows):
            block = np.ascontiguousarray(vectors, np.float32)
        else:
            block = np.zeros((size, vectors.shape[1]), np.float32)
            block[rows - before] = vectors
        held = np.zeros(before + size, np.bool_)
        held[rows] = True
        if flat is None:
            grown = _Flat(Column.of(block), held)
        else:
            held[:before] = flat.held
            grown = _Flat(flat.vectors.append(block), held)
        return FaissEngine({**self._spaces, space: grown})

    def mask(self, rows: Rows) -> FaissEngine:
        masked = {}
        for space, flat in self._spaces.items():
            held = flat.held.copy()
            held[rows[rows < len(held)]] = False
            masked[space] = replace(flat, held=held)
        return FaissEngine(masked)

    def search(self, space: Space, vector: Vectors, k: int, selection: Selection) -> Neighbours:
        flat = self._spaces.get(space)
        if flat is None:
            return Neighbours(np.zeros(0, np.int64), np.zeros(0, np.float64))
        query = np.ascontiguousarray(vector, np.float32)
        check_unit(query[None], flat.vectors.values.shape[1])
        most = min(len(flat.held), len(selection))
        rows = np.flatnonzero(flat.held[:most] & selection[:most])
        scores: NDArray[np.float64] = np.round(_inner_products(flat.vectors.values, query, rows), DECIMALS)
        if k < len(rows):
            best = np.sort(np.argsort(-scores, kind="stable")[:k])
            rows, scores = rows[best], scores[best]
        return Neighbours(rows, scores)

    def vector(self, space: Space, row: int) -> Vectors | None:
        flat = self._spaces.get(space)
        return flat.vectors.values[row] if flat is not None and row < len(flat.held) and flat.held[row] else None

    @property
    def size_bytes(self) -> int:
        return sum(flat.vectors.size_bytes + flat.held.nbytes for flat in self._spaces.values())

    def dimension(self, space: Space) -> int | None:
        flat = self._spaces.get(space)
        return None if flat is None else flat.vectors.values.shape[1]


def _inner_products(vectors: Vectors, query: Vectors, rows: Rows) -> NDArray[np.float64]:
    products = np.empty(len(rows), np.float32)
    if len(rows) == 0:
        return np.zeros(0)
    rows = np.ascontiguousarray(rows, np.int64)
    faiss.omp_set_num_threads(1)  # counts for the calling thread alone, so each call says it: requests are the threads
    # Plain pointers: what they point to is contiguous, of the type it says, and referenced here until the call ends.
    faiss.fvec_inner_products_by_idx(  # type: ignore[attr-defined]  # generated, not in the stubs
        faiss.swig_ptr(products),
        faiss.swig_ptr(query),
        faiss.swig_ptr(vectors),
        faiss.swig_ptr(rows),
        vectors.shape[1],
        1,
        len(rows),
    )
    return products.astype(np.float64)
