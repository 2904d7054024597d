"""What one process shares among its requests: made once, after the fork, and closed at its end. Does no work itself."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flask import current_app

from catalogue.connections import REQUESTS
from catalogue.database import Database
from catalogue.decoding import DecoderPool
from catalogue.images import Limits
from catalogue.secret import secret_key
from catalogue.settings import Settings
from catalogue.storage import PhotoStore
from indexing.searcher import Searcher
from indexing.views import Views
from service import metrics
from service.cursors import Cursors
from service.door import BODIES_AT_ONCE
from service.encoders import CACHE_SHARE, Encoders
from service.keyring import Keyring
from workers.bell import Bell

EXTENSION = "vitrine"
MOST_DECODERS = 2  # a large photo may take more than a gigabyte
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
    bodies: threading.BoundedSemaphore  # places for requests whose bodies are read
    cursors: Cursors
    keyring: Keyring
    limits: Limits
    incoming: Path  # uploads on their way through a request

    def close(self) -> None:
        self.keyring.close()
        self.views.close()
        self.decoder.close()
        self.bell.close()
        self.database.close()


def open_services(settings: Settings) -> Services:
    """Open everything but the models and the decoder's children, which start with their first use."""
    database = Database(settings.database_url, REQUESTS)
    secret = secret_key(settings)
    return Services(
        settings=settings,
        database=database,
        photos=PhotoStore(settings.photos_url),
        decoder=DecoderPool(children=_decoders(settings), on_death=metrics.DECODER_DEATHS.inc),
        encoders=Encoders(settings),
        views=Views(database, settings.cache_bytes - settings.cache_bytes // CACHE_SHARE),
        searcher=Searcher(),
        bell=Bell(settings),
        bodies=threading.BoundedSemaphore(BODIES_AT_ONCE),
        cursors=Cursors(secret),
        keyring=Keyring(database, secret),
        limits=Limits(settings.max_photo_bytes, settings.max_photo_pixels),
        incoming=_empty_folder(settings.data / "incoming"),
    )


def services() -> Services:
    """The services of the app that handles this request."""
    held: Services = current_app.extensions[EXTENSION]
    return held


def _decoders(settings: Settings) -> int:
    """Photos that this process decodes at a time: more than there are cores would cost memory and win nothing."""
    return max(1, min(MOST_DECODERS, (os.cpu_count() or 1) // settings.processes))


def _empty_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.iterdir():
        with suppress(FileNotFoundError):  # another process, which starts beside this one, was first
            if left.stat().st_mtime < time.time() - ABANDONED_S:
                left.unlink()
    return folder
