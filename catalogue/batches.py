"""Writes of items, one or many in a transaction: each line is done, or fails alone, in order. Owns how lines become
few statements; what a write makes of an item is item_states.py's.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from catalogue import changes, item_rows
from catalogue.catalogues import Catalogue
from catalogue.changes import Change
from catalogue.database import plan_anew
from catalogue.errors import VersionMismatch, VitrineError
from catalogue.fields import MOST_ATTRIBUTES
from catalogue.item_rows import Held
from catalogue.item_rules import check_sku
from catalogue.item_states import ItemState, ItemWrite, changes_of, no_item, patched, replaced
from catalogue.register import Register, open_register


@dataclass(frozen=True, slots=True)
class Put:
    """Create the item, or replace what merchants write of it (never its photos)."""

    sku: str
    write: ItemWrite
    if_match: int | None = None

    @property
    def attributes(self) -> Mapping[str, Any]:
        return self.write.attributes


@dataclass(frozen=True, slots=True)
class Patch:
    """Merge `parts` into the item (RFC 7396); a missing one is made, or is not found."""

    sku: str
    parts: Mapping[str, Any]
    if_match: int | None = None
    makes_missing: bool = True

    @property
    def attributes(self) -> Mapping[str, Any] | None:
        """None: they stay as they are."""
        if "attributes" not in self.parts:
            return None
        given = self.parts["attributes"]
        return given if isinstance(given, Mapping) else {}


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove the item, its photos and all made from them; its bytes are queued for erasure."""

    sku: str
    if_match: int | None = None

    @property
    def attributes(self) -> None:
        return None


Line = Put | Patch | Delete


class Effect(enum.Enum):
    """What a line did to its item; `KEPT`: nothing, the item was so before."""

    CREATED = "created"
    ALTERED = "altered"
    KEPT = "kept"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Written:
    item_id: UUID
    effect: Effect
    version: int
    seq: int

    @property
    def created(self) -> bool:
        return self.effect is Effect.CREATED


@dataclass(frozen=True, slots=True)
class _Plan:
    """What lines make of the items that were found. Nothing of it is written yet."""

    found: Mapping[str, Held]  # by sku
    register: Register
    items: dict[str, Held | None] = field(default_factory=dict)  # those that lines named, as they are to be
    steps: list[Written | VitrineError] = field(default_factory=list)  # their numbers are to come

    @property
    def removed(self) -> list[UUID]:
        pairs = ((held, self.items[sku]) for sku, held in self.found.items() if sku in self.items)
        return [held.id for held, now in pairs if now is None or now.id != held.id]

    @property
    def made(self) -> dict[str, Held]:
        return {sku: now for sku, now in self.items.items() if now is not None and self._before(sku, now) is None}

    @property
    def rewritten(self) -> list[tuple[Held, Held]]:
        """Items that were there and have another version, before and after."""
        pairs = ((self._before(sku, now), now) for sku, now in self.items.items() if now is not None)
        return [(before, now) for before, now in pairs if before is not None and before.version != now.version]

    def _before(self, sku: str, now: Held) -> Held | None:
        held = self.found.get(sku)
        return held if held is not None and held.id == now.id else None


class _Overtaken(Exception):
    """Another writer was first with an item or a field: what was planned may be wrong."""


def write_lines(session: Session, catalogue: Catalogue, lines: Sequence[Line]) -> list[Written | VitrineError]:
    """Do `lines` in order, in this transaction; one that fails changes nothing and stops no other.

    All that are done become visible together: they have one change number, the largest that they made, or the present
    one when they changed nothing. Called twice with the same lines it changes nothing the second time.
    """
    while True:
        plan = _plan(session, catalogue, lines)
        adds = bool(plan.made or plan.register.new)
        try:
            with session.begin_nested() if adds else nullcontext():
                seq = _keep(session, catalogue.id, plan)
        except _Overtaken:
            continue
        return [step if isinstance(step, VitrineError) else replace(step, seq=seq) for step in plan.steps]


def _plan(session: Session, catalogue: Catalogue, lines: Sequence[Line]) -> _Plan:
    if len(lines) > 1:
        plan_anew(session)
    writing = [line.attributes for line in lines if line.attributes is not None]
    register = open_register(session, catalogue.id, _field_names(writing)) if writing else Register({}, room=0)
    plan = _Plan(item_rows.lock_items(session, catalogue.id, {line.sku for line in lines}), register)
    for line in lines:
        held = plan.items[line.sku] if line.sku in plan.items else plan.found.get(line.sku)
        try:
            now = _item_after(line, held, catalogue.currency, register)
        except VitrineError as error:
            plan.steps.append(error)
        else:
            plan.items[line.sku] = now
            plan.steps.append(_step(held, now))
    return plan


def _item_after(line: Line, held: Held | None, currency: str, register: Register) -> Held | None:
    """What the line makes of the item; None: it deletes it."""
    if held is None:
        if isinstance(line, Delete) or (isinstance(line, Patch) and not line.makes_missing):
            raise no_item(line.sku)
        check_sku(line.sku)
    _match(held, line.if_match)
    match line:
        case Put():
            state = replaced(line.write, currency)
        case Patch():
            state = patched(ItemState() if held is None else held.state, line.parts, currency)
        case Delete():
            return None
    register.admit(line.attributes or {})
    if held is None:
        return Held(uuid7(), 1, state)
    return held if state == held.state else replace(held, version=held.version + 1, state=state)


def _step(held: Held | None, now: Held | None) -> Written:
    if now is None:
        if held is None:
            raise AssertionError("An item that was not there cannot be deleted.")
        return Written(held.id, Effect.DELETED, held.version, 0)
    effect = Effect.CREATED if held is None else Effect.KEPT if now is held else Effect.ALTERED
    return Written(now.id, effect, now.version, 0)


def _keep(session: Session, catalogue_id: UUID, plan: _Plan) -> int:
    """Write what was planned; returns the change number."""
    if not plan.register.save(session, catalogue_id):
        raise _Overtaken
    item_rows.remove_items(session, catalogue_id, plan.removed)
    if not item_rows.insert_items(session, catalogue_id, plan.made):
        raise _Overtaken
    item_rows.update_items(session, catalogue_id, plan.rewritten)
    return changes.record(session, catalogue_id, list(_changes(plan)))


def _changes(plan: _Plan) -> Iterable[Change]:
    for item_id in plan.removed:
        yield from changes_of(item_id, ItemState(), None)
    for made in plan.made.values():
        yield from changes_of(made.id, None, made.state)
    for before, now in plan.rewritten:
        yield from changes_of(now.id, before.state, now.state)


def _field_names(writing: Iterable[Mapping[str, Any]]) -> set[str]:
    """Of the fields that values are given for. A line with too many fails, whatever they are."""
    names: set[str] = set()
    for attributes in writing:
        given = {name for name, value in attributes.items() if value is not None}
        if len(given) <= MOST_ATTRIBUTES:
            names |= given
    return names


def _match(held: Held | None, if_match: int | None) -> None:
    if if_match is not None and (held is None or held.version != if_match):
        has = "does not exist" if held is None else f"is at version {held.version}"
        raise VersionMismatch(f"The item {has}, not at version {if_match}. Read it again and repeat your change.")
