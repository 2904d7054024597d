"""Short hands for tests of the catalogue: put an item, upload made-up bytes, finish work as a worker would."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

import numpy as np

from catalogue import facts, finishing, items, work
from catalogue.catalogues import Catalogue
from catalogue.database import Database
from catalogue.finishing import NewCaption, Result
from catalogue.intake import Intake, Upload, register_uploads
from catalogue.items import ItemWrite, Written
from catalogue.states import Space, WorkKind
from catalogue.words import text_hash, words_text

VECTOR = np.array([0.6, 0.8], dtype="<f2").tobytes()


def put(database: Database, catalogue: Catalogue, sku: str, **parts: Any) -> Written:
    return database.write(lambda session: items.put_item(session, catalogue, sku, ItemWrite(**parts)))


def patch(database: Database, catalogue: Catalogue, sku: str, **parts: Any) -> Written:
    return database.write(lambda session: items.patch_item(session, catalogue, sku, parts))


def upload_of(content: str) -> Upload:
    return Upload(hashlib.sha256(content.encode()).hexdigest(), len(content), "image/jpeg", 640, 480, 7)


def upload(database: Database, catalogue: Catalogue, sku: str, *contents: str, bulk: bool = False) -> Intake:
    uploads = [upload_of(content) for content in contents]
    return database.write(lambda session: register_uploads(session, catalogue, sku, uploads, bulk=bulk))


def claim(database: Database, *, lease_s: float = 60, batch: int = 10, after: UUID | None = None) -> work.Claim | None:
    return database.write(lambda session: work.claim(session, "worker", lease_s=lease_s, batch=batch, after=after))


def results_of(database: Database, held: work.Claim, caption: str = "blue shirt") -> list[Result]:
    """What a worker would make of a claim, with one made-up vector in every space."""
    photo_ids = [job.photo_id for job in held.jobs]
    with database.reading() as session:
        texts = finishing.read_texts(session, held.catalogue_id, held.model_set_id, photo_ids)
    results = []
    for job in held.jobs:
        own = caption if held.kind is WorkKind.PICTURE else texts[job.photo_id].model
        hashed = text_hash(words_text(texts[job.photo_id].title, texts[job.photo_id].kept or own))
        picture = held.kind is WorkKind.PICTURE
        results.append(
            Result(
                job.work_id,
                job.photo_id,
                NewCaption(caption, 0.9, (("navy shirt", 0.4),)) if picture else None,
                dict.fromkeys(Space if picture else [Space.WORDS], VECTOR),
                hashed,
            )
        )
    return results


def finish(database: Database, held: work.Claim, caption: str = "blue shirt") -> finishing.Finished:
    results = results_of(database, held, caption)
    return database.write(lambda session: finishing.finish(session, held, results))


def finish_all(database: Database, caption: str = "blue shirt") -> int:
    """Work until nothing is due; returns how many batches that took."""
    batches = 0
    while (held := claim(database)) is not None:
        finish(database, held, caption)
        batches += 1
    return batches


def photo(database: Database, catalogue: Catalogue, photo_id: UUID) -> facts.PhotoFacts:
    with database.reading() as session:
        return facts.read_photos(session, catalogue, [photo_id])[photo_id]
