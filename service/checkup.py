"""The whole house looked over: rows, files, vectors, models and erasures together. Owns the list; each check, its room.

Drills and the command line ask here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from sqlalchemy import select

from captioning import checkpoint as checkpoints
from captioning.errors import CaptioningError
from catalogue import doctor, models
from catalogue.catalogues import ADOPTING
from catalogue.database import Database
from catalogue.decoding import DecoderPool
from catalogue.doctor import CHECKS, Case, Check, House, Kind, Report
from catalogue.images import Limits
from catalogue.settings import Settings
from catalogue.storage import PhotoStore
from indexing import checkup as vectors
from workers.erasing import erase_due

OVERDUE = timedelta(hours=1)
UNERASED, MODEL = "erasure-overdue", "model-missing"


def examine(settings: Settings, database: Database, photos: PhotoStore, more: Sequence[Check] = ()) -> Report:
    """Name all that differs; changes nothing. `more` may be `CONTENTS`: read every file, too."""
    with _house(settings, database, photos) as house:
        return doctor.examine(house, (*_checks(settings), *more))


def repair(settings: Settings, database: Database, photos: PhotoStore, more: Sequence[Check] = ()) -> Report:
    """As `examine`, and mend what can be mended; safe while the service runs, and twice."""
    with _house(settings, database, photos) as house:
        return doctor.repair(house, (*_checks(settings), *more))


@contextmanager
def _house(settings: Settings, database: Database, photos: PhotoStore) -> Iterator[House]:
    limits = Limits(settings.max_photo_bytes, settings.max_photo_pixels)
    with DecoderPool(children=1) as decoder:  # its child starts with the first photo that needs one
        yield doctor.house(database, photos, decoder, limits)


def _checks(settings: Settings) -> tuple[Check, ...]:
    model = Kind("missing or damaged checkpoints of model sets in use", "Run `vitrine prepare`.")
    return (
        Check(partial(_models, settings), {MODEL: model}),
        Check(
            _erasures,
            {UNERASED: Kind("deleted photos whose files should be gone by now", "--repair erases them.", _erase)},
        ),
        *CHECKS,
        vectors.CHECK,
    )


def _models(settings: Settings, house: House) -> Iterator[Case]:
    with house.database.reading() as session:
        sets = {row.id: row for row in session.scalars(select(models.ModelSet))}
        catalogues = session.execute(select(models.Catalogue.active_set_id, models.Catalogue.settings)).all()
        used = {str(set_id) for active, kept in catalogues for set_id in (active, kept.get(ADOPTING)) if set_id}
        in_use = {row.checkpoint: row for set_id, row in sets.items() if str(set_id) in used}
        session.expunge_all()
    for name, row in in_use.items():
        if not _is_whole(settings, row):
            yield Case(MODEL, name, row.catalogue_id, row.id)


def _is_whole(settings: Settings, row: models.ModelSet) -> bool:
    folder = settings.models_folder / row.checkpoint
    try:
        manifest = checkpoints.read_manifest(folder)
        checkpoints.read_weights(folder, manifest)
    except CaptioningError:
        return False
    prints = manifest.fingerprints
    found = (prints.captioner, prints.look, prints.meaning, prints.words)
    return found == (row.captioner, row.look, row.meaning, row.words)


def _erasures(house: House) -> Iterator[Case]:
    erasure = models.Erasure
    with house.database.reading() as session:
        due = session.scalars(select(erasure.sha256).where(erasure.due_at < house.at - OVERDUE).distinct()).all()
    for sha256 in due:
        yield Case(UNERASED, sha256)


def _erase(house: House, cases: Sequence[Case]) -> int:
    """None is erased while a backup is being made."""
    while erase_due(house.database, house.photos):
        pass
    left = {case.shown for case in _erasures(house)}
    return sum(case.shown not in left for case in cases)
