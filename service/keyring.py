"""Keys as requests need them: read from SQL each time, so that every process refuses a revoked one at once.

Owns when a use is written down: behind the requests, at most once a minute, so that no reader waits for a writer.
"""

from __future__ import annotations

import threading
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from catalogue import keys
from catalogue.database import Database
from catalogue.errors import VitrineError
from catalogue.keys import Key
from service.errors import KeyRefused, KeyRequired

log = structlog.get_logger()

RECORD_EVERY_S = 60.0


class Keyring:
    """The keys of the installation. Any number of threads may use one."""

    def __init__(self, database: Database, secret: bytes) -> None:
        self.secret = secret
        self._database = database
        self._has_keys = False  # once true it stays so: rows of keys are never deleted
        self._used: set[UUID] = set()
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def admit(self, text: str | None) -> Key | None:
        """The key of this text; None in open mode, where there are no keys and none is asked for.

        Raises:
            KeyRequired: there are keys, and none was sent. KeyRefused: it is unknown, wrong or revoked.
        """
        key = self._read(text)
        if key is not None:
            self._note(key.id)
            return key
        if not self._has_keys:
            return None
        if text is None:
            raise KeyRequired(
                "This call needs a key. Send it as `Authorization: Bearer vt_live_…`; the command line takes --key, or "
                "VITRINE_KEY."
            )
        raise KeyRefused("This key is not one of this service, or it has been revoked. Ask its admin for another.")

    def record_use(self) -> None:
        """Write down which keys were used since this was last called."""
        with self._lock:
            used, self._used = sorted(self._used), set()
            self._timer = None
        if not used:
            return
        try:
            self._database.write(lambda session: keys.record_use(session, used))
        except (VitrineError, SQLAlchemyError):  # it is only a note, and the next use makes it again
            log.warning("use_of_keys_not_recorded", keys=len(used))

    def close(self) -> None:
        with self._lock:
            timer = self._timer
        if timer is not None:
            timer.cancel()
            timer.join()
        self.record_use()

    def _read(self, text: str | None) -> Key | None:
        if self._has_keys and text is None:
            return None
        with self._database.reading() as session:
            key = None if text is None else keys.find(session, text, self.secret)
            if key is not None or not self._has_keys:
                self._has_keys = key is not None or keys.are_there(session)
        return key

    def _note(self, key_id: UUID) -> None:
        with self._lock:
            self._used.add(key_id)
            if self._timer is None:
                self._timer = threading.Timer(RECORD_EVERY_S, self.record_use)
                self._timer.daemon = True
                self._timer.start()
