"""Strings by number, as written and folded, shared by the generations of a column. Owns numbers and their order."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from indexing.tokens import fold

SORTED_BY = 128  # characters: a position in a sorted list has to fit into a cursor
SMALLEST = 16
ENTRY_BYTES = 130  # a string, its place in a list and in a dictionary


@dataclass(frozen=True, slots=True)
class Order:
    """The folded strings in order: `ranks` by fold number; `sort_keys` are equal where the first 128 letters are."""

    folded: list[str]
    ranks: NDArray[np.int32]
    starts: list[str]  # distinct first letters, ascending
    sort_keys: NDArray[np.int32]


class Spellings:
    """Append-only: a number never means another string, so readers need no lock. One thread adds at a time."""

    __slots__ = ("_fold_numbers", "_fold_of", "_folded", "_numbers", "_order", "_texts")

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._texts: list[str] = []
        self._fold_numbers: dict[str, int] = {}
        self._folded: list[str] = []
        self._fold_of = np.zeros(SMALLEST, np.int32)
        self._order: Order | None = None

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, text: str) -> int:
        """The number of a spelling, a new one if it has none."""
        number = self._numbers.get(text)
        if number is not None:
            return number
        folded = fold(text)
        fold_number = self._fold_numbers.setdefault(folded, len(self._folded))
        if fold_number == len(self._folded):
            self._folded.append(text if folded == text else folded)
        number = len(self._texts)
        if number == len(self._fold_of):
            self._fold_of = np.concatenate([self._fold_of, np.zeros(number, np.int32)])
        self._fold_of[number] = fold_number
        self._texts.append(text)
        self._numbers[text] = number
        return number

    def text(self, number: int) -> str:
        return self._texts[number]

    def folded(self, fold_number: int) -> str:
        return self._folded[fold_number]

    def fold_number(self, text: str) -> int | None:
        """That of a string as it compares; None when no spelling compares so."""
        return self._fold_numbers.get(fold(text))

    def fold_of(self, spellings: int) -> NDArray[np.int32]:
        """The fold numbers of the first so many spellings."""
        return self._fold_of[:spellings]

    def order(self, spellings: int) -> Order:
        """Of the first so many spellings, as one generation has them; the last one that was made is kept."""
        folds = int(self._fold_of[:spellings].max(initial=-1)) + 1
        order = self._order
        if order is None or len(order.folded) != folds:
            order = self._order = _ordered(self._folded[:folds])
        return order

    @property
    def size_bytes(self) -> int:
        return ENTRY_BYTES * (len(self._texts) + len(self._folded)) + self._fold_of.nbytes


def _ordered(folded: list[str]) -> Order:
    places = sorted(range(len(folded)), key=folded.__getitem__)
    ranks = np.empty(len(folded), np.int32)
    ranks[places] = np.arange(len(folded), dtype=np.int32)
    in_order = [folded[place] for place in places]
    starts = [text[:SORTED_BY] for text in in_order]
    is_new = np.array([True, *(before != after for before, after in pairwise(starts))][: len(starts)], np.bool_)
    keys = np.empty(len(folded), np.int32)
    keys[places] = np.cumsum(is_new, dtype=np.int32) - 1
    distinct = [start for start, new in zip(starts, is_new.tolist(), strict=True) if new]
    return Order(in_order, ranks, distinct, keys)


def rank_span(order: Order, low: str | None, high: str | None, *, closed: tuple[bool, bool]) -> tuple[int, int]:
    """First and one past the last rank between two folded strings; `closed`: whether each end belongs to it."""
    first = 0
    if low is not None:
        first = (bisect_left if closed[0] else bisect_right)(order.folded, low)
    last = len(order.folded)
    if high is not None:
        last = (bisect_right if closed[1] else bisect_left)(order.folded, high)
    return first, last


def key_among(order: Order, text: str) -> float:
    """Where a folded string stands among the sort keys: between two of them when it is none of its own."""
    start = text[:SORTED_BY]
    place = bisect_left(order.starts, start)
    return float(place) if place < len(order.starts) and order.starts[place] == start else place - 0.5
