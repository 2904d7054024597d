"""When a vector is fit to be compared: finite, of unit length, of the right dimension. Owns float16 bytes → float32."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indexing.errors import VectorRefused

STORED_TOLERANCE = 1e-2  # of a norm read from float16
UNIT_TOLERANCE = 1e-4  # of a norm that was made unit again


def from_float16(stored: bytes, dimension: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Rows of float16, little-endian, as unit float32 rows, and which of them are good.

    A refused row (NaN, infinite, zero, norm off by more than 1e-2) is all zeros.
    """
    rows = np.frombuffer(stored, dtype="<f2").astype(np.float32).reshape(-1, dimension)
    with np.errstate(invalid="ignore", over="ignore"):
        norms = np.sqrt(np.einsum("nd,nd->n", rows, rows, dtype=np.float64))  # (n,)
        good = np.abs(norms - 1.0) <= STORED_TOLERANCE  # NaN compares false
        rows /= np.where(good, norms, 1.0).astype(np.float32)[:, None]
    rows[~good] = 0.0
    return rows, good


def check_unit(vectors: NDArray[np.float32], dimension: int) -> None:
    """VectorRefused unless all rows of `vectors` (n, d) are finite, of unit length and `dimension` long."""
    if vectors.ndim != 2 or vectors.shape[1] != dimension:
        raise VectorRefused(f"A vector has {vectors.shape[-1]} numbers; this space's have {dimension}.")
    norms = np.sqrt(np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64))
    off = ~(np.abs(norms - 1.0) <= UNIT_TOLERANCE)  # NaN is off, too
    if off.any():
        raise VectorRefused(f"A vector has the norm {norms[off][0]:.4f}; it must be 1. Normalise it first.")
