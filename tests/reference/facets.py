"""What a facet shows of a set of items. Owns counting, spelling and bins; which set it is, results.py says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.reference.values import Item, Types, known, written

BINS = 10


@dataclass(frozen=True, slots=True)
class Counting:
    """The facets that are asked for: how many values at most, and in which mode."""

    fields: tuple[str, ...]
    mode: str = "shown"
    limit: int = 1_000


def values(items: Sequence[Item], shelf: Sequence[Item], field: str, types: Types) -> list[dict[str, Any]]:
    """Each value among `items` with its count, in the spelling of most of the `shelf`: all published items."""
    counts = Counter(value for item in items for value in set(known(item, field, types)))
    spelled = spellings(shelf, field, types)
    return [
        {"value": spelled[value], "count": count}
        for value, count in sorted(counts.items(), key=lambda counted: (-counted[1], counted[0]))
    ]


def spellings(shelf: Sequence[Item], field: str, types: Types) -> dict[Any, Any]:
    """How most items write each value; of equally many the smallest by code point. An item has one vote."""
    seen: dict[Any, Counter[Any]] = {}
    for item in shelf:
        own = zip(known(item, field, types), written(item, field), strict=True)
        for value, spelling in dict(reversed(list(own))).items():  # of one value in two spellings, the first
            seen.setdefault(value, Counter())[spelling] += 1
    return {value: min(spelled, key=lambda each: (-spelled[each], each)) for value, spelled in seen.items()}


def edges(low: Any, high: Any) -> list[Any]:
    """The eleven ends of ten equal bins; of one bin, when there is but one value."""
    if low == high:
        return [low, high]
    return [low + (high - low) * tenth / BINS for tenth in range(BINS)] + [high]


def counts(numbers: Sequence[Sequence[Any]], ends: Sequence[Any]) -> list[int]:
    """How many items have a value in each bin; a value is in the last whose lower end it reaches."""
    if not ends:
        return []
    counted = [0] * (len(ends) - 1)
    for own in numbers:
        reached = {max(place for place, end in enumerate(ends[:-1]) if value >= end or place == 0) for value in own}
        for place in reached:
            counted[place] += 1
    return counted
