"""Ids and digests as columns: two unsigned 64-bit numbers each, which NumPy compares and sorts as UUIDs sort."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

Pairs = NDArray[np.uint64]  # (n, 2): the high and the low half
NONE = (0, 0)  # the pair of no text


def pairs_of(ids: Iterable[UUID]) -> Pairs:
    return _pairs(b"".join(one.bytes for one in ids))


def uuid_at(pairs: Pairs, row: int) -> UUID:
    return UUID(int=(int(pairs[row, 0]) << 64) | int(pairs[row, 1]))


def text_pairs(texts: Iterable[str | None]) -> Pairs:
    """A 128-bit digest of each text, `NONE` where there is none: equal texts are equal pairs."""
    return _pairs(b"".join(bytes(16) if text is None else _digest(text) for text in texts))


def sha256_pairs(sha256s: Iterable[str]) -> Pairs:
    """The first half of each SHA-256: as good as the whole for telling pictures apart."""
    return _pairs(b"".join(bytes.fromhex(sha256)[:16] for sha256 in sha256s))


def is_pair(pairs: Pairs, one: Pairs) -> NDArray[np.bool_]:
    """Which rows of `pairs` are `one` (2,)."""
    same: NDArray[np.bool_] = (pairs[:, 1] == one[1]) & (pairs[:, 0] == one[0])
    return same


def in_pairs(pairs: Pairs, wanted: Pairs) -> NDArray[np.bool_]:
    """Which rows of `pairs` are among `wanted` (m, 2)."""
    # By the low half first: 62 bits of a UUIDv7's are random, so hardly a row is left to compare in full.
    found = np.isin(pairs[:, 1], wanted[:, 1])
    rows = np.flatnonzero(found)
    exact = {(int(high), int(low)) for high, low in wanted}
    found[rows] = [(int(high), int(low)) in exact for high, low in pairs[rows]]
    return found


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _pairs(joined: bytes) -> Pairs:
    return np.frombuffer(joined, dtype=">u8").astype(np.uint64).reshape(-1, 2)
