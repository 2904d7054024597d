"""A filter that is written, read and written again: read by the engine, and judged by the reference's truth."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from indexing import filters
from tests.integration.exactly import ALL_TYPES, TEXTS
from tests.integration.test_exactly import THOROUGH
from tests.reference.filters import Tree, passes
from tests.reference.goods import goods
from tests.reference.strategies import trees
from tests.reference.wording import seeded, worded

SHELF: list[dict[str, Any]] = [
    {
        "id": good.sku, "sku": good.sku, "title": "", "price": None, "available": True, "published": True,
        "group": None, "attributes": {}, **good.write, "caption": [photo.caption for photo in good.photos],
        "created_at": "2026-01-01",
    }
    for good in goods(seed=13, number=40, texts=len(TEXTS))
]  # fmt: skip


def passing(tree: Tree) -> list[str]:
    return [item["sku"] for item in SHELF if passes(tree, item, ALL_TYPES)]


@settings(THOROUGH, max_examples=150)
@given(tree=trees(16), seed=st.integers(0, 9999))
def test_a_filter_keeps_its_meaning_however_it_is_written(tree: Tree, seed: int) -> None:
    read = filters.parse(worded(tree, seeded(seed)))
    assert passing(filters.to_json(read)) == passing(tree)
    assert filters.parse(str(read)) == read
    from_tree = filters.from_json(tree)
    assert passing(filters.to_json(from_tree)) == passing(tree)
    assert filters.from_json(filters.to_json(from_tree)) == from_tree
    assert passing(filters.to_json(filters.parse(str(from_tree)))) == passing(tree)


@settings(THOROUGH, max_examples=150)
@given(tree=trees(3), value=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12))
def test_any_text_comes_back_from_its_quotes_and_any_name_from_its_backticks(tree: Tree, value: str) -> None:
    leaf = {"field": value or "a", "op": "=", "value": value}
    read = filters.parse(worded({"and": [leaf, tree]}, seeded(1)))
    first: Any = filters.to_json(read)
    assert first["and"][0]["value"] == value
    assert filters.parse(str(read)) == read
