"""Searches beside writes: right at once after each, and while others write without a pause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.integration.agreeing import agree
from tests.integration.asking import parameters
from tests.integration.exactly import TEXTS, ExactShop, open_exact_shop
from tests.integration.meddling import Meddler, meddle
from tests.integration.test_exactly import QUERIES, SEEDS, THOROUGH
from tests.reference.facets import Counting
from tests.reference.goods import goods
from tests.reference.results import Asked, Field
from tests.reference.strategies import askings, countings
from tests.reference.wording import seeded

AVAILABLE = {"field": "available", "op": "=", "value": True}
WALKS = [
    ("", Asked()),
    ("", Asked(AVAILABLE, sort=Field("weight", descending=True))),
    (TEXTS[0], Asked(threshold=0.0)),
    (TEXTS[1], Asked({"not": AVAILABLE}, threshold=0.0, sort=Field("price"))),
    (TEXTS[2], Asked(threshold=0.0, sort="newest")),
    (TEXTS[0], Asked(threshold=0.0, sort=Field("title"))),
]


@pytest.fixture(scope="module")
def restless(api: Flask) -> Iterator[ExactShop]:
    """A shop that tests write to; it leaves no work to others."""
    shop = open_exact_shop(api, goods(seed=11, number=40, texts=len(TEXTS)))
    yield shop
    shop.work()


# What an example has written stays, so none can be tried again smaller.
@settings(THOROUGH, max_examples=40, phases=[Phase.generate])
@given(q=QUERIES, asked=askings(), counting=countings(), writes=st.integers(1, 4), seed=SEEDS)
def test_right_after_any_writes_a_search_shows_what_they_say(
    restless: ExactShop, q: str, asked: Asked, counting: Counting, writes: int, seed: int
) -> None:
    chance = seeded(seed)
    for _ in range(writes):
        meddle(restless, list(restless.items), chance)
    agree(restless, q, asked, counting, 100, chance)


def test_nothing_deleted_is_shown_and_nothing_twice_while_others_write(restless: ExactShop) -> None:
    """What nobody touches is shown once, in its place, whatever happens around it."""
    quiet = [sku for place, sku in enumerate(restless.items) if place % 2]
    shelves = {q: restless.shelf(q) for q, _ in WALKS}
    with Meddler(restless, [sku for sku in restless.items if sku not in quiet]):
        for q, asked in WALKS:
            shelf = replace(shelves[q], items=[item for item in shelves[q].items if item["sku"] in quiet])
            began = len(restless.touched)
            walked = walk(restless, q=q, limit=3, **parameters(asked, seeded(0), as_text=True))
            assert [sku for sku in walked if sku in quiet] == shelf.ordered(asked)
            assert {sku for sku, times in Counter(walked).items() if times > 1} <= set(restless.touched[began:])
    for q, asked in WALKS:  # and when all is quiet, what was written last is what is shown
        agree(restless, q, asked, Counting(("colour", "materials", "price", "caption"), "alternatives"), 100, seeded(0))


def walk(exact: ExactShop, **query: Any) -> list[str]:
    """The skus of a walk, of which no page shows what was gone before it was asked for."""
    skus: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        gone = set(exact.gone)
        page = exact.post(**query, **cursor)
        shown = [hit["sku"] for hit in page["hits"]]
        assert not gone & set(shown)
        skus += shown
        if page["next_cursor"] is None:
            return skus
        cursor = {"cursor": page["next_cursor"]}
