"""The result set of a search, in its order. Owns threshold, groups, sorts and facet modes; takes scores as given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.reference.filters import Tree, passes, without
from tests.reference.values import Item, Types, known, moment

LONGEST_KEY = 128


@dataclass(frozen=True, slots=True)
class Field:
    """A sort by a field's values."""

    name: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A search but for its text. `sort` is a field's, or the word "relevance" or "newest"."""

    filter: Tree | None = None
    threshold: float | None = None  # None cuts nothing
    by_group: bool = False
    sort: str | Field = "relevance"


@dataclass(frozen=True, slots=True)
class Shelf:
    """The published items, best first for some query, with their confidence in it."""

    items: Sequence[Item]
    types: Types
    confidence: Mapping[str, float]  # by sku; of an empty query, none

    def chosen(self, asked: Asked) -> list[Item]:
        """The set, best first."""
        kept = [
            item
            for item in self.items
            if (asked.filter is None or passes(asked.filter, item, self.types))
            and (asked.threshold is None or self.confidence[item["sku"]] >= asked.threshold)
        ]
        return _best_of_groups(kept) if asked.by_group else kept

    def ordered(self, asked: Asked) -> list[str]:
        """The skus of the set, as they are shown."""
        chosen = self.chosen(asked)
        if asked.sort == "newest":
            chosen = newest_first(chosen)
        elif isinstance(asked.sort, Field):
            chosen = self._by_value(chosen, asked.sort)
        return [item["sku"] for item in chosen]

    def alternatives(self, asked: Asked, field: str) -> list[Item]:
        """The set that a facet of the mode `alternatives` counts for this field."""
        return self.chosen(replace(asked, filter=without(asked.filter, field)))

    def _by_value(self, items: Sequence[Item], by: Field) -> list[Item]:
        by_id = sorted(items, key=lambda item: item["id"])
        valued = [item for item in by_id if known(item, by.name, self.types)]
        missing = [item for item in by_id if not known(item, by.name, self.types)]
        return sorted(valued, key=lambda item: self._key(item, by.name), reverse=by.descending) + missing

    def _key(self, item: Item, field: str) -> Any:
        (value,) = known(item, field, self.types)
        return value[:LONGEST_KEY] if isinstance(value, str) else value


def newest_first(items: Sequence[Item]) -> list[Item]:
    return sorted(items, key=lambda item: (moment(item["created_at"]), item["id"]), reverse=True)


def _best_of_groups(items: Sequence[Item]) -> list[Item]:
    """The first of each group; items of none stay apart."""
    met: set[str] = set()
    kept = []
    for item in items:
        if item["group"] in met:
            continue
        if item["group"] is not None:
            met.add(item["group"])
        kept.append(item)
    return kept
