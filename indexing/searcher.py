"""The door to search: a view and a query in, a page of ids out. Owns no encoding, no hydration."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import numpy as np

from catalogue.states import Space
from indexing.confidence import GUESSED, Calibration
from indexing.fusion import FIRST, Weights, cosines, fused
from indexing.hits import Judged, newest, relevant
from indexing.matching import match
from indexing.queries import Page, PhotoQuery, Position, Similar, TextQuery
from indexing.similar import looks_like
from indexing.view import View


@dataclass(frozen=True, slots=True)
class Searcher:
    weights: Weights = FIRST
    calibration: Calibration = GUESSED

    def search(
        self,
        view: View,
        query: TextQuery | PhotoQuery,
        *,
        limit: int,
        after: Position | None = None,
        min_confidence: float | None = None,
    ) -> Page:
        """The next `limit` hits of the result set, which is defined over all shown items of the view.

        `min_confidence` is the calibration's threshold unless given; an empty text ignores it.

        Raises:
            VectorRefused: a query vector that does not belong to the view's model set.
        """
        threshold = self.calibration.threshold if min_confidence is None else min_confidence
        if isinstance(query, PhotoQuery):
            return relevant(self._judge_photo(view, query), view.shown, threshold, limit, after)
        if query.text.strip():
            return relevant(self._judge_text(view, query), view.shown, threshold, limit, after)
        return newest(view, fused(view, {}, None), limit, after)

    def similar(self, view: View, item_id: UUID, *, limit: int, min_confidence: float | None = None) -> Similar:
        """Look-alikes of an item: available ones, by the nearest pair of photos; never itself, its group, or items
        that show the very same picture. An item that cannot be compared yet has nothing close."""
        threshold = self.calibration.threshold if min_confidence is None else min_confidence
        found = looks_like(view, item_id)
        judged = Judged(view, found.scored, self.calibration.photo(found.scored.score))
        return Similar(relevant(judged, found.allowed, threshold, limit, None), found.duplicates)

    def _judge_photo(self, view: View, query: PhotoQuery) -> Judged:
        scored = fused(view, {Space.LOOK.value: cosines(view, Space.LOOK, query.look)}, None)
        return Judged(view, scored, self.calibration.photo(scored.score))

    def _judge_text(self, view: View, query: TextQuery) -> Judged:
        lexical = match(view, query.text)
        parts = {
            Space.MEANING.value: self.weights.meaning * cosines(view, Space.MEANING, query.meaning),
            Space.WORDS.value: self.weights.words * cosines(view, Space.WORDS, query.words),
        }
        scored = fused(view, parts, self.weights.lexical * lexical.share)
        confidence = self.calibration.text(scored.score)
        held = lexical.holds_all
        confidence[held] = np.maximum(confidence[held], self.calibration.threshold)
        confidence[lexical.is_sku] = 1.0
        return Judged(view, scored, confidence, query.text)
