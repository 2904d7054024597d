"""Items: what merchants write of a product. Owns versions, and the changes a write makes; rules of texts are
item_rules.py's, pages of items listing.py's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from catalogue import changes, models
from catalogue.catalogues import Catalogue
from catalogue.changes import Change
from catalogue.database import insert_into, now
from catalogue.erasures import queue_erasure
from catalogue.errors import InvalidInput, NotFound, VersionMismatch
from catalogue.facts import ItemFacts, read_items
from catalogue.fields import register_attributes
from catalogue.item_rules import check_flag, check_group, check_sku, check_title, check_url
from catalogue.prices import exact, to_minor
from catalogue.states import ChangeKind
from catalogue.words import is_storable
from catalogue.work import add_text_work


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


WRITABLE = frozenset(part.name for part in fields(ItemWrite))


@dataclass(frozen=True, slots=True)
class Written:
    item_id: UUID
    created: bool
    version: int
    seq: int


def put_item(
    session: Session, catalogue: Catalogue, sku: str, write: ItemWrite, if_match: int | None = None
) -> Written:
    """Create the item, or replace what merchants write of it (never its photos).

    Raises:
        InvalidInput: a value out of its rules. VersionMismatch: it is not at version `if_match`.
    """
    item = _locked(session, catalogue.id, check_sku(sku))
    _match(item, if_match)
    if item is None:
        item, created = ensure_item(session, catalogue.id, sku)
        return _apply(session, catalogue, item, write, created=created)
    return _apply(session, catalogue, item, write, created=False)


def patch_item(
    session: Session, catalogue: Catalogue, sku: str, patch: Mapping[str, Any], if_match: int | None = None
) -> Written:
    """Merge `patch` into the item (RFC 7396: null removes, attributes merge one by one)."""
    unknown = sorted(set(patch) - WRITABLE)
    if unknown:
        raise InvalidInput.at(f"/{unknown[0]}", f"{unknown[0]!r} is not a part of an item that can be written.")
    item = _existing(session, catalogue.id, sku)
    _match(item, if_match)
    merged: dict[str, Any] = {
        "title": item.title,
        "url": item.url,
        "price": exact(item.price_minor, catalogue.currency),
        "published": item.published,
        "available": item.available,
        "group": item.group,
    }
    defaults = ItemWrite()
    for name, value in patch.items():
        merged[name] = getattr(defaults, name) if value is None else value
    merged["attributes"] = _merged_attributes(item.attributes, patch)
    return _apply(session, catalogue, item, ItemWrite(**merged), created=False)


def delete_item(session: Session, catalogue: Catalogue, sku: str, if_match: int | None = None) -> int:
    """Remove the item, its photos and all made from them; its bytes are queued for erasure. Returns the seq."""
    item = _existing(session, catalogue.id, sku)
    _match(item, if_match)
    of_item = (models.Photo.catalogue_id == catalogue.id, models.Photo.item_id == item.id)
    queue_erasure(session, catalogue.id, session.scalars(select(models.Photo.sha256).where(*of_item)).all())
    session.execute(delete(models.Photo).where(*of_item))
    session.execute(delete(models.Item).where(models.Item.catalogue_id == catalogue.id, models.Item.id == item.id))
    return changes.record(session, catalogue.id, [Change(ChangeKind.GONE, item.id)])


def read_item(session: Session, catalogue: Catalogue, sku: str) -> ItemFacts:
    item_id = session.scalars(
        select(models.Item.id).where(models.Item.catalogue_id == catalogue.id, models.Item.sku == _asked(sku))
    ).one_or_none()
    if item_id is None:
        raise no_item(sku)
    return read_items(session, catalogue, [item_id])[item_id]


def is_published(session: Session, catalogue: Catalogue, item_id: UUID) -> bool:
    """Whether there is such an item, and people may see it."""
    item = models.Item
    found = select(item.published).where(item.catalogue_id == catalogue.id, item.id == item_id)
    return bool(session.scalars(found).one_or_none())


def ensure_item(session: Session, catalogue_id: UUID, sku: str) -> tuple[models.Item, bool]:
    """The item of that sku, locked, made empty when there is none; and whether it was made."""
    check_sku(sku)
    while (item := _locked(session, catalogue_id, sku)) is None:
        if _is_made(session, catalogue_id, sku):
            return _existing(session, catalogue_id, sku), True
        # Somebody else made it in between; whoever deletes it again sends us round once more.
    return item, False


def _is_made(session: Session, catalogue_id: UUID, sku: str) -> bool:
    at = now(session)
    made = session.scalars(
        insert_into(session, models.Item)
        .values(
            catalogue_id=catalogue_id, id=uuid7(), sku=sku, title="", attributes={}, published=True,
            available=True, version=0, created_at=at, updated_at=at,
        )
        .on_conflict_do_nothing(index_elements=["catalogue_id", "sku"])
        .returning(models.Item.id)
    ).one_or_none()  # fmt: skip
    return made is not None


def _apply(session: Session, catalogue: Catalogue, item: models.Item, write: ItemWrite, *, created: bool) -> Written:
    _check(write)
    new = {
        "title": write.title,
        "attributes": register_attributes(session, catalogue.id, write.attributes),
        "price_minor": to_minor(write.price, catalogue.currency),
        "url": write.url,
        "published": write.published,
        "available": write.available,
        "group": write.group,
    }
    altered = {name for name, value in new.items() if getattr(item, name) != value}
    if not altered and not created:
        return Written(item.id, created, item.version, changes.present(session, catalogue.id))
    was_published = item.published
    for name, value in new.items():
        setattr(item, name, value)
    item.version += 1
    item.updated_at = now(session)
    session.flush()
    if "title" in altered and not created:
        add_text_work(session, catalogue.id, _photo_ids(session, item))
    seq = changes.record(session, catalogue.id, _changes(item, altered, was_published=was_published, created=created))
    return Written(item.id, created, item.version, seq)


def _changes(item: models.Item, altered: set[str], *, was_published: bool, created: bool) -> list[Change]:
    if not item.published:
        # Hidden first for whoever shows it now; the rest is read again when it is shown.
        return [Change(ChangeKind.HIDDEN, item.id), Change(ChangeKind.ATTRIBUTES, item.id)]
    made = []
    if "title" in altered and not created:
        made.append(Change(ChangeKind.TEXT, item.id))
    if created or not was_published or altered - {"title"}:
        made.append(Change(ChangeKind.ATTRIBUTES, item.id))
    return made


def _merged_attributes(present: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    if "attributes" not in patch:
        return dict(present)
    given = patch["attributes"]
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise InvalidInput.at("/attributes", "Attributes are an object of names and values.")
    return {name: value for name, value in {**present, **given}.items() if value is not None}


def _check(write: ItemWrite) -> None:
    check_title(write.title)
    check_url(write.url)
    check_group(write.group)
    check_flag("published", write.published)
    check_flag("available", write.available)


def _photo_ids(session: Session, item: models.Item) -> Sequence[UUID]:
    return session.scalars(
        select(models.Photo.id)
        .where(models.Photo.catalogue_id == item.catalogue_id, models.Photo.item_id == item.id)
        .order_by(models.Photo.id)
    ).all()


def _locked(session: Session, catalogue_id: UUID, sku: str) -> models.Item | None:
    return session.scalars(
        select(models.Item)
        .where(models.Item.catalogue_id == catalogue_id, models.Item.sku == _asked(sku))
        .with_for_update()
    ).one_or_none()


def _asked(sku: str) -> str:
    """A sku to look for; one that no database could hold is no item's."""
    if not is_storable(sku):
        raise no_item(sku)
    return sku


def _existing(session: Session, catalogue_id: UUID, sku: str) -> models.Item:
    item = _locked(session, catalogue_id, sku)
    if item is None:
        raise no_item(sku)
    return item


def _match(item: models.Item | None, if_match: int | None) -> None:
    if if_match is not None and (item is None or item.version != if_match):
        has = "does not exist" if item is None else f"is at version {item.version}"
        raise VersionMismatch(f"The item {has}, not at version {if_match}. Read it again and repeat your change.")


def no_item(sku: str) -> NotFound:
    return NotFound(f"There is no item {sku!r} in this catalogue.")
