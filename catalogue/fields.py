"""The field register: a field's type is fixed by its first value. Owns attribute rules; the routes for fields wait."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.database import insert_into, now
from catalogue.errors import FieldTypeMismatch, InvalidInput
from catalogue.states import FieldType
from catalogue.words import is_storable

MOST_ATTRIBUTES = 64
LONGEST_NAME = 128
LONGEST_VALUE = 10_000
LONGEST_SHOWN = 100  # of a refused value, in the answer
RESERVED = frozenset({"sku", "title", "price", "available", "published", "group", "created_at", "caption"})
LISTS = {
    FieldType.STRING: FieldType.STRINGS,
    FieldType.NUMBER: FieldType.NUMBERS,
    FieldType.BOOLEAN: FieldType.BOOLEANS,
}


def register_attributes(session: Session, catalogue_id: UUID, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Check `attributes` against the register, adding fields seen for the first time; returns them without nulls.

    Raises:
        InvalidInput: too many, a reserved or unusable name, or a value of no type.
        FieldTypeMismatch: a value of another type than its field's; names field, type and value.
    """
    present = {name: value for name, value in attributes.items() if value is not None}
    if len(present) > MOST_ATTRIBUTES:
        raise InvalidInput.at("/attributes", f"{len(present)} attributes; the limit is {MOST_ATTRIBUTES}.")
    types = {name: type_of(name, value) for name, value in present.items()}
    registered = _registered(session, catalogue_id, list(types))
    new = {name: kind for name, kind in types.items() if name not in registered and kind is not None}
    if new:
        at = now(session)
        rows = [
            {"catalogue_id": catalogue_id, "name": name, "type": kind, "declared": False, "created_at": at}
            for name, kind in sorted(new.items())
        ]
        session.execute(insert_into(session, models.Field).on_conflict_do_nothing(), rows)
        registered |= _registered(session, catalogue_id, list(new))  # another writer may have been first
    for name, kind in types.items():
        if name in registered and kind is not None:
            _check(name, present[name], kind, registered[name])
    return present


def _registered(session: Session, catalogue_id: UUID, names: list[str]) -> dict[str, FieldType]:
    rows = session.execute(
        select(models.Field.name, models.Field.type).where(
            models.Field.catalogue_id == catalogue_id, models.Field.name.in_(names)
        )
    )
    return dict(rows.all())


def fits(name: str, value: Any, wanted: FieldType) -> bool:
    """Whether a value is of its field's type, or of none yet (an empty list)."""
    kind = type_of(name, value)
    if wanted is FieldType.DATE and kind is FieldType.STRING:
        return _is_date(value)
    return kind is None or kind is wanted


def _check(name: str, value: Any, kind: FieldType, wanted: FieldType) -> None:
    if not fits(name, value, wanted):
        shown = repr(value) if len(repr(value)) <= LONGEST_SHOWN else f"{repr(value)[:LONGEST_SHOWN]}…"
        raise FieldTypeMismatch.at(
            _pointer(name),
            f"The field {name!r} holds a {wanted.value}, and {shown} is a {kind.value}. "
            f"Write a {wanted.value}, or use another field.",
        )


def type_of(name: str, value: Any) -> FieldType | None:
    """The type of a value; None for an empty list, which says nothing of its type yet."""
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable() or name != unicodedata.normalize("NFC", name):
        raise InvalidInput.at(
            _pointer(name), f"A field's name has 1 to {LONGEST_NAME} printable characters in NFC, not {name!r}."
        )
    if name in RESERVED:
        raise InvalidInput.at(_pointer(name), f"{name!r} is a field of every item; attributes need another name.")
    if isinstance(value, list):
        inner = {_scalar(name, entry) for entry in value}
        if len(inner) > 1:
            raise InvalidInput.at(_pointer(name), f"The list of {name!r} mixes types; a list holds values of one type.")
        return LISTS[inner.pop()] if inner else None
    return _scalar(name, value)


def _scalar(name: str, value: Any) -> FieldType:
    match value:
        case bool():
            return FieldType.BOOLEAN
        case int() | float() if abs(value) <= 2**53:  # NaN and infinity are not
            return FieldType.NUMBER
        case str() if len(value) <= LONGEST_VALUE and is_storable(value):
            return FieldType.STRING
        case _:
            raise InvalidInput.at(
                _pointer(name),
                f"The value of {name!r} must be a string (up to {LONGEST_VALUE} characters), a number, true or false, "
                "or a list of one of these.",
            )


def _is_date(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _pointer(name: str) -> str:
    return "/attributes/" + name.replace("~", "~0").replace("/", "~1")
