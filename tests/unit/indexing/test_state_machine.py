"""Any order of writes, searches, loads and reloads against a dictionary."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import delete

from catalogue import items, models, photos
from catalogue.catalogues import adopt, ensure_catalogue, read_catalogue
from catalogue.columns import Base
from catalogue.database import Database
from catalogue.items import ItemWrite
from indexing.filters import check, comparisons_of, parse
from indexing.queries import PhotoQuery, Search, TextQuery
from indexing.searcher import Searcher
from indexing.tail import Tail
from indexing.view import View
from tests.unit.indexing.shelf import Vector, finish_all, held, unit, upload

SKUS = st.sampled_from("abcd")
VECTORS: list[Vector] = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
SEARCHER = Searcher()


PATCHES = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["red hat", "blue shoe"]),
        "price": st.sampled_from([None, 10, 20]),
        "available": st.booleans(),
        "published": st.booleans(),
        "group": st.sampled_from([None, "g"]),
        "attributes": st.fixed_dictionaries(
            {},
            optional={
                "colour": st.sampled_from([None, "teal", "TEAL", "olive"]),
                "stock": st.sampled_from([None, 0, 5]),
                "sizes": st.sampled_from([None, [], [1, 2], [2]]),
            },
        ),
    },
)
FILTERS: dict[str, Callable[[Known], bool]] = {
    "price < 15": lambda known: known.price is not None and known.price < 15,
    "NOT available = true": lambda known: not known.available,
    'colour = "teal" OR stock EXISTS': lambda known: known.has("colour", "teal", "TEAL") or known.has("stock", 0, 5),
    'sizes = 2 AND group != "g"': lambda known: known.has("sizes", [1, 2], [2]) and known.group != "g",
    'caption = "green thing"': lambda known: bool(known.ready),
}


@dataclass
class Known:
    title: str = ""
    published: bool = True
    available: bool = True
    price: int | None = None
    group: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    ready: dict[UUID, Vector] = field(default_factory=dict)
    pending: dict[UUID, Vector] = field(default_factory=dict)

    def has(self, name: str, *values: Any) -> bool:
        return self.attributes.get(name) in values


def columns_of(view: View) -> dict[str, dict[UUID, Any]]:
    names = ("title", "price", "available", "published", "group", "colour", "stock", "sizes")
    return {name: held(view, name) for name in names if name in view.fields}


class Writes(RuleBasedStateMachine):
    """`truth` is what SQL must hold; a view that has caught up must answer as it says, a view that has not must
    at least not show what is gone or hidden."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.database = Database(f"sqlite:///{Path(self.folder.name) / 'vitrine.sqlite'}")
        Base.metadata.create_all(self.database.write_engine)
        catalogue_id = self.database.write(lambda s: ensure_catalogue(s, "default", "EUR"))
        prints = {"captioner": "c1", "look": "l1", "meaning": "m1", "words": "w1", "checkpoint": "set1"}
        self.database.write(lambda s: adopt(s, catalogue_id, **prints))
        with self.database.reading() as session:
            self.catalogue = read_catalogue(session)
        self.tail = Tail(self.database, catalogue_id)
        self.truth: dict[str, Known] = {}
        self.past: list[tuple[View, dict[str, dict[UUID, Any]]]] = []
        self.ids: dict[str, UUID] = {}
        self.count = 0

    @rule(sku=SKUS, title=st.sampled_from(["red hat", "blue hat", "red shoe"]), published=st.booleans())
    def put(self, sku: str, title: str, published: bool) -> None:
        write = ItemWrite(title=title, published=published)
        self.ids[sku] = self.database.write(lambda s: items.put_item(s, self.catalogue, sku, write)).item_id
        was = self.truth.get(sku, Known())
        self.truth[sku] = Known(title, published, ready=was.ready, pending=was.pending)

    @precondition(lambda self: self.truth)
    @rule(data=st.data(), patch=PATCHES)
    def patch(self, data: Any, patch: dict[str, Any]) -> None:
        sku = data.draw(st.sampled_from(sorted(self.truth)))
        self.database.write(lambda s: items.patch_item(s, self.catalogue, sku, patch))
        known = self.truth[sku]
        for name, value in patch.items():
            setattr(known, name, {**known.attributes, **value} if name == "attributes" else value)

    @rule(sku=SKUS, vector=st.sampled_from(VECTORS))
    def upload(self, sku: str, vector: Vector) -> None:
        self.count += 1
        photo_id = upload(self.database, self.catalogue, sku, str(self.count))
        with self.database.reading() as session:
            self.ids[sku] = items.read_item(session, self.catalogue, sku).id
        self.truth.setdefault(sku, Known()).pending[photo_id] = vector

    @rule()
    def work(self) -> None:
        every = {one: vector for known in self.truth.values() for one, vector in (known.ready | known.pending).items()}
        finish_all(self.database, every, "green thing")
        for known in self.truth.values():
            known.ready |= known.pending
            known.pending = {}

    @precondition(lambda self: self.truth)
    @rule(data=st.data())
    def delete_item(self, data: Any) -> None:
        sku = data.draw(st.sampled_from(sorted(self.truth)))
        self.database.write(lambda s: items.delete_item(s, self.catalogue, sku))
        del self.truth[sku]

    @precondition(lambda self: any(known.ready for known in self.truth.values()))
    @rule(data=st.data())
    def delete_photo(self, data: Any) -> None:
        pairs = [(sku, one) for sku, known in sorted(self.truth.items()) for one in known.ready]
        sku, photo_id = data.draw(st.sampled_from(pairs))
        self.database.write(lambda s: photos.delete_photo(s, self.catalogue, photo_id))
        del self.truth[sku].ready[photo_id]

    @rule()
    def catch_up(self) -> None:
        self.tail.look()
        self.tail.catch_up()

    @rule()
    def prune(self) -> None:
        self.database.write(lambda s: s.execute(delete(models.Change)))

    @rule()
    def reopen(self) -> None:
        self.tail = Tail(self.database, self.catalogue.id)

    @invariant()
    def no_generation_changes(self) -> None:
        for view, columns in getattr(self, "past", ()):
            assert columns_of(view) == columns

    @invariant()
    def the_view_agrees(self) -> None:
        if not hasattr(self, "tail"):
            return
        self.tail.look()
        view = self.tail.view
        shown = {self.ids[sku]: known for sku, known in self.truth.items() if known.published}
        for hit in SEARCHER.search(view, Search(TextQuery(""), limit=100)).hits:
            assert hit.item_id in shown
            assert hit.photo_id is None or hit.photo_id in shown[hit.item_id].ready
        if self.tail.is_behind:
            return
        for vector in VECTORS:
            hits = SEARCHER.search(view, Search(PhotoQuery(unit(*vector)), limit=100)).hits
            near = {one: k for one, k in shown.items() if vector in k.ready.values()}
            assert {hit.item_id for hit in hits} == set(near)
            assert all(near[hit.item_id].ready[hit.photo_id] == vector for hit in hits if hit.photo_id)
            assert all(hit.photos == len(near[hit.item_id].ready) for hit in hits)
        for word in ("red", "blue", "hat", "shoe", "green"):
            hits = SEARCHER.search(view, Search(TextQuery(word), limit=100)).hits
            holding = {one for one, k in shown.items() if word in k.title or (word == "green" and k.ready)}
            assert {hit.item_id for hit in hits} == holding
        self._fields_agree(view, shown)

    def _fields_agree(self, view: View, shown: Mapping[UUID, Known]) -> None:
        columns = columns_of(view)
        self.past.append((view, columns))
        every = {self.ids[sku]: known for sku, known in self.truth.items()}
        for name in ("title", "available", "published"):
            assert columns[name] == {one: getattr(known, name) for one, known in every.items()}
        assert columns["price"] == {one: 100 * k.price for one, k in every.items() if k.price is not None}
        assert columns["group"] == {one: known.group for one, known in every.items() if known.group is not None}
        for name in ("colour", "stock", "sizes"):
            values = {one: known.attributes.get(name) for one, known in every.items()}
            written = {one: value for one, value in values.items() if value not in (None, [])}
            expected = {one: tuple(value) if name == "sizes" else value for one, value in written.items()}
            assert columns.get(name, {}) == expected
        for text, passes in FILTERS.items():
            condition = parse(text)
            if not {each.name for each in comparisons_of(condition)} <= view.fields.keys():
                continue
            hits = SEARCHER.search(view, Search(TextQuery(""), limit=100, filter=check(condition, view))).hits
            assert {hit.item_id for hit in hits} == {one for one, known in shown.items() if passes(known)}

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            self.folder.cleanup()


TestWrites = Writes.TestCase
TestWrites.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
