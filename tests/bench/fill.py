"""A shop of any size made of real products: each again and again, its vectors nudged a little. Writes SQL by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert, update
from uuid_utils.compat import uuid7

from catalogue import models
from catalogue.catalogues import Catalogue, ModelSet, read_catalogue
from catalogue.database import Database
from catalogue.settings import Settings
from catalogue.states import CaptionSource, FieldType, PhotoStatus, Space
from tests.bench.samples import Samples, Vectors
from tests.integration.running import bare_environment, vitrine

NUDGE = 0.2  # length of the noise beside a unit vector: a copy's cosine with its original is 0.98
AT_ONCE = 2_000
SIZES = ("XS", "S", "M", "L", "XL")
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
TYPES = {
    "year": FieldType.NUMBER, "shelf": FieldType.NUMBER, "box": FieldType.NUMBER, "sale": FieldType.BOOLEAN,
    "sizes": FieldType.STRINGS,
}  # fmt: skip


@dataclass(frozen=True)
class Filled:
    """A stopped shop; `vectors` (n, d) are what SQL holds, made unit again, in the order of `skus`."""

    data: Path
    skus: list[str]
    attributes: list[dict[str, Any]]
    vectors: Vectors


def fill(data: Path, samples: Samples, items: int, seed: int) -> Filled:
    """Migrate and adopt by `vitrine prepare`, then write `items` items, each with one ready photo."""
    prepared = vitrine("prepare", env=bare_environment() | {"VITRINE_DATA": str(data)}, cwd=data.parent)
    if prepared.returncode:
        raise RuntimeError(prepared.stderr)
    settings = Settings(data=data)
    luck = np.random.default_rng(seed)
    of = luck.integers(0, len(samples.products), items)
    stored = {space: nudged(rows[of], luck) for space, rows in samples.vectors.items()}
    attributes = [_attributes(samples.products[each].attributes, luck) for each in of]
    skus = [f"BENCH-{number:06d}" for number in range(items)]
    database = Database(settings.database_url)
    with database.reading() as session:
        catalogue = read_catalogue(session)
    _register(database, catalogue, attributes)
    for first in range(0, items, AT_ONCE):
        rows = range(first, min(items, first + AT_ONCE))
        for table, its_rows in _rows(catalogue, samples, rows, of, skus, attributes, stored, luck):
            _insert(database, table, its_rows)
    _tell(database, catalogue)
    database.close()
    return Filled(data, skus, attributes, {space: unit(values) for space, values in stored.items()})


def nudged(vectors: NDArray[np.float32], luck: np.random.Generator) -> NDArray[np.float16]:
    """Near neighbours of unit vectors, as SQL keeps them."""
    noise = luck.standard_normal(vectors.shape, np.float32)
    noise *= NUDGE / np.sqrt(vectors.shape[1])
    return unit(vectors + noise).astype(np.float16)


def unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    rows = vectors.astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def _attributes(real: dict[str, str], luck: np.random.Generator) -> dict[str, Any]:
    """The product's own, and evenly spread ones to filter by: half are on sale, a shelf holds 1 %, a box 0.01 %."""
    return {
        **real,
        "year": int(luck.integers(2010, 2027)),
        "sale": bool(luck.integers(2)),
        "shelf": int(luck.integers(100)),
        "box": int(luck.integers(10_000)),
        "sizes": [size for size in SIZES if luck.random() < 0.6],
    }


def _insert(database: Database, table: Any, rows: list[dict[str, Any]]) -> None:
    database.write(lambda session: session.execute(insert(table), rows))


def _register(database: Database, catalogue: Catalogue, attributes: list[dict[str, Any]]) -> None:
    names = sorted({name for each in attributes for name in each})
    rows = [
        {"catalogue_id": catalogue.id, "name": name, "type": TYPES.get(name, FieldType.STRING), "created_at": BEGAN}
        for name in names
    ]
    _insert(database, models.Field, rows)


def _rows(
    catalogue: Catalogue, samples: Samples, rows: range, of: NDArray[np.int64], skus: list[str],
    attributes: list[dict[str, Any]], stored: dict[Space, NDArray[np.float16]], luck: np.random.Generator,
) -> Iterator[tuple[Any, list[dict[str, Any]]]]:  # fmt: skip
    """The rows of some items, table by table."""
    prints = _prints(catalogue)
    at = {row: BEGAN + timedelta(seconds=row) for row in rows}
    item_ids, photo_ids = ({row: UUID(str(uuid7())) for row in rows} for _ in range(2))
    prices = np.exp(luck.normal(3.6, 0.7, len(rows)))
    yield models.Item, [
        {
            "catalogue_id": catalogue.id, "id": item_ids[row], "sku": skus[row], "version": 1, "url": None,
            "title": f"{samples.products[of[row]].title} {row}", "attributes": attributes[row],
            "price_minor": round(100 * float(price)), "published": True, "available": row % 10 != 0,
            "group": f"style-{row // 4}", "created_at": at[row], "updated_at": at[row],
        }
        for row, price in zip(rows, prices, strict=True)
    ]  # fmt: skip
    yield models.Photo, [
        {
            "catalogue_id": catalogue.id, "id": photo_ids[row], "item_id": item_ids[row], "position": 0,
            "sha256": f"{row:064x}", "size_bytes": 40_000, "media_type": "image/jpeg", "width": 900, "height": 1200,
            "difference_hash": row, "status": PhotoStatus.READY, "attempts": 1, "created_at": at[row],
            "ready_at": at[row], "ready_seq": 1,
        }
        for row in rows
    ]  # fmt: skip
    yield models.Caption, [
        {
            "catalogue_id": catalogue.id, "id": UUID(str(uuid7())), "photo_id": photo_ids[row],
            "text": samples.captions[of[row]], "confidence": 0.5, "alternatives": [], "source": CaptionSource.MODEL,
            "fingerprint": prints.captioner, "created_at": at[row],
        }
        for row in rows
    ]  # fmt: skip
    yield models.Vector, [
        {
            "catalogue_id": catalogue.id, "photo_id": photo_ids[row], "space": space,
            "fingerprint": getattr(prints, space.value), "values": stored[space][row].tobytes(),
        }
        for row in rows
        for space in Space
    ]  # fmt: skip


def _prints(catalogue: Catalogue) -> ModelSet:
    if catalogue.active_set is None:
        raise RuntimeError("`vitrine prepare` has adopted no model.")
    return catalogue.active_set


def _tell(database: Database, catalogue: Catalogue) -> None:
    """One number for all of it: no view has been loaded yet."""
    database.write(
        lambda session: session.execute(
            update(models.CatalogueSeq).where(models.CatalogueSeq.catalogue_id == catalogue.id).values(seq=1)
        )
    )


def written(filled: Filled) -> str:
    """How large it has become, for the log."""
    size = sum(file.stat().st_size for file in filled.data.glob("*.sqlite*"))
    return json.dumps({"items": len(filled.skus), "database_bytes": size})
