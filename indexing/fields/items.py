"""Items as they were read, into the columns of their fields. Owns which value goes where, not how it is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import structlog

from catalogue import dates
from catalogue.states import FieldType
from indexing.fields import FieldColumn
from indexing.fields.kinds import empty_column, price_column
from indexing.loading import ItemRead

log = structlog.get_logger()

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
Placed = Sequence[tuple[int, ItemRead]]  # by ascending row
Entries = tuple[list[int], list[Any]]  # rows, and their values

RESERVED: Mapping[str, Callable[[ItemRead], Any]] = {
    "sku": lambda item: item.sku,
    "title": lambda item: item.title,
    "price": lambda item: item.price_minor,
    "available": lambda item: item.available,
    "published": lambda item: item.published,
    "group": lambda item: item.group,
    "created_at": lambda item: (item.created_at - EPOCH) // MICROSECOND,
    "caption": lambda item: item.captions,
}
OF_WORDS = frozenset({FieldType.STRING, FieldType.STRINGS})
QUIET = ("price", "available", "published", "group")  # may change while an item's words stay


def reserved_columns() -> dict[str, FieldColumn]:
    """Those that every item has, without rows."""
    types = {
        "sku": FieldType.STRING, "title": FieldType.STRING, "available": FieldType.BOOLEAN,
        "published": FieldType.BOOLEAN, "group": FieldType.STRING, "created_at": FieldType.DATE,
        "caption": FieldType.STRINGS,
    }  # fmt: skip
    return {"price": price_column(), **{name: empty_column(type_) for name, type_ in types.items()}}


def with_items(
    fields: Mapping[str, FieldColumn], types: Mapping[str, FieldType], edited: Placed, new: Placed, length: int
) -> dict[str, FieldColumn]:
    """Columns of `length` rows in which `new` items stand whole, and `edited` ones, whose words are as they were,
    have what else may have changed. `types`: the register."""
    missing = {name: empty_column(type_) for name, type_ in types.items() if name not in fields}
    columns = {**fields, **missing}
    entries: dict[str, Entries] = defaultdict(lambda: ([], []))
    for name, value_of in RESERVED.items():
        _take(entries[name], value_of, (*edited, *new) if name in QUIET else new)
    for name, column in columns.items():
        if name not in RESERVED and column.type not in OF_WORDS:
            _take(entries[name], partial(_attribute, name), edited)
    for row, item in new:  # not by field: an item has few of those that there are
        for name, value in item.attributes.items():
            entries[name][0].append(row)
            entries[name][1].append(value)
    return {name: _written(name, column, entries[name], length) for name, column in columns.items()}


def _attribute(name: str, item: ItemRead) -> Any:
    return item.attributes.get(name)


def _take(entries: Entries, value_of: Callable[[ItemRead], Any], items: Placed) -> None:
    rows, values = entries
    for row, item in items:
        rows.append(row)
        values.append(value_of(item))


def _written(name: str, column: FieldColumn, entries: Entries, length: int) -> FieldColumn:
    rows, values = entries
    if not rows and length == len(column):
        return column
    if name not in RESERVED:
        values = _fitting(name, column.type, values)
    return column.written(np.array(rows, np.int64), values, length)


def _fitting(name: str, type_: FieldType, values: Sequence[Any]) -> list[Any]:
    """Values of the type as its column takes them; others, which writers let none through of, are no values."""
    read = READERS[type_]
    fitting = [None if value is None else read(value) for value in values]
    misfits = sum(value is not None and fit is None for value, fit in zip(values, fitting, strict=True))
    if misfits:
        log.warning("field_values_misfit", field=name, type=type_.value, values=misfits)
    return fitting


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _date(value: Any) -> int | None:
    return dates.to_microseconds(value) if isinstance(value, str) else None


def _list_of(read: Callable[[Any], Any], value: Any) -> list[Any] | None:
    fitting = [read(entry) for entry in value] if isinstance(value, list) else [None]
    return None if None in fitting else fitting


READERS: Mapping[FieldType, Callable[[Any], Any]] = {
    FieldType.STRING: _string,
    FieldType.NUMBER: _number,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.STRINGS: partial(_list_of, _string),
    FieldType.NUMBERS: partial(_list_of, _number),
    FieldType.BOOLEANS: partial(_list_of, _boolean),
}
