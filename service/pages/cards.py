"""Catalogue facts as the pages show them: pictures, captions, prices, percentages. Pure; reads and renders nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from babel import Locale
from babel.numbers import format_currency, get_currency_precision

from catalogue.catalogues import Catalogue
from catalogue.facts import ItemFacts, PhotoFacts
from catalogue.states import CaptionSource
from indexing.queries import Hit
from service.present import image_url

LEAST_WORTH_SAYING = 0.005
_ON_ITS_WAY = {
    "pending": "Waiting to be captioned",
    "processing": "Being captioned",
    "failed": "Could not be captioned",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo as a page shows it; `note` says why there is no caption, `said_by` who wrote the one there is."""

    id: UUID
    image: str
    width: int
    height: int
    caption: str | None
    by_machine: bool
    said_by: str | None
    confidence: float | None
    percent: str | None
    alternatives: tuple[tuple[str, str], ...]  # text, percentage
    note: str | None
    failed: bool
    reason: str | None

    @property
    def alt(self) -> str:
        return self.caption or ""


@dataclass(frozen=True, slots=True)
class Card:
    """An item among others; `confidence` is that of the hit, None where nothing was compared."""

    sku: str
    title: str
    price: str | None
    available: bool
    picture: Picture | None
    photos: int
    confidence: float | None
    percent: str | None


def card(item: ItemFacts, hit: Hit, catalogue: Catalogue) -> Card:
    """The hit as a card, with its best photo; an item without a ready one shows the first it has."""
    photo = next((each for each in item.photos if each.id == hit.photo_id), None) or next(iter(item.photos), None)
    return Card(
        sku=item.sku,
        title=item.title or item.sku,
        price=price(item, catalogue),
        available=item.available,
        picture=None if photo is None else picture(photo),
        photos=len(item.photos),
        confidence=hit.confidence,
        percent=percent(hit.confidence),
    )


def picture(photo: PhotoFacts) -> Picture:
    shown = photo.caption
    text = None if shown is None else shown.text
    return Picture(
        id=photo.id,
        image=image_url(photo.id),
        width=photo.width,
        height=photo.height,
        caption=text,
        by_machine=shown is not None and shown.source is CaptionSource.MODEL,
        said_by=None if shown is None else _said_by(shown.source, locked=shown.locked),
        confidence=None if shown is None else shown.confidence,
        percent=None if shown is None else percent(shown.confidence),
        alternatives=others((each.text, each.confidence) for each in photo.alternatives),
        note=None if text else _ON_ITS_WAY.get(photo.state),
        failed=photo.state == "failed",
        reason=photo.reason,
    )


def price(item: ItemFacts, catalogue: Catalogue) -> str | None:
    """As the catalogue's language writes it: €34.90, or 34,90 €."""
    if item.price_minor is None:
        return None
    amount = Decimal(item.price_minor).scaleb(-get_currency_precision(catalogue.currency))
    return format_currency(amount, catalogue.currency, locale=Locale.parse(catalogue.language, sep="-"))


def percent(confidence: float | None) -> str | None:
    """A whole percentage; what is short of certain never reads 100%."""
    if confidence is None:
        return None
    return "100%" if confidence >= 1 else f"{min(99, round(100 * confidence))}%"


def others(alternatives: Iterable[tuple[str, float]]) -> tuple[tuple[str, str], ...]:
    """Alternative captions with their percentages; what would read 0% is not worth a line."""
    return tuple((text, percent(chance) or "") for text, chance in alternatives if chance >= LEAST_WORTH_SAYING)


def attribute_lines(item: ItemFacts) -> list[tuple[str, str]]:
    """Each attribute's name and value in plain words."""
    return [(name.replace("_", " "), _plain(value)) for name, value in item.attributes.items() if value is not None]


def count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _said_by(source: CaptionSource, *, locked: bool) -> str:
    match source:
        case CaptionSource.PERSON:
            return "Written by a person"
        case CaptionSource.IMPORT:
            return "Came with the import"
        case CaptionSource.MODEL:
            return "Machine-made, and kept by a person" if locked else "Machine-made; no person has confirmed it yet"


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
