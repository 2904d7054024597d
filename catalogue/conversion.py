"""A value as another type's: what a string, number, boolean or list can be read as. Pure; rows are declaring.py's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from catalogue.dates import to_microseconds
from catalogue.fields import LARGEST, LISTS
from catalogue.states import FieldType

ELEMENTS: Mapping[FieldType, FieldType] = MappingProxyType({whole: element for element, whole in LISTS.items()})

_NUMBER = re.compile(r"[+-]?\d+(?P<rest>(?:\.\d+)?(?:[eE][+-]?\d+)?)", re.ASCII)
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def converted(value: Any, wanted: FieldType) -> Any | None:
    """The value as one of the wanted type, by way of its text; None when it cannot be.

    A list is converted one by one; a list of one becomes that one, and a value a list of it.
    """
    if wanted in ELEMENTS:
        entries = [_converted(entry, ELEMENTS[wanted]) for entry in (value if isinstance(value, list) else [value])]
        return None if None in entries else entries
    if not isinstance(value, list):
        return _converted(value, wanted)
    return _converted(value[0], wanted) if len(value) == 1 else None


def _converted(value: Any, wanted: FieldType) -> str | float | bool | None:
    text = _text(value)
    return None if text is None else _READERS[wanted](text)


def _text(value: Any) -> str | None:
    """As people write it: 42 for 42.0, and no exponent."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float() if abs(value) <= LARGEST:
            return str(int(value)) if value == int(value) else f"{Decimal(repr(value)):f}"
        case str():
            return value
        case _:
            return None


def _string(text: str) -> str:
    return text


def _number(text: str) -> float | None:
    parts = _NUMBER.fullmatch(text.strip())
    if parts is None:
        return None
    number = float(parts[0])
    if not number.is_integer():  # infinity is none
        return number if abs(number) <= LARGEST else None
    whole = int(number) if parts["rest"] else int(Decimal(parts[0]))  # not int(): it takes some thousand digits only
    return whole if abs(whole) <= LARGEST else None


def _boolean(text: str) -> bool | None:
    return _BOOLEANS.get(text.strip().casefold())


def _date(text: str) -> str | None:
    written = text.strip()
    return None if to_microseconds(written) is None else written


_READERS: Mapping[FieldType, Callable[[str], str | float | bool | None]] = MappingProxyType(
    {
        FieldType.STRING: _string,
        FieldType.NUMBER: _number,
        FieldType.BOOLEAN: _boolean,
        FieldType.DATE: _date,
    }
)
