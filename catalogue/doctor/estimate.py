"""What a shop of N photos will need: memory of a view, database, photo store. From what is there, if that is enough."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.database import Database
from catalogue.storage import FileKind, PhotoStore, Place

ENOUGH = 100  # photos: fewer say little about a shop
# Of a photo, measured with the shipped model (256 + 256 + 384 numbers): in a view 547 MiB a 100,000, in SQL a caption,
# three vectors and an item; originals as phones and cameras make them, working copies of 1280 pixels.
VIEW_BYTES = 5_740
SQL_BYTES = 4_500
ORIGINAL_BYTES = 2_000_000
WORKING_BYTES = 180_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """`from_photos` photos were measured for it; 0: the figures are general ones."""

    photos: int
    from_photos: int
    view_bytes: int  # of each API process
    database_bytes: int
    store_bytes: int


def estimate(database: Database, store: PhotoStore, photos: int) -> Estimate:
    with database.reading() as session:
        held = session.scalar(select(func.count()).select_from(models.Photo)) or 0
        if held < ENOUGH:
            return Estimate(
                photos, 0, photos * VIEW_BYTES, photos * SQL_BYTES, photos * (ORIGINAL_BYTES + WORKING_BYTES)
            )
        of_sql = _database_bytes(session, database) / held
        of_original = float(session.scalar(select(func.avg(models.Photo.size_bytes))) or 0)
    each = of_original + _working_bytes(store)
    return Estimate(photos, held, photos * VIEW_BYTES, round(photos * of_sql), round(photos * each))


def _database_bytes(session: Session, database: Database) -> int:
    if database.is_sqlite:
        pages = session.execute(text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"))
        return int(pages.scalar_one())
    return int(session.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def _working_bytes(store: PhotoStore) -> float:
    """The mean over some hundred working copies: names are hashes, so any of them are a fair sample."""
    sizes: list[int] = []
    for prefix in store.prefixes(Place.KEPT):
        sizes += [file.size_bytes for file in store.listing(Place.KEPT, prefix) if file.kind is FileKind.WORKING]
        if len(sizes) >= 4 * ENOUGH:
            break
    return fmean(sizes) if sizes else WORKING_BYTES
