"""Look-alike model numbers, typos, signs and units over a small shop: the right item first. The table is golden."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from captioning.captioner import Captioner
from catalogue.states import Space
from indexing.matching import match
from indexing.overlay import overlaid
from indexing.queries import Search, TextQuery
from indexing.searcher import Searcher
from indexing.vector_rows import SpaceRead
from indexing.view import View, empty_view
from tests.unit.indexing.shelf import CATALOGUE, ShelfItem, ShelfPhoto, batch_of

GOLDEN = json.loads((Path(__file__).parents[1] / "golden/exact.json").read_text("utf-8"))
SKUS = [item["sku"] for item in GOLDEN["items"]]
SEARCHER = Searcher()


@dataclass(frozen=True)
class Shop:
    captioner: Captioner
    view: View

    def first(self, query: str) -> str:
        """The sku of the first hit of what a search shows unasked."""
        encoded = self.captioner.encode_text([query])
        foreign = not self.captioner.reads(query)
        asked = TextQuery(query, encoded["meaning"][0], encoded["words"][0], is_foreign=foreign)
        (hit,) = SEARCHER.search(self.view, Search(asked, limit=1)).hits
        return str(SKUS[hit.item_id.int - 1])


@pytest.fixture(scope="module")
def shop(adopted: Path) -> Shop:
    """Each item with one photo; what it shows is what its title says."""
    (folder,) = (adopted / "models").iterdir()
    captioner = Captioner.from_checkpoint(folder, device="cpu", text_folder=folder)
    return Shop(captioner, _view(captioner, GOLDEN["items"]))


def _view(captioner: Captioner, rows: Iterable[dict[str, str]]) -> View:
    items = [
        ShelfItem(UUID(int=number), row["sku"], (row["title"],), (ShelfPhoto(UUID(int=10_000 + number)),))
        for number, row in enumerate(rows, 1)
    ]
    encoded = captioner.encode_text([item.texts[0] for item in items])
    held = np.ones(len(items), np.bool_)
    spaces = {space: SpaceRead(encoded[space.value], held) for space in (Space.WORDS, Space.MEANING)}
    return overlaid(empty_view(CATALOGUE), replace(batch_of(items), spaces=spaces), 1)


CASES = pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["query"])


@CASES
def test_the_right_item_is_first(shop: Shop, case: dict[str, str]) -> None:
    assert shop.first(case["query"]) == case["first"]


@CASES
def test_words_alone_put_the_right_item_first(shop: Shop, case: dict[str, str]) -> None:
    lexical = match(shop.view, case["query"])
    worth = lexical.share + lexical.is_sku
    best = {sku for sku, own in zip(SKUS, worth, strict=True) if own == worth.max()}
    assert best == {case["first"], *case.get("level", ())}


def test_the_table_has_what_it_is_for() -> None:
    kinds = [case["kind"] for case in GOLDEN["cases"]]
    assert (kinds.count("models") >= 20, kinds.count("typos") >= 30, kinds.count("signs and units") >= 20) == (
        True,
    ) * 3
