"""What one process shares among its requests: made once, after the fork, and closed at its end. Does no work itself."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from flask import current_app

from catalogue.database import Database
from catalogue.decoding import DecoderPool
from catalogue.images import Limits
from catalogue.secret import secret_key
from catalogue.settings import Settings
from catalogue.storage import PhotoStore
from indexing.searcher import Searcher
from indexing.views import Views
from service.cursors import Cursors
from service.encoders import Encoders
from workers.bell import Bell

EXTENSION = "vitrine"
ABANDONED_S = 3600  # an upload that is still there after an hour belonged to a process that was killed


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    database: Database
    photos: PhotoStore
    decoder: DecoderPool
    encoders: Encoders
    views: Views
    searcher: Searcher
    bell: Bell
    cursors: Cursors
    limits: Limits
    incoming: Path  # uploads on their way through a request

    def close(self) -> None:
        self.views.close()
        self.decoder.close()
        self.bell.close()
        self.database.close()


def open_services(settings: Settings) -> Services:
    """Open everything but the models and the decoder's children, which start with their first use."""
    database = Database(settings.database_url)
    return Services(
        settings=settings,
        database=database,
        photos=PhotoStore(settings.photos_url),
        decoder=DecoderPool(),
        encoders=Encoders(settings),
        views=Views(database),
        searcher=Searcher(),
        bell=Bell(settings),
        cursors=Cursors(secret_key(settings)),
        limits=Limits(settings.max_photo_bytes, settings.max_photo_pixels),
        incoming=_empty_folder(settings.data / "incoming"),
    )


def services() -> Services:
    """The services of the app that handles this request."""
    held: Services = current_app.extensions[EXTENSION]
    return held


def _empty_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.iterdir():
        if left.stat().st_mtime < time.time() - ABANDONED_S:
            left.unlink(missing_ok=True)
    return folder
