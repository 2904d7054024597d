"""ETag and If-Match: versions of items and captions as opaque tags. Owns their form; the versions are the rows' own.

A tag holds the end of the row's id too: an item deleted and made again has version 1 again, and is another item.
"""

from __future__ import annotations

from uuid import UUID

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.catalogues import Catalogue
from catalogue.errors import VersionMismatch
from catalogue.item_rules import check_sku

_CHANGED = "It has changed since you read it. Read it again and repeat your change."


def item_tag(item_id: UUID, version: int) -> str:
    return f"{item_id.hex[-12:]}-{version}"


def caption_tag(photo_id: UUID, caption_version: int) -> str:
    return f"{photo_id.hex[-12:]}-c{caption_version}"


def header(tag: str) -> dict[str, str]:
    return {"ETag": f'"{tag}"'}


def expected_item(session: Session, catalogue: Catalogue, sku: str) -> int | None:
    """The version that If-Match admits, None when there is no If-Match. Raises VersionMismatch.

    One that names no tag (a script's empty variable) admits none: it was meant to guard the write.
    """
    if "If-Match" not in request.headers:
        return None
    item = models.Item
    row = session.execute(
        select(item.id, item.version).where(item.catalogue_id == catalogue.id, item.sku == check_sku(sku))
    ).one_or_none()
    if row is None:
        raise VersionMismatch(f"There is no item {sku!r} any more, and If-Match wants one.")
    return _matched(item_tag(row.id, row.version), row.version)


def expected_caption(session: Session, catalogue: Catalogue, photo_id: UUID) -> int | None:
    """As `expected_item`, for a photo's caption; a photo that is gone is left to the verb to say."""
    if "If-Match" not in request.headers:
        return None
    version = session.scalars(
        select(models.Photo.caption_version).where(
            models.Photo.catalogue_id == catalogue.id, models.Photo.id == photo_id
        )
    ).one_or_none()
    return None if version is None else _matched(caption_tag(photo_id, version), version)


def _matched(tag: str, version: int) -> int:
    # Weak ones too: a proxy that compresses an answer makes its tag weak, and the tag names the same version.
    if not request.if_match.contains_weak(tag):
        raise VersionMismatch(_CHANGED)
    return version
