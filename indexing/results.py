"""Scores to the result set of a query. Owns confidence and the cut by it; order is sorting.py's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexing.confidence import Curve
from indexing.fields import Mask
from indexing.fusion import Rows, Scored, Scores
from indexing.matching import Lexical


@dataclass(frozen=True, slots=True)
class Results:
    """Items as one query sees them: `rows`, ascending, and by place their `confidence`, None where nothing was
    compared. `text` is the query's."""

    rows: Rows
    confidence: Scores | None
    scored: Scored
    text: str

    def __len__(self) -> int:
        return len(self.rows)

    def scores(self) -> Scores:
        """By place."""
        by_place: Scores = self.scored.score[self.rows]
        return by_place

    def chosen(self, keep: NDArray[np.bool_]) -> Results:
        """Those places that `keep` names."""
        confidence = None if self.confidence is None else self.confidence[keep]
        return Results(self.rows[keep], confidence, self.scored, self.text)

    def among(self, items: Mask) -> Results:
        """Those of the items (by row)."""
        return self.chosen(items[self.rows])


@dataclass(frozen=True, slots=True)
class Judged:
    """What a query says of all its candidates. Without a `curve` nothing was compared, and any threshold is reached.

    `default`: the confidence of an item that holds every token of a text, if its score gives no more.
    """

    scored: Scored
    curve: Curve | None
    default: float
    text: str = ""
    lexical: Lexical | None = None

    def reaching(self, threshold: float) -> Results:
        items = self.scored.candidates.items
        if self.curve is None:
            return Results(np.flatnonzero(items), None, self.scored, self.text)
        # Most items are far below: only of the others the confidence is worth knowing.
        may = self.scored.score >= self.curve.least_score(threshold)
        if self.lexical is not None:
            may |= self.lexical.holds_all | self.lexical.is_sku
        rows = np.flatnonzero(may & items)
        confidence = self._confidence(self.curve, rows)
        return Results(rows, confidence, self.scored, self.text).chosen(confidence >= threshold)

    def _confidence(self, curve: Curve, rows: Rows) -> Scores:
        confidence = curve(self.scored.score[rows])
        if self.lexical is not None:
            held = self.lexical.holds_all[rows]
            confidence[held] = np.maximum(confidence[held], self.default)
            confidence[self.lexical.is_sku[rows]] = 1.0
        return confidence
