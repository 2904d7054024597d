"""Fields' names, types and values: what an attribute may be. Reads no row; the register itself is register.py's."""

from __future__ import annotations

import unicodedata
from typing import Any

from catalogue import dates
from catalogue.errors import FieldTypeMismatch, InvalidInput
from catalogue.states import FieldType
from catalogue.words import is_storable

MOST_ATTRIBUTES = 64
MOST_FIELDS = 1_000  # of a catalogue: each is a column of every view, as long as the catalogue
LONGEST_NAME = 128
LONGEST_VALUE = 10_000
LONGEST_SHOWN = 100  # of a refused value, in the answer
LARGEST = 2**53  # of numbers: JSON readers keep no larger one exactly
RESERVED = frozenset({"sku", "title", "price", "available", "published", "group", "created_at", "caption"})
LISTS = {
    FieldType.STRING: FieldType.STRINGS,
    FieldType.NUMBER: FieldType.NUMBERS,
    FieldType.BOOLEAN: FieldType.BOOLEANS,
}


def fits(name: str, value: Any, wanted: FieldType) -> bool:
    """Whether a value is of its field's type, or of none yet (an empty list)."""
    kind = type_of(name, value)
    if wanted is FieldType.DATE and kind is FieldType.STRING:
        return dates.to_microseconds(value) is not None
    return kind is None or kind is wanted


def check_type(name: str, value: Any, kind: FieldType, wanted: FieldType) -> None:
    """Raises FieldTypeMismatch, which names field, type and value, unless a value of type `kind` fits its field."""
    if kind is not wanted and not fits(name, value, wanted):
        form = f" such as {dates.FORM}" if wanted is FieldType.DATE else ""
        raise FieldTypeMismatch.at(
            pointer_to(name),
            f"The field {name!r} holds a {wanted.value}, and {shown(value)} is a {kind.value}. "
            f"Write a {wanted.value}{form}, or use another field.",
        )


def shown(value: Any) -> str:
    """A value that is refused, as the answer repeats it."""
    whole = repr(value)
    return whole if len(whole) <= LONGEST_SHOWN else f"{whole[:LONGEST_SHOWN]}…"


def check_name(name: str, pointer: str) -> None:
    """Raises InvalidInput for what cannot be an attribute's name."""
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable() or name != unicodedata.normalize("NFC", name):
        detail = f"A field's name has 1 to {LONGEST_NAME} printable characters in NFC, not {shown(name)}."
        raise InvalidInput.at(pointer, detail)
    if name in RESERVED:
        raise InvalidInput.at(pointer, f"{name!r} is a field of every item; attributes need another name.")


def no_room(name: str, pointer: str) -> InvalidInput:
    """For a field beyond the limit."""
    return InvalidInput.at(
        pointer,
        f"The catalogue has {MOST_FIELDS:,} fields, the most there may be, and {name!r} would be another one. "
        "Use one that there is.",
    )


def type_of(name: str, value: Any) -> FieldType | None:
    """The type of a value; None for an empty list, which says nothing of its type yet."""
    check_name(name, pointer_to(name))
    if isinstance(value, list):
        inner = {_scalar(name, entry) for entry in value}
        if len(inner) > 1:
            raise InvalidInput.at(
                pointer_to(name), f"The list of {name!r} mixes types; a list holds values of one type."
            )
        return LISTS[inner.pop()] if inner else None
    return _scalar(name, value)


def _scalar(name: str, value: Any) -> FieldType:
    match value:
        case bool():
            return FieldType.BOOLEAN
        case int() | float() if abs(value) <= LARGEST:  # NaN and infinity are not
            return FieldType.NUMBER
        case str() if len(value) <= LONGEST_VALUE and is_storable(value):
            return FieldType.STRING
        case _:
            raise InvalidInput.at(
                pointer_to(name),
                f"The value of {name!r} must be a string (up to {LONGEST_VALUE} characters), a number, true or false, "
                "or a list of one of these.",
            )


def pointer_to(name: str) -> str:
    """An attribute's place in a body."""
    return "/attributes/" + name.replace("~", "~0").replace("/", "~1")
