"""The exact part of a text query: which items hold its words, nearly hold them, and whose sku it is.

What an item is worth depends on the query and the item alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexing.ids import is_pair, text_pairs
from indexing.lexical import Segment, Span
from indexing.tokens import Analyzer, fold, is_letters
from indexing.view import View

# What a word of the query is worth to an item that holds it, a longer word, one that is a letter off, or a form of
# such a one, in sixteenths. Another number is another product, so a number that goes on is worth less.
EXACT, PREFIX, TYPO, TYPO_OF_STEM = 16, 14, 13, 12
NUMBER_PREFIX = 12
SHORTEST_PREFIX = 2
SHORTEST_TYPO = 5
WORD_WEIGHT = 1
NUMBER_WEIGHT = 2  # a word with a digit or a sign tells products apart that share all others


@dataclass(frozen=True, slots=True)
class Lexical:
    """By item row: what part of the query it holds (0 to 1), whether every token, and whether its sku is the query."""

    share: NDArray[np.float64]
    holds_all: NDArray[np.bool_]
    is_sku: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a query. A detail only adds to the score: an item need not have it to hold every token."""

    word: str
    stem: str
    is_detail: bool
    is_last: bool

    @property
    def weight(self) -> int:
        return WORD_WEIGHT if is_letters(self.word) else NUMBER_WEIGHT

    def places(self, segment: Segment) -> Iterator[tuple[int, Span]]:
        """What this word is worth, and where the segment has it; the better comes later and overrules."""
        letters = is_letters(self.word)
        for form, worth in ((self.stem, TYPO_OF_STEM), (self.word, TYPO)):
            if letters and len(form) >= SHORTEST_TYPO:
                yield from ((worth, span) for span in segment.resembling(form))
        if self.is_last and len(self.word) >= SHORTEST_PREFIX:
            yield PREFIX if letters else NUMBER_PREFIX, segment.starting(self.word)
        yield from ((EXACT, span) for span in segment.holding(self.stem))


def match(view: View, text: str) -> Lexical:
    """By item row, dead and hidden ones included."""
    terms = _terms(view.analyzer, text)
    sixteenths = np.zeros(len(view.items.live), np.int32)
    holds_all = np.full(len(sixteenths), bool(terms))
    for term in terms:
        worth = _worth(view, term)
        sixteenths += np.int32(term.weight) * worth
        if not term.is_detail:
            holds_all &= worth == EXACT
    share = sixteenths / max(1, EXACT * sum(term.weight for term in terms))
    return Lexical(share, holds_all, is_pair(view.items.skus.values, text_pairs([fold(text.strip())])[0]))


def matched_terms(view: View, text: str, rows: NDArray[np.int64]) -> list[tuple[str, ...]]:
    """For each item row the query's words that it holds, folded, in the query's order; of those that only nearly
    match, the item's own word."""
    wanted = np.zeros(len(view.items.live), np.bool_)
    wanted[rows] = True
    terms: dict[int, list[str]] = {int(row): [] for row in rows}
    for term in _terms(view.analyzer, text):
        if not term.is_detail:
            for row, word in _spoken(view, term, wanted).items():
                terms[row].append(word)
    return [tuple(terms[int(row)]) for row in rows]


def _terms(analyzer: Analyzer, text: str) -> list[Term]:
    words = analyzer.words(text)
    last = next(reversed(words.values()), "")
    plain = [Term(word, stem, is_detail=False, is_last=word == last) for stem, word in words.items()]
    details = [word for word in analyzer.details(text) if word not in words.values()]
    return plain + [
        # Of "AB-10" the last is ab10, too, and of "ab10" 10.
        Term(word, analyzer.stem(word), is_detail=True, is_last=word.endswith(last) or last.endswith(word))
        for word in details
    ]


def _worth(view: View, term: Term) -> NDArray[np.uint8]:
    worth = np.zeros(len(view.items.live), np.uint8)
    for segment in view.lexicon.segments:
        for value, span in term.places(segment):
            worth[segment.held_by(span)] = value
    return worth


def _spoken(view: View, term: Term, wanted: NDArray[np.bool_]) -> dict[int, str]:
    """The wanted rows that match a term, and the word to name it by."""
    said: dict[int, str] = {}
    for segment in view.lexicon.segments:
        for value, span in term.places(segment):
            for row, word in segment.words_of(span, wanted):
                said[row] = term.word if value == EXACT else word
    return said
