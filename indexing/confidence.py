"""Score → confidence, by one rising curve a kind of query, and the threshold. Knows nothing of items.

A stated guess for now, not a calibration by people. The points were read off 1,000 product photos that the captioner
had not learned from, known by title and caption. Text: 470 queries of kind, colour and audience; a product of the
kind that is asked for, but not of the colour or audience, counts half. Photo: every photo asks, and one of the same
kind is right. At the threshold, of text hits 35 % agree in every word (91 % of those there are), and one of 15
queries for what the shop has not got is answered ("laptop", with a laptop's sleeve); of look-alikes 83 % are of the
kind (92 %).
A calibrated curve replaces the points and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from indexing import engines

DECIMALS = 4
STEPS = 10**engines.DECIMALS  # of a score, between 0 and 1


@dataclass(frozen=True, slots=True)
class Curve:
    """Straight lines between points (score, confidence), both rising from a score of 0 or more; level outside them.

    Points rather than a logistic: an isotonic calibration is a list of points, too. Scores are rounded, so there are
    as many as fit into a table, which is read six times as fast as `np.interp` computes: 0.3 ms for 100,000.
    """

    scores: tuple[float, ...]
    confidences: tuple[float, ...]

    def __call__(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """The confidence of each score that is rounded to the engine's decimals."""
        table = _table(self)
        steps = np.rint(scores * STEPS)
        read: NDArray[np.float64] = table[np.clip(steps, 0, len(table) - 1, out=steps).astype(np.int64)]
        return read

    def least_score(self, confidence: float) -> float:
        """No lower score has this confidence."""
        step = int(np.searchsorted(_table(self), confidence))
        return step / STEPS if step else -np.inf


@cache
def _table(curve: Curve) -> NDArray[np.float64]:
    """The confidence at each step of a score from 0 to the last point."""
    scores = np.arange(round(curve.scores[-1] * STEPS) + 1) / STEPS
    table: NDArray[np.float64] = np.round(np.interp(scores, curve.scores, curve.confidences), DECIMALS)
    return table


@dataclass(frozen=True, slots=True)
class Calibration:
    """A curve for each kind of query. A score of 0 or less, as of what cannot be compared, must have confidence 0."""

    text: Curve
    photo: Curve
    threshold: float


GUESSED = Calibration(
    text=Curve((0.0, 0.30, 0.40, 0.50, 0.60, 0.65, 0.75, 1.0), (0.0, 0.02, 0.10, 0.30, 0.50, 0.70, 0.90, 0.99)),
    photo=Curve(
        (0.0, 0.40, 0.50, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.90, 1.0),
        (0.0, 0.02, 0.06, 0.11, 0.21, 0.32, 0.49, 0.71, 0.86, 0.92, 0.97),
    ),
    threshold=0.3,
)
