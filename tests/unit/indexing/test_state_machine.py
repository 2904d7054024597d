"""Any order of writes, searches, loads and reloads against a dictionary."""

from __future__ import annotations

import tempfile
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
from indexing.queries import PhotoQuery, TextQuery
from indexing.searcher import Searcher
from indexing.tail import Tail
from tests.unit.indexing.shelf import Vector, finish_all, unit, upload

SKUS = st.sampled_from("abcd")
VECTORS: list[Vector] = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
SEARCHER = Searcher()


@dataclass
class Known:
    title: str = ""
    published: bool = True
    ready: dict[UUID, Vector] = field(default_factory=dict)
    pending: dict[UUID, Vector] = field(default_factory=dict)


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
        self.ids: dict[str, UUID] = {}
        self.count = 0

    @rule(sku=SKUS, title=st.sampled_from(["red hat", "blue hat", "red shoe"]), published=st.booleans())
    def put(self, sku: str, title: str, published: bool) -> None:
        write = ItemWrite(title=title, published=published)
        self.ids[sku] = self.database.write(lambda s: items.put_item(s, self.catalogue, sku, write)).item_id
        known = self.truth.setdefault(sku, Known())
        known.title, known.published = title, published

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
    def the_view_agrees(self) -> None:
        if not hasattr(self, "tail"):
            return
        self.tail.look()
        view = self.tail.view
        shown = {self.ids[sku]: known for sku, known in self.truth.items() if known.published}
        for hit in SEARCHER.search(view, TextQuery(""), limit=100).hits:
            assert hit.item_id in shown
            assert hit.photo_id is None or hit.photo_id in shown[hit.item_id].ready
        if self.tail.is_behind:
            return
        for vector in VECTORS:
            hits = SEARCHER.search(view, PhotoQuery(unit(*vector)), limit=100).hits
            near = {one: k for one, k in shown.items() if vector in k.ready.values()}
            assert {hit.item_id for hit in hits} == set(near)
            assert all(near[hit.item_id].ready[hit.photo_id] == vector for hit in hits if hit.photo_id)
            assert all(hit.photos == len(near[hit.item_id].ready) for hit in hits)
        for word in ("red", "blue", "hat", "shoe", "green"):
            hits = SEARCHER.search(view, TextQuery(word), limit=100).hits
            held = {one for one, k in shown.items() if word in k.title or (word == "green" and k.ready)}
            assert {hit.item_id for hit in hits} == held

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            self.folder.cleanup()


TestWrites = Writes.TestCase
TestWrites.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
