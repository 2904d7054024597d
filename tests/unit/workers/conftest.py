"""A bench for the pipeline: a database with a model set, a photo store in memory, pictures known by their colour."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.catalogues import Catalogue, adopt, ensure_catalogue, read_catalogue
from catalogue.database import Database
from catalogue.facts import PhotoFacts
from catalogue.intake import Upload, register_uploads
from catalogue.photos import read_photo
from catalogue.storage import PhotoStore
from tests.unit.workers.fakes import Colour, FakeCaptioner, FakeModels
from workers.pipeline import Pipeline


@dataclass
class Bench:
    database: Database
    catalogue: Catalogue
    photos: PhotoStore
    before: Callable[[list[Colour]], None] = field(default=lambda _colours: None)

    def __post_init__(self) -> None:
        self.captioner = FakeCaptioner(lambda colours: self.before(colours))
        self.models = FakeModels(self.captioner)
        self.pipeline = Pipeline(self.database, self.photos, self.models, owner="bench", lease_s=60, batch=4)

    def another(self, name: str, *, checkpoint: str) -> Catalogue:
        """A second catalogue with a model set of its own."""

        def make(session: Session) -> None:
            catalogue_id = ensure_catalogue(session, name, "EUR")
            adopt(session, catalogue_id, captioner="c", look="l", meaning="m", words="w", checkpoint=checkpoint)

        self.database.write(make)
        with self.database.reading() as session:
            return read_catalogue(session, name)

    def add(
        self, sku: str, colour: Colour, *, working_copy: bytes | None = None, catalogue: Catalogue | None = None
    ) -> UUID:
        picture = jpeg(colour)
        sha256 = hashlib.sha256(picture + sku.encode()).hexdigest()
        self.photos.put_working(sha256, picture if working_copy is None else working_copy)
        upload = Upload(sha256, len(picture), "image/jpeg", 64, 64, 0)
        taken = self.database.write(
            lambda session: register_uploads(session, catalogue or self.catalogue, sku, [upload], bulk=False)
        )
        return taken.photos[0].photo_id

    def run(self) -> int:
        return self.pipeline.run(lambda: False)

    def photo(self, photo_id: UUID, *, catalogue: Catalogue | None = None) -> PhotoFacts:
        with self.database.reading() as session:
            return read_photo(session, catalogue or self.catalogue, photo_id)

    def work(self) -> list[models.Work]:
        with self.database.reading() as session:
            rows = list(session.scalars(select(models.Work).order_by(models.Work.id)))
            session.expunge_all()
            return rows


def jpeg(colour: Colour) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(out, "JPEG", quality=95)
    return out.getvalue()


@pytest.fixture
def bench(database: Database, catalogue: Catalogue) -> Iterator[Bench]:
    bench = Bench(database, catalogue, PhotoStore(f"memory://{uuid.uuid4()}"))
    yield bench
    bench.pipeline.close()
