"""The words of an item: which of its texts are searched, and digests that say whether they changed. Reads no row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from catalogue.states import FieldType
from indexing.ids import Pairs, text_pairs
from indexing.loading import ItemRead

Types = Mapping[str, FieldType]


def texts(item: ItemRead, types: Types) -> tuple[str, ...]:
    """Title, sku, the strings among its attributes (a date is only written as one), and its captions."""
    return (item.title, item.sku, *(text for _, text in _strings(item.attributes, types)), *item.captions)


def own_digests(items: Sequence[ItemRead], types: Types) -> Pairs:
    """Of what merchants write: equal where the same texts stand in the same fields. A sku never changes."""
    return text_pairs(_joined(item, types) for item in items)


def caption_digests(items: Sequence[ItemRead]) -> Pairs:
    return text_pairs("\0".join(item.captions) for item in items)


def _joined(item: ItemRead, types: Types) -> str:
    # With names: whoever moves a word from one field to another has changed what both columns hold.
    # A list's order counts: of values that compare equal a column keeps the first.
    named = sorted(_strings(item.attributes, types), key=itemgetter(0))
    return "\0".join([item.title, *chain.from_iterable(named)])


def _strings(attributes: Mapping[str, Any], types: Types) -> list[tuple[str, str]]:
    """Names and texts."""
    found: list[tuple[str, str]] = []
    for name, value in attributes.items():
        if isinstance(value, str):
            if types.get(name) is not FieldType.DATE:
                found.append((name, value))
        elif isinstance(value, list):
            found += [(name, part) for part in value if isinstance(part, str)]
    return found
