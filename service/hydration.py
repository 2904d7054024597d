"""Hits get their titles, attributes and captions from SQL, by one statement; what SQL no longer shows is dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.facts import precedence
from catalogue.states import CaptionSource, PhotoStatus
from indexing.queries import Hit
from indexing.view import View

_item, _photo, _caption = models.Item, models.Photo, models.Caption

# Built once: putting it together anew would cost more than running it.
_STATEMENT = (
    select(
        _item.id.label("item_id"), _item.sku, _item.title, _item.attributes,
        _photo.id.label("photo_id"), _caption.text, _caption.source, _caption.locked,
    )
    .outerjoin(
        _photo,
        and_(
            _photo.catalogue_id == _item.catalogue_id,
            _photo.item_id == _item.id,
            _photo.id.in_(bindparam("photo_ids", expanding=True)),
            _photo.status == PhotoStatus.READY,
        ),
    )
    .outerjoin(
        _caption,
        and_(
            _caption.catalogue_id == _photo.catalogue_id,
            _caption.photo_id == _photo.id,
            _caption.retired_at.is_(None),
            or_(
                _caption.source != CaptionSource.MODEL,
                _caption.locked.is_(True),
                _caption.fingerprint == bindparam("captioner"),
            ),
        ),
    )
    .where(
        _item.catalogue_id == bindparam("catalogue_id"),
        _item.id.in_(bindparam("item_ids", expanding=True)),
        _item.published.is_(True),
    )
    .order_by(_caption.created_at.desc(), _caption.id.desc())
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """A hit, and what is shown of its item; `caption` is that of the hit's photo."""

    hit: Hit
    sku: str
    title: str
    attributes: dict[str, Any]
    caption: str | None


def hydrate(session: Session, view: View, hits: Sequence[Hit]) -> list[Shown]:
    """The hits in their order, without those whose item or photo is gone, hidden or no longer ready."""
    if not hits:
        return []
    found: dict[tuple[UUID, UUID | None], list[Row[Any]]] = {}
    active = view.catalogue.active_set
    asked = {
        "catalogue_id": view.catalogue.id,
        "item_ids": [hit.item_id for hit in hits],
        "photo_ids": [hit.photo_id for hit in hits if hit.photo_id is not None],
        "captioner": active.captioner if active else None,
    }
    for row in session.execute(_STATEMENT, asked):
        found.setdefault((row.item_id, row.photo_id), []).append(row)
    rows = {(hit.item_id, hit.photo_id): found.get((hit.item_id, hit.photo_id)) for hit in hits}
    return [_shown(hit, each) for hit in hits if (each := rows[hit.item_id, hit.photo_id])]


def _shown(hit: Hit, rows: Sequence[Row[Any]]) -> Shown:
    # Of equals the first, which is the newest.
    row = min(rows, key=lambda row: precedence(row.source, locked=row.locked))
    return Shown(hit, row.sku, row.title, row.attributes, row.text)
