"""The field register as one transaction sees it: opened before items are locked, saved with what is new.

What a value's type is, and which names may be a field's, is fields.py's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.catalogues import hold_catalogue
from catalogue.database import insert_into, now
from catalogue.fields import MOST_FIELDS, check_type, no_room, pointer_to, type_of
from catalogue.states import FieldType


class Register:
    """The types of some fields. `new` are those that values were the first to have, in this transaction.

    Args:
        room: how many there may be of those.
    """

    def __init__(self, types: Mapping[str, FieldType], room: int = 0) -> None:
        self._types = dict(types)
        self._room = room
        self.new: dict[str, FieldType] = {}

    def admit(self, attributes: Mapping[str, Any]) -> None:
        """Check values against their fields; a field seen for the first time gets its type. All or none of them.

        Raises:
            InvalidInput: a reserved or unusable name, a value of no type, or more fields than there may be.
            FieldTypeMismatch: a value of another type than its field's.
        """
        kinds = {name: type_of(name, value) for name, value in attributes.items() if value is not None}
        known = {name: kind for name, kind in kinds.items() if kind is not None}
        for name, kind in known.items():
            check_type(name, attributes[name], kind, self._types.get(name, kind))
        new = {name: kind for name, kind in known.items() if name not in self._types}
        if new and len(self.new) + len(new) > self._room:
            name = next(iter(new))
            raise no_room(name, pointer_to(name))
        self._types |= new
        self.new |= new

    def save(self, session: Session, catalogue_id: UUID) -> bool:
        """Add the new fields. False when another writer was first with one of them, whose type may be another."""
        if not self.new:
            return True
        at = now(session)
        rows = [  # by name: of two writers with the same fields neither waits for the other in a circle
            {"catalogue_id": catalogue_id, "name": name, "type": kind, "declared": False, "created_at": at}
            for name, kind in sorted(self.new.items())
        ]
        statement = insert_into(session, models.Field).on_conflict_do_nothing().returning(models.Field.name)
        return len(session.scalars(statement, rows).all()) == len(rows)


def open_register(session: Session, catalogue_id: UUID, names: Collection[str]) -> Register:
    """The fields of these names, for who is about to write attributes. No field is converted before this transaction
    ends.

    Call it before an item is locked: a conversion has the catalogue before it takes items.
    """
    hold_catalogue(session, catalogue_id)
    field = models.Field
    kept = [name for name in names if name.isprintable()]  # PostgreSQL takes no NUL, not even to look for it
    named = select(field.name, field.type).where(field.catalogue_id == catalogue_id, field.name.in_(kept))
    types = dict(session.execute(named).all())
    return Register(types, 0 if types.keys() >= set(names) else room_for_fields(session, catalogue_id))


def room_for_fields(session: Session, catalogue_id: UUID) -> int:
    """How many fields more the catalogue may have. Writers who ask at once may go beyond it by some."""
    field = models.Field
    count = session.scalar(select(func.count()).select_from(field).where(field.catalogue_id == catalogue_id))
    return MOST_FIELDS - (count or 0)
