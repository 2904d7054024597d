"""What merchants write of an item, and what each write makes of it: replaced, merged, compared. Pure; reads no row.

Types of attributes are register.py's, statements batches.py's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any
from uuid import UUID

from catalogue.changes import Change
from catalogue.errors import InvalidInput, NotFound
from catalogue.fields import MOST_ATTRIBUTES
from catalogue.item_rules import check_flag, check_group, check_title, check_url
from catalogue.prices import to_minor
from catalogue.states import ChangeKind


@dataclass(frozen=True, slots=True)
class ItemWrite:
    """All that a merchant writes of an item; `price` as in `prices.to_minor`."""

    title: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    url: str | None = None
    price: Any = None
    published: bool = True
    available: bool = True
    group: str | None = None


@dataclass(frozen=True, slots=True)
class ItemState:
    """The same as rows keep it: the price in minor units, no attribute that is null."""

    title: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    url: str | None = None
    price_minor: int | None = None
    published: bool = True
    available: bool = True
    group: str | None = None


WRITABLE = frozenset(part.name for part in fields(ItemWrite))
COLUMNS = tuple(part.name for part in fields(ItemState))
_UNSET = ItemWrite()


def replaced(write: ItemWrite, currency: str) -> ItemState:
    """The state that a PUT makes. Raises InvalidInput."""
    return patched(ItemState(), {name: getattr(write, name) for name in WRITABLE}, currency)


def patched(state: ItemState, patch: Mapping[str, Any], currency: str) -> ItemState:
    """The state after a merge patch (RFC 7396): null removes, attributes merge one by one.

    Only what the patch names is checked: the rest was when it was written.

    Raises:
        InvalidInput: a part that is none, or a value out of its rules.
    """
    new: dict[str, Any] = {}
    for name, value in patch.items():
        match name:
            case "attributes":
                new["attributes"] = _merged(state.attributes, value)
            case "price":
                new["price_minor"] = to_minor(value, currency)
            case _:
                new[name] = _checked(name, value)
    return replace(state, **new)


def altered(before: ItemState, after: ItemState) -> set[str]:
    """The columns that differ."""
    return {name for name in COLUMNS if getattr(before, name) != getattr(after, name)}


def changes_of(item_id: UUID, before: ItemState | None, after: ItemState | None) -> list[Change]:
    """What to read again of an item that was `before` and is `after`; None: there was, there is none."""
    if after is None:
        return [] if before is None else [Change(ChangeKind.GONE, item_id)]
    differs = set(COLUMNS) if before is None else altered(before, after)
    if not differs:
        return []
    if not after.published:
        # Hidden first for whoever shows it now; the rest is read again when it is shown.
        return [Change(ChangeKind.HIDDEN, item_id), Change(ChangeKind.ATTRIBUTES, item_id)]
    made = []
    if before is not None and "title" in differs:
        made.append(Change(ChangeKind.TEXT, item_id))
    if before is None or not before.published or differs - {"title"}:
        made.append(Change(ChangeKind.ATTRIBUTES, item_id))
    return made


def no_item(sku: str) -> NotFound:
    return NotFound(f"There is no item {sku!r} in this catalogue.")


def _checked(name: str, value: Any) -> Any:
    if name not in WRITABLE:
        raise InvalidInput.at(f"/{name}", f"{name!r} is not a part of an item that can be written.")
    value = getattr(_UNSET, name) if value is None else value
    match name:
        case "title":
            check_title(value)
        case "url":
            check_url(value)
        case "group":
            check_group(value)
        case _:
            check_flag(name, value)
    return value


def _merged(present: Mapping[str, Any], given: Any) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise InvalidInput.at("/attributes", "Attributes are an object of names and values.")
    merged = {name: value for name, value in {**present, **given}.items() if value is not None}
    if len(merged) > MOST_ATTRIBUTES:
        raise InvalidInput.at("/attributes", f"{len(merged)} attributes; the limit is {MOST_ATTRIBUTES}.")
    return merged
