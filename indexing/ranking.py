"""The first of many: candidates in order, pages by position. Owns the cut; what they are ordered by is sorting.py's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from indexing.ids import Pairs, pairs_of

LAST_HIT = 1_000  # pages walk no further

Rows = NDArray[np.int64]
Keys = tuple[NDArray[Any], ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates in ascending order of each of `keys` in turn (n,), then of their ids: `all_ids` at `rows`."""

    rows: Rows
    keys: Keys
    all_ids: Pairs
    ids_descend: bool = False  # newest first ends by id descending, all other orders by id ascending

    @property
    def depth(self) -> int:
        return len(self.keys) + 2  # an id is two numbers

    def key(self, number: int, places: Rows) -> NDArray[Any]:
        """What decides at these places where all keys before it are equal; ids hardly ever do, and are read last."""
        if number < len(self.keys):
            key: NDArray[Any] = self.keys[number][places]
        else:
            half = self.all_ids[self.rows[places], number - len(self.keys)]
            key = ~half if self.ids_descend else half
        return key


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: what its last hit has of each of the keys, its id, and `shown` hits from the first."""

    keys: tuple[float, ...]
    item_id: UUID
    shown: int


def page(ranked: Ranked, limit: int, after: Place | None) -> tuple[Rows, bool]:
    """Places in `ranked` of the next hits in order, and whether more follow within the first 1,000.

    What stood at `after` need not be a candidate any more: the page goes on with what comes behind it now.
    """
    shown = 0 if after is None else after.shown
    limit = max(0, min(limit, LAST_HIT - shown))
    left = np.arange(len(ranked.rows)) if after is None else _behind(ranked, after)
    return _first(ranked, left, limit), len(left) > limit and shown + limit < LAST_HIT


def first_of_each(ranked: Ranked, owners: NDArray[np.integer[Any]]) -> Rows:
    """Of each owner (by place; numbers from 0) the place that comes first, ascending."""
    places: Rows = np.arange(len(owners))
    for number in range(ranked.depth):
        places = _leading(places, owners, ranked.key(number, places))
    return places


def _leading(places: Rows, owners: NDArray[np.integer[Any]], key: NDArray[Any]) -> Rows:
    """Those places whose key is the least of their owner's; `key` is by `places`."""
    own = owners[places]
    least = np.empty(int(own.max(initial=-1)) + 1, key.dtype)
    least[own] = key  # any of them, to start from
    np.minimum.at(least, own, key)
    leading: Rows = places[key == least[own]]
    return leading


def _behind(ranked: Ranked, after: Place) -> Rows:
    left: Rows = np.arange(len(ranked.rows))
    behind = np.zeros(len(left), np.bool_)
    one = pairs_of([after.item_id])[0]
    for number, at in enumerate((*after.keys, *(~one if ranked.ids_descend else one))):
        key = ranked.key(number, left)
        behind[left[key > at]] = True
        left = left[key == at]
    return np.flatnonzero(behind)


def _first(ranked: Ranked, left: Rows, limit: int) -> Rows:
    """The first `limit` of `left`, in order."""
    found, tied = [left[:0]], left if limit else left[:0]
    for number in range(ranked.depth):
        # Sorting everything would cost more than scoring it: first what can be on the page at all.
        wanted = limit - sum(map(len, found))
        if wanted >= len(tied):
            break
        own = ranked.key(number, tied)
        last = np.partition(own, wanted - 1)[wanted - 1]
        found.append(tied[own < last])
        tied = tied[own == last]
    places = np.concatenate([*found, tied])
    order = np.lexsort([ranked.key(number, places) for number in reversed(range(ranked.depth))])
    in_order: Rows = places[order[:limit]]
    return in_order
