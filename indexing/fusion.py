"""One score an item, from vectors and words, that depends on query and item alone. Order and cut are ranking.py's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalogue.states import Space
from indexing.engines import DECIMALS
from indexing.fields import Mask
from indexing.queries import Encoded
from indexing.view import View

Scores = NDArray[np.float64]
Rows = NDArray[np.int64]
LEXICAL = "lexical"


@dataclass(frozen=True, slots=True)
class Weights:
    """Of a text query. A photo query is `look` alone.

    On the products of confidence.py the first ten hits of this mix are right in 78 of 100 cases, against 39, 60 and
    63 for `meaning`, `words` and tokens alone; mixes nearby differ by one.

    A word with a typo, or half typed, means little to the encoder. Of a query with such a word an item is worth at
    least `held` times the share that it says, and the part `seen` of what its vectors say. Of 390 queries with one
    typo 88 of 100 were right among the first ten (63 with exact tokens alone), and 82 of 100 products were found at the
    threshold (46). Of the same queries as they should be 96 of 100 were right (95), with the hits of before.
    """

    meaning: float = 0.4
    words: float = 0.35
    lexical: float = 0.25
    held: float = 0.68
    seen: float = 0.1

    def beside(self, share: Scores, _: Scores) -> Scores:
        """The lexical part of items that hold `share` of a query."""
        return self.lexical * share

    def instead(self, share: Scores, shown: Scores) -> Scores:
        """The same of a query that the encoder reads in pieces, where the vectors gave `shown`."""
        held = self.held * share - (1 - self.seen) * shown
        part: Scores = np.where(share > 0, np.maximum(self.lexical * share, held), 0.0)
        return part


FIRST = Weights()  # until fusion is tuned


@dataclass(frozen=True, slots=True)
class Candidates:
    """The items that a query is compared with, and the photos that may speak for them: `photos` by photo row,
    `photo_rows` the same ascending, `owners` their item rows."""

    items: Mask
    photos: Mask
    photo_rows: Rows
    owners: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Scored:
    """`score` by item row, higher is nearer; what it says of other items than the candidates means nothing.

    `by_photo` is the photos' own, and `parts` its weighted parts, by place in the candidates' `photo_rows`;
    `lexical` is the part by item row, if there was text.
    """

    candidates: Candidates
    score: Scores
    by_photo: Scores
    parts: Mapping[str, Scores]
    lexical: Scores | None


def candidates(view: View, items: Mask) -> Candidates:
    """Of shown `items` (by row)."""
    photos = view.searchable if items is view.shown else view.searchable & items[view.photos.item_rows]
    photo_rows = np.flatnonzero(photos)
    return Candidates(items, photos, photo_rows, view.photos.item_rows[photo_rows])


def cosines(view: View, of: Candidates, space: Space, vector: Encoded | None) -> Scores:
    """By place in `photo_rows`: the cosine with the query in this space, 0 where there is nothing to compare."""
    rows = of.photo_rows
    if vector is None:
        return np.zeros(len(rows))
    # All of them: the result set is defined over every candidate, so a k below the whole would cut it.
    found = view.engine.search(space, vector, len(rows), of.photos)
    if len(found.rows) == len(rows):
        return found.scores
    scores = np.zeros(len(rows))
    scores[np.searchsorted(rows, found.rows)] = found.scores
    return scores


def fused(
    view: View, of: Candidates, parts: Mapping[str, Scores], said: Callable[[Scores], Scores] | None = None
) -> Scored:
    """Each item by its best photo, plus the lexical part that `said` gives beside that; one without a ready photo has
    its lexical part alone."""
    by_photo = np.zeros(len(of.photo_rows))
    for part in parts.values():
        by_photo += part
    np.round(by_photo, DECIMALS, out=by_photo)
    best = np.full(len(view.items.live), -np.inf)
    np.maximum.at(best, of.owners, by_photo)
    best[best == -np.inf] = 0.0
    lexical = None if said is None else said(best)
    score = best if lexical is None else np.round(best + lexical, DECIMALS)
    return Scored(of, score, by_photo, parts, lexical)


def best_photos(view: View, scored: Scored, items: Rows) -> dict[int, int]:
    """Of each of these item rows the place of its best photo: by score, position, id. Those without are left out."""
    wanted = np.zeros(len(view.items.live), np.bool_)
    wanted[items] = True
    places = np.flatnonzero(wanted[scored.candidates.owners])
    rows = scored.candidates.photo_rows[places]
    ids = view.photos.ids.values[rows]
    order = np.lexsort((ids[:, 1], ids[:, 0], view.photos.positions[rows], -scored.by_photo[places]))[::-1]
    # Last first: an item's best photo is written last, and stays.
    return dict(zip(scored.candidates.owners[places[order]].tolist(), places[order].tolist(), strict=True))
