"""Times of calls, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def p(seconds: Sequence[float], percent: float) -> float:
    """A percentile, in milliseconds."""
    return round(1e3 * float(np.percentile(seconds, percent)), 2)
