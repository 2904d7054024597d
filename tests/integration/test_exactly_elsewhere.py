"""The same filters where items are listed and where look-alikes are asked for."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.asking import filter_of
from tests.integration.exactly import ALL_TYPES, ExactShop
from tests.integration.test_exactly import BRIEF
from tests.reference.filters import Tree, fields, passes
from tests.reference.results import newest_first
from tests.reference.strategies import trees
from tests.reference.wording import seeded

ANY = "available = true OR available = false"  # names `available`, so that nothing is implied of it


@settings(BRIEF, max_examples=40)
@given(tree=trees(), limit=st.sampled_from([10, 100]), seed=st.integers(0, 9999))
def test_the_list_of_items_takes_the_same_filters(exact: ExactShop, tree: Tree, limit: int, seed: int) -> None:
    """Newest first, unpublished ones among them: a merchant asks."""
    query = {"filter": filter_of(tree, seeded(seed), as_text=True), "limit": limit}
    page = exact.get("/v1/items", **query)
    listed = [item["sku"] for item in page["items"]]
    while page["next_cursor"] is not None:
        page = exact.get("/v1/items", **query, cursor=page["next_cursor"])
        listed += [item["sku"] for item in page["items"]]
    kept = [item for item in exact.items.values() if passes(tree, item, ALL_TYPES)]
    assert listed == [item["sku"] for item in newest_first(kept)]


@settings(BRIEF, max_examples=40)
@given(tree=trees(), place=st.integers(0, 50), seed=st.integers(0, 9999))
def test_look_alikes_take_the_same_filters_and_are_available_unless_the_filter_says(
    exact: ExactShop, tree: Tree, place: int, seed: int
) -> None:
    seeds = [sku for sku, item in exact.items.items() if item["caption"] and item["published"]]
    path = f"/v1/items/{seeds[place % len(seeds)]}/similar"
    query = {"min_confidence": 0, "limit": 100}
    whole = exact.get(path, **query, filter=ANY)["hits"]
    found = exact.get(path, **query, filter=filter_of(tree, seeded(seed), as_text=True))["hits"]
    implied = tree if "available" in fields(tree) else {"and": [tree, {"field": "available", "op": "=", "value": True}]}
    assert found == [hit for hit in whole if passes(implied, exact.items[hit["sku"]], ALL_TYPES)]


def test_no_look_alike_is_of_the_same_group(exact: ExactShop) -> None:
    for sku, item in exact.items.items():
        if item["caption"] and item["published"] and item["group"] is not None:
            hits = exact.get(f"/v1/items/{sku}/similar", min_confidence=0, limit=100, filter=ANY)["hits"]
            assert hits
            assert item["group"] not in {exact.items[hit["sku"]]["group"] for hit in hits}
            assert sku not in {hit["sku"] for hit in hits}


def test_every_item_says_what_was_written(exact: ExactShop) -> None:
    """The reference judges by what was written; were that not what is kept, it would judge nothing."""
    for sku, item in exact.items.items():
        kept = exact.get(f"/v1/items/{sku}")
        assert kept["title"] == item["title"]
        assert kept["price"] == (None if item["price"] is None else float(item["price"]))
        assert {name: kept[name] for name in ("available", "published", "group", "created_at")} == {
            name: item[name] for name in ("available", "published", "group", "created_at")
        }
        assert sorted(photo["caption"]["text"] for photo in kept["photos"] if photo["state"] == "ready") == sorted(
            item["caption"]
        )
