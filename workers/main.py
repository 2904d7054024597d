"""A caption worker's process: wires settings, database, model, task, sweeper; listens."""

from __future__ import annotations

import os
import socket
import threading
from typing import Any

import structlog
from celery import signals

from captioning import threads
from captioning.errors import CaptioningError
from catalogue.catalogues import read_catalogue
from catalogue.database import Database
from catalogue.errors import VitrineError
from catalogue.settings import Settings
from catalogue.storage import PhotoStore
from workers.app import OPTIONS, create_app
from workers.bell import Bell
from workers.models import Models
from workers.pipeline import Pipeline
from workers.sweeper import Sweeper
from workers.tasks import add_caption_task

BATCH, BATCH_ON_CPU = 32, 16
log = structlog.get_logger()


def main(settings: Settings) -> None:
    """Listen until SIGTERM or SIGINT: the batch in hand is then finished, and the one read ahead is given back."""
    threads.configure(settings.threads)
    listen(settings)


def listen(settings: Settings) -> None:
    owner = f"{socket.gethostname()}:{os.getpid()}"
    database, photos, models = Database(settings.database_url), PhotoStore(settings.photos_url), Models(settings)
    app = create_app(settings)
    bell = Bell(settings, app)
    _warm(database, models)
    pipeline = Pipeline(database, photos, models, owner=owner, lease_s=settings.lease_s, batch=_batch(models.device))
    sweeper = Sweeper(database, photos, bell, owner=owner, device=lambda: models.device)
    stopping = threading.Event()
    add_caption_task(app, pipeline, bell, stopping)
    _connect(stopping)
    sweeper.start()
    try:
        app.worker_main(["--quiet", "worker", "--queues=caption", f"--hostname=caption@{owner}", *OPTIONS])
    finally:
        sweeper.stop()
        pipeline.close()
        database.close()


def _connect(stopping: threading.Event) -> None:
    """Celery says when a stop was asked; it is not to touch our logging."""

    def stop(**_facts: Any) -> None:
        stopping.set()

    def keep_ours(**_facts: Any) -> None:
        return

    signals.worker_shutting_down.connect(stop, weak=False)
    signals.setup_logging.connect(keep_ours, weak=False)


def _warm(database: Database, models: Models) -> None:
    """Load the active set's model before the first ring; a fault of it stops the work that needs it, not the worker."""
    try:
        with database.reading() as session:
            active = read_catalogue(session).active_set
        if active is not None:
            models.warm(active.checkpoint)
    except (VitrineError, CaptioningError) as error:
        log.exception("model_not_ready", code=error.code)


def _batch(device: str) -> int:
    """Photos in one pass: a CPU gains nothing from more, and gives shorter waits with fewer."""
    return BATCH_ON_CPU if device in {"auto", "cpu"} else BATCH
