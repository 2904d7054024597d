"""Walks of all pages, the cursors that lead from one to the next, and the pages of a photo."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.asking import parameters
from tests.integration.exactly import TEXTS, ExactShop
from tests.integration.shop import Shop, form, picture
from tests.reference.goods import Good
from tests.reference.results import Asked, Field, Shelf
from tests.reference.wording import seeded

AVAILABLE = {"field": "available", "op": "=", "value": True}
PROBES = [
    ("", Asked()),
    ("", Asked(AVAILABLE, sort=Field("weight", descending=True))),
    (TEXTS[0], Asked(threshold=0.0)),
    (TEXTS[1], Asked({"not": AVAILABLE}, threshold=0.0, sort=Field("price"))),
    (TEXTS[2], Asked(threshold=0.0, sort="newest")),
    (TEXTS[0], Asked(threshold=0.0, sort=Field("title"))),
    ("", Asked({"field": "colour", "op": "EXISTS"}, by_group=True, sort=Field("colour"))),
    (TEXTS[0], Asked({"field": "materials", "op": "!=", "value": "NAVY"}, threshold=0.2, by_group=True)),
]


@pytest.mark.parametrize(("q", "asked"), PROBES)
def test_small_pages_walk_the_whole_set_once(exact: ExactShop, q: str, asked: Asked) -> None:
    walked = exact.walk(q=q, limit=2, **parameters(asked, seeded(0), as_text=True))
    assert [hit["sku"] for hit in walked] == exact.shelf(q).ordered(asked)


def test_pages_walk_to_the_thousandth_hit_and_the_total_counts_on(shop: Shop) -> None:
    exact = ExactShop(shop, {})
    exact.batch([Good(f"sku-{number:04}", {"price": number}) for number in range(1_003)])
    page = exact.post(sort="price_desc", limit=100)
    hits = [*page["hits"], *exact.rest(page["next_cursor"], sort="price_desc", limit=99)]
    assert [hit["sku"] for hit in hits] == [f"sku-{number:04}" for number in range(1_002, 2, -1)]
    assert page["total"] == {"value": 1_003, "relation": "eq"}


@pytest.mark.parametrize(
    "other", [{"q": "red"}, {"filter": "available = false"}, {"filter": "vegan = true"}, {"sort": "newest"},
              {"sort": "-price"}, {"collapse": "group"}, {"min_confidence": 0.01}]
)  # fmt: skip
def test_a_cursor_leads_nowhere_in_another_search(exact: ExactShop, other: dict[str, Any]) -> None:
    query = {"q": TEXTS[0], "min_confidence": 0, "filter": "available = true", "sort": "price_asc"}
    cursor = exact.post(**query, limit=2)["next_cursor"]
    refused = exact.shop.call("POST", "/v1/search", json={**query, **other, "limit": 2, "cursor": cursor})
    assert refused.status_code == 422
    assert refused.json is not None
    assert refused.json["type"] == "/problems/invalid-cursor"
    assert exact.post(**query, limit=5, cursor=cursor)["hits"]


def test_a_photo_is_searched_with_filter_facets_and_sort_and_its_token_pages_on(exact: ExactShop) -> None:
    seen = picture()
    whole = _by_photo(exact, seen, limit=100, min_confidence=0)
    published = {sku: item for sku, item in exact.items.items() if item["published"]}
    ranked = [published[hit["sku"]] for hit in whole["hits"]]
    assert sorted(item["sku"] for item in ranked) == sorted(published)
    shelf = Shelf(ranked, exact.shelf("").types, {hit["sku"]: hit["confidence"] for hit in whole["hits"]})
    token = whole["query"]
    assert _by_photo(exact, seen)["query"] == token
    for asked in (Asked(AVAILABLE, 0.0), Asked({"not": AVAILABLE}, 0.0, by_group=True, sort=Field("price"))):
        query = parameters(asked, seeded(0), as_text=True)
        first = _by_photo(exact, seen, limit=4, **query)
        rest = exact.rest(first["next_cursor"], limit=4, **query)  # without the photo
        assert [hit["sku"] for hit in first["hits"] + rest] == shelf.ordered(asked)
        assert first["total"]["value"] == len(shelf.ordered(asked))
        assert exact.get(query=token, limit=4, **query)["hits"] == first["hits"]
        assert exact.post(query=token, limit=4, **query)["hits"] == first["hits"]


def test_a_token_that_nobody_gave_has_expired(exact: ExactShop) -> None:
    for method, how in (("GET", "query_string"), ("POST", "json")):
        refused = exact.shop.call(method, "/v1/search", **{how: {"query": "nobody-gave-this"}})
        assert refused.status_code == 422
        assert refused.json is not None
        assert refused.json["type"] == "/problems/query-expired"


def _by_photo(exact: ExactShop, photo: bytes, **query: Any) -> Any:
    return exact.answered("POST", "/v1/search", data={**form(photo), "query": json.dumps(query)})
