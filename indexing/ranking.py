"""The result set and its order: threshold, sort, pages by position. Owns the cut; scores come from fusion.py."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexing.ids import Pairs, pairs_of
from indexing.queries import Position

LAST_HIT = 1_000  # pages walk no further

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates: item `rows` with sort `values` and `scores`, both highest first, then `ids`, (n, 2)."""

    rows: Rows
    values: NDArray[np.float64]
    scores: NDArray[np.float64]
    ids: Pairs
    ids_descend: bool = False  # newest first ends by id descending, relevance by id ascending

    def chosen(self, keep: NDArray[np.bool_]) -> Ranked:
        return Ranked(self.rows[keep], self.values[keep], self.scores[keep], self.ids[keep], self.ids_descend)


def page(ranked: Ranked, limit: int, after: Position | None) -> tuple[Rows, bool]:
    """Indexes into `ranked` of the next hits in order, and whether more follow within the first 1,000.

    A position need not be a candidate any more: the page goes on with what comes behind it in the present view.
    """
    shown = 0 if after is None else after.shown
    limit = max(0, min(limit, LAST_HIT - shown))
    left = np.arange(len(ranked.rows)) if after is None else np.flatnonzero(_behind(ranked, after))
    first = left[_first(ranked, left, limit)]
    return first, len(left) > limit and shown + limit < LAST_HIT


def _behind(ranked: Ranked, after: Position) -> NDArray[np.bool_]:
    one = pairs_of([after.item_id])[0]
    ids = ranked.ids
    above = (ids[:, 0] > one[0]) | ((ids[:, 0] == one[0]) & (ids[:, 1] > one[1]))
    below = (ids[:, 0] < one[0]) | ((ids[:, 0] == one[0]) & (ids[:, 1] < one[1]))
    last = below if ranked.ids_descend else above
    same = ranked.values == after.value
    behind: NDArray[np.bool_] = (ranked.values < after.value) | (
        same & ((ranked.scores < after.score) | ((ranked.scores == after.score) & last))
    )
    return behind


def _first(ranked: Ranked, left: Rows, limit: int) -> Rows:
    """Places in `left` of its first `limit` in order."""
    values, scores = ranked.values[left], ranked.scores[left]
    places: Rows = np.arange(len(left))
    if limit < len(left):
        # Sorting everything would cost more than scoring it: first what can be on the page at all.
        places = _top(values, places, limit)
        sure = values[places] > values[places].min(initial=np.inf)
        tied = places[~sure]
        places = np.concatenate([places[sure], _top(scores, tied, limit - int(np.count_nonzero(sure)))])
    ids = ranked.ids[left[places]]
    ids = ~ids if ranked.ids_descend else ids
    order = np.lexsort((ids[:, 1], ids[:, 0], -scores[places], -values[places]))
    in_order: Rows = places[order[:limit]]
    return in_order


def _top(keys: NDArray[np.float64], places: Rows, count: int) -> Rows:
    """Those of `places` whose key is among the `count` highest, all of the last tie included."""
    if count >= len(places):
        return places
    if count == 0:
        return places[:0]
    own = keys[places]
    top: Rows = places[own >= np.partition(own, len(own) - count)[len(own) - count]]
    return top
