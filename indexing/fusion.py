"""One score an item, from vectors and words, that depends on query and item alone. Order and cut are ranking.py's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalogue.states import Space
from indexing.engines import DECIMALS
from indexing.queries import Encoded
from indexing.view import View

Scores = NDArray[np.float64]
NO_PHOTO = -1
LEXICAL = "lexical"


@dataclass(frozen=True, slots=True)
class Weights:
    """Of a text query. A photo query is `look` alone.

    On the products of confidence.py the first ten hits of this mix are right in 78 of 100 cases, against 39, 60 and
    63 for `meaning`, `words` and tokens alone; mixes nearby differ by one.
    """

    meaning: float = 0.4
    words: float = 0.35
    lexical: float = 0.25


FIRST = Weights()  # until fusion is tuned


@dataclass(frozen=True, slots=True)
class Lexical:
    """By item row: the share of the query's tokens that it holds, and whether its sku is the query."""

    share: Scores
    is_sku: NDArray[np.bool_]

    @property
    def holds_all(self) -> NDArray[np.bool_]:
        held: NDArray[np.bool_] = self.share == 1.0
        return held


@dataclass(frozen=True, slots=True)
class Scored:
    """By item row: `score` (higher is nearer) and the best `photo` row, or NO_PHOTO.

    `parts` are the weighted parts of the score by photo row, `lexical` the one by item row, if there was text.
    """

    score: Scores
    photo: NDArray[np.int64]
    parts: Mapping[str, Scores]
    lexical: Scores | None


def cosines(view: View, space: Space, vector: Encoded | None) -> Scores:
    """By photo row: the cosine with the query in this space, 0 where there is nothing to compare."""
    scores = np.zeros(len(view.photos.live))
    if vector is not None:
        # All of them: the result set is defined over every item, so a k below the whole would cut it.
        found = view.engine.search(space, vector, len(scores), view.searchable)
        scores[found.rows] = found.scores
    return scores


def fused(view: View, parts: Mapping[str, Scores], lexical: Scores | None) -> Scored:
    """Each item by its best photo, plus its lexical part; one without a ready photo has its lexical part alone."""
    by_photo = np.round(sum(parts.values(), np.zeros(len(view.photos.live))), DECIMALS)
    best, photo = best_photos(view, by_photo)
    score = best if lexical is None else np.round(best + lexical, DECIMALS)
    return Scored(score + 0.0, photo, parts, lexical)  # + 0.0: no minus zero


def best_photos(view: View, by_photo: Scores) -> tuple[Scores, NDArray[np.int64]]:
    """By item row: the highest score of its photos and that photo's row; of equal ones by position, then id."""
    items = len(view.items.live)
    rows = np.flatnonzero(view.searchable)
    owners = view.photos.item_rows[rows]
    best = np.full(items, -np.inf)
    np.maximum.at(best, owners, by_photo[rows])
    top = by_photo[rows] == best[owners]
    rows, owners = rows[top], owners[top]
    tied = np.bincount(owners, minlength=items)[owners] > 1
    photo = np.full(items, NO_PHOTO, np.int64)
    photo[owners[~tied]] = rows[~tied]
    if tied.any():
        rows, owners = rows[tied], owners[tied]
        ids = view.photos.ids.values[rows]
        # Last first: the item's first photo in this order is written last, and stays.
        order = np.lexsort((ids[:, 1], ids[:, 0], view.photos.positions[rows]))[::-1]
        photo[owners[order]] = rows[order]
    best[photo == NO_PHOTO] = 0.0
    return best, photo
