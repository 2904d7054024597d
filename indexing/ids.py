"""Ids and digests as columns: two unsigned 64-bit numbers each, which NumPy compares and sorts as UUIDs sort."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

Pairs = NDArray[np.uint64]  # (n, 2): the high and the low half
NONE = (0, 0)  # the pair of no text
CHUNK = 500  # ids in one statement; rows held as Python objects at a time are a few times that
SMALLEST_MARKS = 16  # bits
MARKS_EACH = 64  # of those that are not wanted, one in so many is compared in vain


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


def in_chunks(whole: Sequence[T]) -> Iterator[list[T]]:
    """As many at a time as one statement is to ask for."""
    rest = iter(whole)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def is_pair(pairs: Pairs, one: Pairs) -> NDArray[np.bool_]:
    """Which rows of `pairs` are `one` (2,)."""
    same: NDArray[np.bool_] = (pairs[:, 1] == one[1]) & (pairs[:, 0] == one[0])
    return same


def in_pairs(pairs: Pairs, wanted: Pairs) -> NDArray[np.bool_]:
    """Which rows of `pairs` are among `wanted` (m, 2)."""
    if len(wanted) == 0:
        return np.zeros(len(pairs), np.bool_)
    # Marks by the last bits, which are random, leave hardly a row to compare in full. Sorting takes thirty times as
    # long (100,000 ids, 200 wanted), and every batch of changes asks.
    last_bits = (1 << max(SMALLEST_MARKS, (MARKS_EACH * len(wanted)).bit_length())) - 1
    marked = np.zeros(last_bits + 1, np.bool_)
    marked[wanted.view(np.int64)[:, 1] & last_bits] = True  # NumPy indexes by signed numbers without a copy
    found: NDArray[np.bool_] = marked[pairs.view(np.int64)[:, 1] & last_bits]
    rows = np.flatnonzero(found)
    exact = set(zip(*wanted.T.tolist(), strict=True))
    found[rows] = [pair in exact for pair in zip(*pairs[rows].T.tolist(), strict=True)]
    return found


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _pairs(joined: bytes) -> Pairs:
    return np.frombuffer(joined, dtype=">u8").astype(np.uint64).reshape(-1, 2)
