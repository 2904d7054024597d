"""Catalogue facts as the API shows them: rows to answers. Owns the form of ids, prices and image addresses."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from catalogue.facts import ItemFacts, PhotoFacts
from catalogue.prices import from_minor
from service import answers, schemas


def image_url(photo_id: UUID) -> str:
    return f"/v1/photos/{photo_id}/image"


def photo(facts: PhotoFacts) -> answers.Photo:
    return answers.Photo(
        id=str(facts.id),
        sku=facts.sku,
        state=cast(schemas.State, facts.state),
        reason=facts.reason,
        position=facts.position,
        width=facts.width,
        height=facts.height,
        media_type=facts.media_type,
        size_bytes=facts.size_bytes,
        image=image_url(facts.id),
        caption=_caption(facts),
        alternatives=[answers.Alternative(text=a.text, confidence=a.confidence) for a in facts.alternatives],
        tags=[],
        attempts=facts.attempts,
        created_at=facts.created_at,
        ready_at=facts.ready_at,
        ready_seq=facts.ready_seq,
    )


def item(facts: ItemFacts, currency: str) -> answers.Item:
    return answers.Item(
        sku=facts.sku,
        title=facts.title,
        attributes=dict(facts.attributes),
        price=from_minor(facts.price_minor, currency),
        url=facts.url,
        published=facts.published,
        available=facts.available,
        group=facts.group,
        created_at=facts.created_at,
        updated_at=facts.updated_at,
        photos=[photo(each) for each in facts.photos],
    )


def _caption(facts: PhotoFacts) -> answers.Caption | None:
    shown = facts.caption
    if shown is None:
        return None
    return answers.Caption(
        text=shown.text,
        confidence=shown.confidence,
        source=shown.source.value,
        model=shown.model,
        locked=shown.locked,
    )
