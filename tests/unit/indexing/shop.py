"""A shop over a real database: writes to a catalogue, and questions to its view."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from catalogue import changes, items, models
from catalogue.catalogues import Catalogue
from catalogue.database import Database
from catalogue.facts import read_items
from catalogue.items import ItemWrite
from catalogue.states import Space
from indexing.queries import PhotoQuery, Search, TextQuery
from indexing.searcher import Searcher
from indexing.view import View
from indexing.views import Views
from tests.unit.indexing.shelf import Vector, finish_all, held, unit, upload

EAST: Vector = (1, 0, 0)
NORTH: Vector = (0, 1, 0)
SEARCHER = Searcher()
PATIENCE_S = 20.0


class Shop:
    """Writes to a catalogue, and questions to its view."""

    def __init__(self, database: Database, catalogue: Catalogue, views: Views) -> None:
        self.database, self.catalogue, self.views = database, catalogue, views
        self.vectors: dict[UUID, Vector] = {}

    def put(self, sku: str, **parts: Any) -> int:
        return self.database.write(lambda s: items.put_item(s, self.catalogue, sku, ItemWrite(**parts))).seq

    def patch(self, sku: str, **parts: Any) -> int:
        return self.database.write(lambda s: items.patch_item(s, self.catalogue, sku, parts)).seq

    def photo(self, sku: str, vector: Vector, caption: str = "", picture: str | None = None) -> UUID:
        photo_id = upload(self.database, self.catalogue, sku, picture or f"{sku} {len(self.vectors)}")
        self.vectors[photo_id] = vector
        finish_all(self.database, self.vectors, caption)
        return photo_id

    def present(self) -> int:
        with self.database.reading() as session:
            return changes.present(session, self.catalogue.id)

    def delete(self, sku: str) -> None:
        self.database.write(lambda s: items.delete_item(s, self.catalogue, sku))

    def damage(self, photo_id: UUID, values: bytes) -> None:
        vector = models.Vector
        damaged = update(vector).where(vector.photo_id == photo_id, vector.space == Space.LOOK).values(values=values)
        self.database.write(lambda s: s.execute(damaged))

    def now(self) -> View:
        return self.views.present(self.catalogue.id)

    def settled(self) -> View:
        return self.views.wait_for(self.catalogue.id, self.present(), PATIENCE_S)

    def held(self, view: View, name: str) -> dict[str, Any]:
        """What a field's column holds, by sku."""
        with self.database.reading() as session:
            item = models.Item
            skus = dict(session.execute(select(item.id, item.sku).where(item.catalogue_id == self.catalogue.id)).all())
        return {skus[item_id]: value for item_id, value in held(view, name).items()}

    def skus(self, view: View, vector: Vector = EAST) -> list[str]:
        return self._skus(view, PhotoQuery(unit(*vector)))

    def texts(self, view: View, text: str) -> list[str]:
        return self._skus(view, TextQuery(text))

    def _skus(self, view: View, query: PhotoQuery | TextQuery) -> list[str]:
        hits = SEARCHER.search(view, Search(query, limit=100)).hits
        with self.database.reading() as session:
            found = read_items(session, self.catalogue, [hit.item_id for hit in hits])
        return [found[hit.item_id].sku for hit in hits]
