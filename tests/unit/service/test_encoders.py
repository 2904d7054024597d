"""The cache of encoded texts stays within its bytes and never mixes model sets."""

from __future__ import annotations

from uuid import UUID

import numpy as np

from service.encoders import _size, _TextCache

ONE, OTHER = UUID(int=1), UUID(int=2)


def vectors(value: float) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float32]]]:
    return {"words": np.full(384, value, np.float32)}


def first(cache: _TextCache, set_id: UUID) -> float:
    known = cache.get(set_id, "shirt")
    assert known is not None
    return float(known["words"][0])


def test_a_text_is_known_under_its_own_model_set_alone() -> None:
    cache = _TextCache(1_000_000)
    cache.put(ONE, "shirt", vectors(1))
    cache.put(OTHER, "shirt", vectors(2))
    assert [first(cache, ONE), first(cache, OTHER)] == [1, 2]
    assert cache.get(ONE, "shoes") is None


def test_the_longest_unused_text_goes_first_and_the_bytes_hold() -> None:
    each = _size("a", vectors(1))
    cache = _TextCache(3 * each)
    for text in "abc":
        cache.put(ONE, text, vectors(1))
    cache.get(ONE, "a")
    cache.put(ONE, "d", vectors(1))
    assert [text for text in "abcd" if cache.get(ONE, text) is None] == ["b"]


def test_a_cache_of_no_bytes_keeps_nothing() -> None:
    cache = _TextCache(0)
    cache.put(ONE, "a", vectors(1))
    assert cache.get(ONE, "a") is None
