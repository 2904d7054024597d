"""What an item says in a field, as plain comparable values. Owns folding, dates and prices; compares nothing itself."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Item = Mapping[str, Any]  # the reserved fields by name, `id`, and `attributes`
Types = Mapping[str, str]  # "string", "number", "boolean", "date" or "price"; of a list, that of its elements
RESERVED = {
    "sku": "string",
    "title": "string",
    "price": "price",
    "available": "boolean",
    "published": "boolean",
    "group": "string",
    "created_at": "date",
    "caption": "string",
}


def fold(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def written(item: Item, field: str) -> list[Any]:
    """The field's values as the merchant wrote them; none when it is missing, null or an empty list."""
    value = item[field] if field in RESERVED else item["attributes"].get(field)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def known(item: Item, field: str, types: Types) -> list[Any]:
    """The same as they compare."""
    return [comparable(value, types[field]) for value in written(item, field)]


def comparable(value: Any, of_type: str) -> Any:
    """A field's value, or a filter's literal, as what `<` and `==` of Python compare rightly."""
    match of_type:
        case "string":
            return fold(value)
        case "price":
            return Decimal(str(value))
        case "number":
            return float(value)
        case "date":
            return moment(value)
        case _:
            return value


def moment(text: str) -> datetime:
    """An RFC 3339 full-date is its midnight in UTC."""
    if len(text) == len("2026-01-31"):
        text += "T00:00:00Z"
    return datetime.fromisoformat(text).astimezone(UTC)
