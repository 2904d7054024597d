"""How the pages put catalogue facts into words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.catalogues import Catalogue
from catalogue.facts import CaptionFacts, ItemFacts, PhotoFacts
from catalogue.states import CaptionSource
from indexing.queries import Hit
from service.pages.cards import attribute_lines, card, others, percent, picture, price

AT = datetime(2026, 1, 2, tzinfo=UTC)
CATALOGUE = Catalogue(
    id=UUID(int=1), name="default", language="en", currency="EUR", public=False,
    settings=MappingProxyType({}), settings_version=1, active_set=None,
)  # fmt: skip


def photo(position: int = 0, caption: CaptionFacts | None = None, state: str = "ready") -> PhotoFacts:
    return PhotoFacts(
        id=uuid4(), item_id=UUID(int=2), sku="a", position=position, sha256="0" * 64, size_bytes=1,
        media_type="image/jpeg", width=300, height=400, state=state, reason=None, attempts=1, caption=caption,
        alternatives=(), caption_version=0, created_at=AT, ready_at=AT, ready_seq=1,
    )  # fmt: skip


def item(*photos: PhotoFacts, price_minor: int | None = 3490, title: str = "A shirt") -> ItemFacts:
    return ItemFacts(
        id=UUID(int=2), sku="shirt-1", title=title, attributes={}, price_minor=price_minor, url=None, published=True,
        available=True, group=None, version=1, created_at=AT, updated_at=AT, photos=photos,
    )  # fmt: skip


def hit(photo_id: UUID | None, confidence: float | None = 0.5) -> Hit:
    return Hit(UUID(int=2), photo_id, confidence, 1.0, 1, None)


@given(st.floats(0, 1))
def test_a_percentage_reads_100_only_for_certainty(confidence: float) -> None:
    assert (percent(confidence) == "100%") == (confidence == 1)


@pytest.mark.parametrize(
    ("language", "currency", "minor", "shown"),
    [
        ("en", "EUR", 3490, "€34.90"),
        ("de-AT", "EUR", 123490, "€ 1.234,90"),
        ("en", "JPY", 1200, "¥1,200"),
        ("en", "KWD", 1500, "KWD1.500"),
    ],
)
def test_a_price_is_written_as_the_catalogues_language_writes_it(
    language: str, currency: str, minor: int, shown: str
) -> None:
    catalogue = replace(CATALOGUE, language=language, currency=currency)
    text = price(item(price_minor=minor), catalogue)
    assert text is not None
    assert text.replace("\xa0", " ") == shown.replace("\xa0", " ")


def test_a_card_shows_the_photo_that_was_found_and_an_item_without_a_title_its_sku() -> None:
    first, second = photo(0), photo(1)
    shown = card(item(first, second, title=""), hit(second.id), CATALOGUE)
    assert shown.picture is not None
    assert (shown.picture.id, shown.title, shown.percent) == (second.id, "shirt-1", "50%")


def test_a_card_without_a_ready_photo_shows_the_first_one_and_says_why_it_has_no_caption() -> None:
    waiting = photo(state="pending")
    shown = card(item(waiting, photo(1, state="failed")), hit(None, None), CATALOGUE)
    assert shown.picture is not None
    assert (shown.picture.id, shown.picture.note, shown.percent) == (waiting.id, "Waiting to be captioned", None)


def test_only_a_models_caption_is_called_machine_made() -> None:
    machine = CaptionFacts("red shirt", 0.8, CaptionSource.MODEL, "c1", locked=False)
    assert picture(photo(caption=machine)).by_machine
    for source in (CaptionSource.PERSON, CaptionSource.IMPORT):
        assert not picture(photo(caption=replace(machine, source=source, confidence=None))).by_machine


def test_attributes_are_written_in_plain_words_and_those_without_value_are_left_out() -> None:
    facts = replace(item(), attributes={"sleeve_length": "long", "sizes": ["S", "M"], "washable": True, "season": None})
    assert attribute_lines(facts) == [("sleeve length", "long"), ("sizes", "S, M"), ("washable", "yes")]


def test_alternatives_that_would_read_nought_percent_are_left_out() -> None:
    assert others([("green dress", 0.24), ("yellow dress", 0.004)]) == (("green dress", "24%"),)
