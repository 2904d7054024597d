"""The result set in plain Python, from the contract's words: what filters, sorts, groups, pages and facets must give.

What a text is worth to an item is taken from `match`, of a view that holds nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cmp_to_key, partial
from typing import Any
from uuid import UUID

import numpy as np

from catalogue.dates import to_microseconds
from catalogue.states import FieldType, Space
from indexing.confidence import GUESSED
from indexing.fusion import Weights
from indexing.matching import match
from indexing.queries import Facet, PhotoQuery, RangeFacet, TextQuery, ValueFacet
from indexing.tokens import fold
from tests.unit.indexing.shelf import START, ShelfItem, ShelfPhoto, Vector, unit, view_of

WEIGHTS = Weights()
TYPES = {
    "colour": FieldType.STRING, "tags": FieldType.STRINGS, "size": FieldType.NUMBER, "sale": FieldType.BOOLEAN,
    "made": FieldType.DATE, "title": FieldType.STRING, "sku": FieldType.STRING, "price": FieldType.NUMBER,
    "available": FieldType.BOOLEAN, "group": FieldType.STRING, "created_at": FieldType.DATE,
    "widths": FieldType.NUMBERS,
}  # fmt: skip
FIELDS = {name: TYPES[name] for name in ("colour", "tags", "size", "sale", "made", "widths")}


@dataclass(frozen=True)
class Question:
    text: str
    vector: Vector
    of_photo: bool

    @property
    def compares(self) -> bool:
        return self.of_photo or bool(self.text.strip())

    @property
    def query(self) -> TextQuery | PhotoQuery:
        vector = unit(*self.vector)
        return PhotoQuery(vector) if self.of_photo else TextQuery(self.text, vector, vector)


@dataclass(frozen=True)
class Part:
    """A top-level condition of a filter: its text, the fields that it names, and who passes."""

    text: str
    names: frozenset[str]
    passes: Callable[[ShelfItem], bool]


@dataclass(frozen=True)
class Found:
    item: ShelfItem
    confidence: float | None
    score: float
    photo: UUID | None


def value_of(item: ShelfItem, name: str) -> Any:
    """As columns keep it: dates in µs, the price in cents; an empty list is no value."""
    reserved: dict[str, Any] = {
        "price": item.price, "available": item.available, "group": item.group, "sku": item.sku,
        "title": "\n".join(item.texts), "created_at": round(START.timestamp() + item.created_s) * 10**6,
    }  # fmt: skip
    value = reserved[name] if name in reserved else item.attributes.get(name)
    if name == "made" and value is not None:
        return to_microseconds(value)
    return None if value == [] else value


def judge(item: ShelfItem, question: Question) -> Found:
    scored = sorted((-_photo_score(each, question), each.position, each.id) for each in item.photos)
    best, shown = (-scored[0][0], scored[0][2]) if scored else (0.0, None)
    if not question.compares:
        return Found(item, None, 0.0, shown)
    if question.of_photo:
        return Found(item, float(GUESSED.photo(np.array([best]))[0]), best, shown)
    lexical = match(view_of(item), question.text)
    score = round(best + float(WEIGHTS.beside(lexical.share, np.array([best]))[0]), 5)
    confidence = float(GUESSED.text(np.array([score]))[0])
    if lexical.holds_all[0]:
        confidence = max(confidence, GUESSED.threshold)
    if fold(item.sku) == fold(question.text.strip()):
        confidence = 1.0
    return Found(item, confidence, score, shown)


def _photo_score(photo: ShelfPhoto, question: Question) -> float:
    if not question.compares:
        return 0.0
    if question.of_photo:
        return _cosine(photo.vectors, Space.LOOK, question)
    meaning, words = (_cosine(photo.vectors, space, question) for space in (Space.MEANING, Space.WORDS))
    return round(WEIGHTS.meaning * meaning + WEIGHTS.words * words, 5)


def _cosine(vectors: Mapping[Space, Vector], space: Space, question: Question) -> float:
    if space not in vectors:
        return 0.0
    return round(float(unit(*vectors[space]).astype(np.float64) @ unit(*question.vector).astype(np.float64)), 5)


class Oracle:
    """All answers to one question about a shelf."""

    def __init__(self, shelf: Iterable[ShelfItem], question: Question) -> None:
        self.compares = question.compares
        self.judged = [judge(item, question) for item in shelf if item.published]
        self.judged.sort(key=_relevance if self.compares else _newest)

    def result_set(self, parts: Sequence[Part], least: float, *, by_group: bool) -> list[Found]:
        """By relevance."""
        kept = [
            found for found in self.judged
            if (found.confidence is None or found.confidence >= least)
            and all(part.passes(found.item) for part in parts)
        ]  # fmt: skip
        groups: set[str] = set()
        alone = []
        for found in kept:
            if not by_group or found.item.group is None or found.item.group not in groups:
                alone.append(found)
            if found.item.group is not None:
                groups.add(found.item.group)
        return alone

    def in_order(self, found: list[Found], sort: str) -> list[Found]:
        if sort == "relevance":
            return found
        if sort == "newest":
            return sorted(found, key=_newest)
        return sorted(found, key=cmp_to_key(partial(_compared, sort)))


def _relevance(found: Found) -> tuple[float, float, UUID]:
    return -(found.confidence or 0.0), -found.score, found.item.id


def _newest(found: Found) -> tuple[int, int]:
    return -found.item.created_s, -found.item.id.int


def _compared(sort: str, one: Found, other: Found) -> int:
    sign, name = (-1, sort[1:]) if sort.startswith("-") else (1, sort)
    mine, its = (_sorted_by(value_of(found.item, name)) for found in (one, other))
    if mine == its:
        return -1 if one.item.id < other.item.id else 1
    if mine is None or its is None:
        return 1 if mine is None else -1
    return sign * (-1 if mine < its else 1)


def _sorted_by(value: Any) -> Any:
    return fold(value)[:128] if isinstance(value, str) else value


def facet(shelf: Iterable[ShelfItem], found: Iterable[ShelfItem], name: str, limit: int) -> Facet:
    own = [distinct(item, name) for item in found]
    kind = {FieldType.STRINGS: FieldType.STRING, FieldType.NUMBERS: FieldType.NUMBER}.get(TYPES[name], TYPES[name])
    if kind in {FieldType.NUMBER, FieldType.DATE}:
        return _histogram(kind, own)
    counts = Counter(key for keys in own for key in keys)
    spelled = _spellings(shelf, name)
    ordered = sorted(counts, key=lambda key: (-counts[key], key))[:limit]
    return ValueFacet(kind, tuple((spelled.get(key, key), counts[key]) for key in ordered))


def distinct(item: ShelfItem, name: str) -> set[Any]:
    value = value_of(item, name)
    values = value if isinstance(value, list) else [] if value is None else [value]
    return {fold(one) if isinstance(one, str) else one for one in values}


def _spellings(shelf: Iterable[ShelfItem], name: str) -> dict[str, str]:
    """Of each folded string its commonest spelling among published items, of equally common ones the smallest."""
    counts: Counter[str] = Counter()
    for item in shelf:
        value = value_of(item, name)
        if item.published and value is not None:
            first = {fold(one): one for one in reversed(value if isinstance(value, list) else [value]) if _text(one)}
            counts.update(first.values())
    best: dict[str, str] = {}
    for spelling in sorted(counts, key=lambda one: (-counts[one], one)):
        best.setdefault(fold(spelling), spelling)
    return best


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _histogram(kind: FieldType, own: list[set[Any]]) -> RangeFacet:
    values = [value for values in own for value in values]
    if not values:
        return RangeFacet(kind, None, None, ())
    low, high = min(values), max(values)
    bins = 1 if low == high else 10
    edges = [low + (high - low) * step / 10 for step in range(bins)] + [high]
    if low == high:
        return RangeFacet(kind, low, high, ((low, high, len([each for each in own if each])),))
    owners = [{max(step for step in range(10) if value >= edges[step]) for value in each} for each in own]
    counts = [sum(step in each for each in owners) for step in range(10)]
    return RangeFacet(kind, low, high, tuple((edges[step], edges[step + 1], counts[step]) for step in range(10)))
