"""Generations of a view, each laid over the last: what one was made with it keeps, whatever comes after."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.states import FieldType
from indexing.ids import uuid_at
from indexing.matching import match
from indexing.overlay import overlaid
from indexing.view import View
from tests.unit.indexing.shelf import ShelfItem, ShelfPhoto, batch_of, held, view_of

REGISTER = {
    "brand": FieldType.STRING,
    "tags": FieldType.STRINGS,
    "stock": FieldType.NUMBER,
    "sizes": FieldType.NUMBERS,
    "sale": FieldType.BOOLEAN,
    "out": FieldType.DATE,
}
VALUES = {
    "brand": st.sampled_from(["Acme", "ACME", "Zed"]),
    "tags": st.lists(st.sampled_from("xyz"), max_size=2, unique=True),
    "stock": st.integers(0, 2),
    "sizes": st.lists(st.integers(0, 3), max_size=2, unique=True),
    "sale": st.booleans(),
    "out": st.sampled_from(["1970-01-01", "1970-01-02"]),
}
Photos = st.lists(st.sampled_from(["a hat", "a cap", None]), max_size=2)
Items = st.builds(
    ShelfItem,
    id=st.integers(1, 4).map(lambda number: UUID(int=number)),
    sku=st.just("s"),
    texts=st.sampled_from([("Hat",), ("Cap",)]),
    published=st.booleans(),
    available=st.booleans(),
    group=st.sampled_from([None, "g", "h"]),
    price=st.sampled_from([None, 100, 200]),
    attributes=st.fixed_dictionaries({}, optional=VALUES),
)
Batches = st.lists(st.lists(st.tuples(Items, Photos), max_size=3, unique_by=lambda pair: pair[0].id), max_size=6)


@settings(max_examples=150, deadline=None)
@given(Batches)
def test_every_generation_keeps_the_fields_it_was_made_with(
    batches: list[list[tuple[ShelfItem, list[str | None]]]],
) -> None:
    truth: dict[UUID, ShelfItem] = {}
    view = view_of(fields=REGISTER)
    generations = [(view, truth)]
    for batch in batches:
        items = [_with_photos(item, said) for item, said in batch]
        view = overlaid(view, batch_of(items, fields=REGISTER), view.seq + 1)
        truth = truth | {item.id: item for item in items}
        generations.append((view, truth))
    for each, known in generations:
        fresh = view_of(*known.values(), fields=REGISTER)
        assert {name: held(each, name) for name in each.fields} == {name: held(fresh, name) for name in fresh.fields}
        for word in ("hat", "cap", "acme", "1970"):
            assert _rows(each, word) == _rows(fresh, word)


def _with_photos(item: ShelfItem, said: list[str | None]) -> ShelfItem:
    photos = [ShelfPhoto(UUID(int=10 * item.id.int + place), place, caption=text) for place, text in enumerate(said)]
    return replace(item, photos=tuple(photos))


def _rows(view: View, word: str) -> set[UUID]:
    """Live items that hold a word."""
    holding = match(view, word).holds_all & view.items.live
    return {uuid_at(view.items.ids.values, row) for row in np.flatnonzero(holding).tolist()}
