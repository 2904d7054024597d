"""The exact part of a text query: which items hold its tokens, and whose sku it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indexing.fusion import Lexical
from indexing.ids import is_pair, text_pairs
from indexing.tokens import fold
from indexing.view import View


def match(view: View, text: str) -> Lexical:
    """By item row, dead and hidden ones included; it depends on the query and the item alone."""
    items = len(view.items.live)
    tokens = view.analyzer.words(text)
    held = np.zeros(items, np.int64)
    for token in tokens:
        held[view.lexicon.holding(token)] += 1  # a posting names a row once
    share = held / max(1, len(tokens))
    return Lexical(share, is_pair(view.items.skus.values, text_pairs([fold(text.strip())])[0]))


def matched_terms(view: View, text: str, rows: NDArray[np.int64]) -> list[tuple[str, ...]]:
    """For each item row the query's words that it holds, folded, in the query's order."""
    terms: list[tuple[str, ...]] = [()] * len(rows)
    for token, word in view.analyzer.words(text).items():
        holding = view.lexicon.holding(token)  # ascending, and far longer than a page
        if len(holding) == 0:
            continue
        near = holding[np.minimum(np.searchsorted(holding, rows), len(holding) - 1)]
        for place in np.flatnonzero(near == rows):
            terms[place] += (word,)
    return terms
