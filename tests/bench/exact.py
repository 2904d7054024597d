"""The right page by brute force: all vectors compared by NumPy in float64, and no filter. For recall, not for speed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from captioning.captioner import Captioner
from catalogue.catalogues import read_catalogue
from catalogue.database import Database
from catalogue.settings import Settings
from catalogue.states import Space
from indexing.engines import DECIMALS, Engine, Neighbours, Selection, Vectors
from indexing.engines.faiss import FaissEngine
from indexing.fields.strings import StringColumn
from indexing.ids import uuid_at
from indexing.queries import Search, TextQuery
from indexing.searcher import Searcher
from indexing.tail import Tail
from tests.bench.fill import Filled

ROUNDING = 2e-5  # between scores reckoned in float32 and in float64, both rounded to 1e-5
SPARE = 26  # hits behind the page that may be as good as its last, but for rounding


@dataclass(frozen=True, slots=True)
class MatrixEngine(FaissEngine):
    """Compares every vector, and leaves out what is not selected afterwards."""

    def search(self, space: Space, vector: Vectors, k: int, selection: Selection) -> Neighbours:
        matrix = self._spaces[space].vectors.values
        scores = np.round(np.einsum("nd,d->n", matrix, vector, dtype=np.float64), DECIMALS)
        rows = np.flatnonzero(selection)
        return Neighbours(rows, scores[rows])


class Exact:
    def __init__(self, captioner: Captioner, filled: Filled) -> None:
        self._captioner = captioner
        database = Database(Settings(data=filled.data).database_url)
        with database.reading() as session:
            catalogue = read_catalogue(session)
        view = Tail(database, catalogue.id).view
        database.close()
        engine = cast(FaissEngine, view.engine)
        self._view = replace(view, engine=cast(Engine, MatrixEngine(engine._spaces)))
        places = {sku: place for place, sku in enumerate(filled.skus)}
        skus = cast(StringColumn, view.fields["sku"])
        self._places = np.array([places[skus.spellings.text(int(code))] for code in skus.codes])
        self._skus = {uuid_at(view.items.ids.values, row): filled.skus[place] for row, place in enumerate(self._places)}

    def recall(self, text: str, shown: Sequence[str], limit: int, allowed: NDArray[np.bool_]) -> float:
        """The part of the right page that is shown, in any order; equal scores may stand for each other."""
        encoded = self._captioner.encode_text([text])
        foreign = not self._captioner.reads(text)
        query = TextQuery(text, encoded["meaning"][0], encoded["words"][0], is_foreign=foreign)
        view = replace(self._view, items=replace(self._view.items, live=allowed[self._places]))
        right = Searcher().search(view, Search(query, limit=limit + SPARE, min_confidence=0.0)).hits
        if not right:
            return float(not shown)
        last = right[:limit][-1]
        good = {self._skus[hit.item_id] for hit in right[:limit]}
        good |= {self._skus[hit.item_id] for hit in right[limit:] if hit.score >= last.score - ROUNDING}
        return len(good & set(shown)) / len(right[:limit])
