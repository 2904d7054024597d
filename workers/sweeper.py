"""A thread of every worker: heartbeats, and what must happen even when nobody rings. Does no work of photos itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

import structlog

from catalogue import changes, query_photos, work
from catalogue.database import Database
from catalogue.errors import VitrineError
from catalogue.finishing import fail_exhausted
from catalogue.leases import acquire, beat, release
from catalogue.storage import PhotoStore
from catalogue.switching import switch_when_complete
from workers.bell import Bell
from workers.erasing import erase_due

EVERY_S = 2.0
BEAT_EVERY_S = 5.0
PRUNE_EVERY_S = 60.0
LEASE_S = 10.0
log = structlog.get_logger()


class Sweeper:
    """Sweeps every two seconds, while it is the one worker that holds the lease; beats for its own worker always."""

    def __init__(
        self, database: Database, photos: PhotoStore, bell: Bell, *, owner: str, device: Callable[[], str]
    ) -> None:
        self._database = database
        self._photos = photos
        self._bell = bell
        self._owner = owner
        self._device = device
        self._ended = threading.Event()
        self._beat_due = self._prune_due = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread and let go of the lease, so that another worker sweeps at once."""
        self._ended.set()
        self._thread.join()

    def sweep(self) -> None:
        """One round: declare failed what has killed six workers, ring for what is due, and keep the house tidy.

        Last what needs the photo store, so that its absence holds up nothing else.
        """
        token = self._database.write(lambda session: acquire(session, "sweeper", self._owner, lease_s=LEASE_S))
        if token is None:
            return
        self._fail_exhausted()
        with self._database.reading() as session:
            due = work.due_exists(session)
        if due:
            self._bell.ring("caption")
        for catalogue_id in self._database.write(switch_when_complete):
            log.info("model_set_switched", catalogue_id=str(catalogue_id))
        if time.monotonic() >= self._prune_due:
            self._prune_due = time.monotonic() + PRUNE_EVERY_S
            self._database.write(changes.prune)
            self._database.write(work.prune_tokens)
            self._database.write(query_photos.prune)
        erase_due(self._database, self._photos)

    def _run(self) -> None:
        while True:
            for duty in (self._beat, self.sweep):
                try:
                    duty()
                except VitrineError as error:
                    log.warning("sweep_failed", code=error.code, reason=str(error))
                except Exception:  # a fault of ours; the next round may succeed, and nobody misses a dead thread
                    log.exception("sweep_failed")
            if self._ended.wait(EVERY_S):
                break
        self._let_go()

    def _beat(self) -> None:
        if time.monotonic() < self._beat_due:
            return
        self._beat_due = time.monotonic() + BEAT_EVERY_S
        self._database.write(lambda session: beat(session, self._owner, queue="caption", device=self._device()))

    def _fail_exhausted(self) -> None:
        with self._database.reading() as session:
            worn_out = work.exhausted(session)
        for each in worn_out:  # a transaction each: after its number a transaction must lock nothing more
            self._database.write(partial(fail_exhausted, worn_out=each))
        if worn_out:
            log.warning("photos_failed_for_good", jobs=len(worn_out))

    def _let_go(self) -> None:
        try:
            token = self._database.write(lambda session: acquire(session, "sweeper", self._owner, lease_s=LEASE_S))
            if token is not None:
                self._database.write(lambda session: release(session, "sweeper", token))
        except VitrineError as error:
            log.warning("sweeper_lease_kept", code=error.code)
