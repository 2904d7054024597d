"""Curves from score to confidence."""

from __future__ import annotations

import numpy as np
import pytest

from indexing.confidence import GUESSED, STEPS, Curve

SCORES = np.arange(-STEPS, 2 * STEPS) / STEPS


@pytest.mark.parametrize("curve", [GUESSED.text, GUESSED.photo])
def test_a_curve_is_straight_between_its_points_and_never_falls(curve: Curve) -> None:
    read = curve(SCORES)
    assert np.array_equal(read, np.round(np.interp(SCORES, curve.scores, curve.confidences), 4))
    assert np.all(np.diff(read) >= 0)


@pytest.mark.parametrize("confidence", [0.0, 0.0001, 0.02, 0.3, 0.31, 0.9, 0.97, 0.99, 1.0])
@pytest.mark.parametrize("curve", [GUESSED.text, GUESSED.photo])
def test_the_least_score_parts_those_that_reach_a_confidence_from_all_others(curve: Curve, confidence: float) -> None:
    reaching = curve(SCORES) >= confidence
    least = curve.least_score(confidence)
    assert np.array_equal(reaching, least <= SCORES) or not reaching.any()
    assert not np.any(reaching & (least > SCORES))
