"""Makes a new process ready: a thread loads the text encoder and the view before the first search asks for them."""

from __future__ import annotations

import threading

import structlog
from flask import current_app

from catalogue import migrate
from catalogue.catalogues import read_catalogue
from catalogue.errors import VitrineError
from indexing import filters
from service.errors import ModelNotReady
from service.services import Services

log = structlog.get_logger()

EXTENSION = "vitrine.warming"
RETRY_S = 1.0
_LOADING = "the text encoder and the index are being loaded"


def warming() -> Warming:
    """That of the app which handles this request."""
    held: Warming = current_app.extensions[EXTENSION]
    return held


class Warming:
    """Tries until it succeeds or is stopped; `failing` says what is still missing, and is empty once all is there."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stopped = threading.Event()
        self._failing: tuple[str, ...] = (_LOADING,)
        self._thread = threading.Thread(target=self._run, name="warming", daemon=True)

    @property
    def failing(self) -> tuple[str, ...]:
        return self._failing

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._warm()
            except VitrineError as error:
                self._wait(str(error))
            except Exception:
                log.exception("warming_failed")
                self._wait("Something unexpected failed; the log says what.")
            else:
                self._failing = ()
                log.info("ready")
                return

    def _wait(self, reason: str) -> None:
        if self._failing != (reason,):
            log.warning("not_ready", reason=reason)
        self._failing = (reason,)
        self._stopped.wait(RETRY_S)

    def _warm(self) -> None:
        migrate.check(self._services.database)
        with self._services.database.reading() as session:
            catalogue = read_catalogue(session)
        if catalogue.active_set is None:
            raise ModelNotReady("The catalogue has no model yet. `vitrine up` adopts the shipped one.")
        self._services.encoders.text(catalogue.active_set, "a photo")
        self._services.views.present(catalogue.id)
        filters.parse("sku EXISTS")  # reads the grammar
