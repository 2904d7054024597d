"""Which items hold a word: postings over item rows, by surface word. Splitting text into words is tokens.py's.

An item is found by its own words alone. Stems only lead to them: a prefix or a typo that met the spelling of another
item would make a score depend on what else the shop sells.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from indexing.tokens import is_letters

Rows = NDArray[np.int32]
Span = tuple[int, int]  # of a segment's sorted words: the first, and the one after the last
WORD_BYTES = 85  # a short string, and its places in two lists
STEM_BYTES = 200  # its places in two dictionaries, and the stem
MERGED_AT = 4  # a segment takes in the one behind it once that is a quarter of it
KEPT = 256  # words of queries whose neighbours a segment remembers
AFTER_ALL = "\U0010ffff"  # is in no word


@dataclass(frozen=True)
class Segment:
    """Sorted `words`, and the item rows that hold each: word `i` has `rows[offsets[i] : offsets[i + 1]]`, ascending.

    `stems` has the stem of each word that is not its own stem.
    """

    words: Sequence[str]
    offsets: NDArray[np.int64]
    rows: Rows
    stems: Mapping[str, str]

    def holding(self, stem: str) -> list[Span]:
        """The words that have this stem."""
        number = bisect_left(self.words, stem)
        is_own = self.words[number : number + 1] == [stem] and stem not in self.stems
        return [*([(number, number + 1)] if is_own else []), *self._inflected.get(stem, ())]

    def starting(self, prefix: str) -> Span:
        """The words that begin with `prefix`."""
        return bisect_left(self.words, prefix), bisect_left(self.words, prefix + AFTER_ALL)

    def resembling(self, form: str) -> list[Span]:
        """The words that are, or whose stem is, at most one letter put in, left out, changed or swapped from `form`."""
        return self._resembling(form)

    def held_by(self, span: Span) -> Rows:
        """The rows that hold a word of `span`; one that holds several is named as often."""
        return self.rows[self.offsets[span[0]] : self.offsets[span[1]]]

    def words_of(self, span: Span, wanted: NDArray[np.bool_]) -> list[tuple[int, str]]:
        """The `wanted` rows (a mask) that hold a word of `span`, each with that word."""
        places = np.flatnonzero(wanted[self.held_by(span)]) + self.offsets[span[0]]
        numbers = np.searchsorted(self.offsets, places, side="right") - 1
        return [(int(self.rows[place]), self.words[number]) for place, number in zip(places, numbers, strict=True)]

    @property
    def size_bytes(self) -> int:
        """Roughly: the arrays, and what Python keeps of words and stems."""
        return self.offsets.nbytes + self.rows.nbytes + WORD_BYTES * len(self.words) + STEM_BYTES * len(self.stems)

    @cached_property
    def _inflected(self) -> Mapping[str, list[Span]]:
        """The words that are forms of a stem, other than the stem itself."""
        found: dict[str, list[Span]] = defaultdict(list)
        for word, stem in self.stems.items():
            number = bisect_left(self.words, word)
            found[stem].append((number, number + 1))
        return dict(found)

    @cached_property
    def _forms(self) -> Mapping[int, list[str]]:
        """Words and stems of letters alone, by length: numbers have no typos."""
        found: dict[int, list[str]] = defaultdict(list)
        for form in {*self.words, *self.stems.values()}:
            if is_letters(form):
                found[len(form)].append(form)
        return dict(found)

    @cached_property
    def _resembling(self) -> Callable[[str], list[Span]]:
        return lru_cache(KEPT)(self._search_resembling)

    def _search_resembling(self, form: str) -> list[Span]:
        spans: set[Span] = set()
        for length in range(len(form) - 1, len(form) + 2):
            forms = self._forms.get(length)
            if not forms:
                continue
            distances = process.cdist([form], forms, scorer=OSA.distance, score_cutoff=1, dtype=np.uint8)[0]
            for near in np.flatnonzero(distances <= 1):
                spans.update(self._spelled(forms[near]))
        return sorted(spans)

    def _spelled(self, form: str) -> list[Span]:
        """The words that are, or whose stem is, `form`."""
        number = bisect_left(self.words, form)
        is_word = self.words[number : number + 1] == [form]
        return [*([(number, number + 1)] if is_word else []), *self._inflected.get(form, ())]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Append-only: a row's words never change, masks hide the row instead. Each row is in one segment."""

    segments: tuple[Segment, ...] = ()

    @property
    def size_bytes(self) -> int:
        return sum(segment.size_bytes for segment in self.segments)

    def with_rows(self, first_row: int, held: Sequence[Mapping[str, str]]) -> Lexicon:
        """A lexicon that also knows row `first_row + i`, with the words `held[i]` and the stem of each; rows must come
        after all known ones.

        Segments are merged so that each is at least four times the next: there are few, and a row is copied a bounded
        number of times while the catalogue doubles.
        """
        segments = [*self.segments, _segment(first_row, held)]
        while len(segments) > 1 and len(segments[-2].rows) < MERGED_AT * len(segments[-1].rows):
            segments[-2:] = [_merged(segments[-2], segments[-1])]
        return Lexicon(tuple(segment for segment in segments if segment.words))


def _segment(first_row: int, held: Sequence[Mapping[str, str]]) -> Segment:
    rows: dict[str, list[int]] = {}
    stems: dict[str, str] = {}
    for row, own in enumerate(held, first_row):
        for word, stem in own.items():
            rows.setdefault(word, []).append(row)
            if stem != word:
                stems[word] = stem
    words = sorted(rows)
    offsets = np.zeros(len(words) + 1, np.int64)
    np.cumsum([len(rows[word]) for word in words], out=offsets[1:])
    flat = chain.from_iterable(rows[word] for word in words)
    return Segment(words, offsets, np.fromiter(flat, np.int32, offsets[-1]), stems)


def _merged(one: Segment, other: Segment) -> Segment:
    """Both in one; the rows of `other` come after those of `one`."""
    words = sorted({*one.words, *other.words})
    numbers = {word: number for number, word in enumerate(words)}
    owners = [np.repeat([numbers[word] for word in each.words], np.diff(each.offsets)) for each in (one, other)]
    owner = np.concatenate(owners)
    order = np.argsort(owner, kind="stable")  # stable: rows stay ascending within a word
    offsets = np.zeros(len(words) + 1, np.int64)
    np.cumsum(np.bincount(owner, minlength=len(words)), out=offsets[1:])
    rows = np.concatenate([one.rows, other.rows])[order]
    return Segment(words, offsets, rows, {**one.stems, **other.stems})
