"""Holds claims: a thread renews them at a third of the lease, and what is left at the end is given back."""

from __future__ import annotations

import threading
from types import TracebackType

import structlog

from catalogue import work
from catalogue.database import Database
from catalogue.errors import VitrineError

log = structlog.get_logger()


class Hold:
    """The claims in this worker's hands. A context manager, entered for each run of the pipeline.

    What could not be given back when a run ended (the database was away) is given back when the next one begins: its
    attempts are not to count.
    """

    def __init__(self, database: Database, lease_s: float) -> None:
        self._database = database
        self._lease_s = lease_s
        self._tokens: set[int] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Hold:
        """Raises DatabaseAway, DatabaseBusy while there are claims that cannot be given back."""
        for token in self._held():
            self.give_back(token)
        self._ended.clear()
        self._thread = threading.Thread(target=self._renew_until_ended, name="renew-leases", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop renewing, and return what was not worked on, with its attempts, so that others may take it at once."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        try:
            for token in self._held():
                self.give_back(token)
        except VitrineError as fault:  # whatever ended the run is what is to be raised
            log.warning("work_not_given_back", code=fault.code)

    def add(self, token: int) -> None:
        with self._lock:
            self._tokens.add(token)

    def drop(self, token: int) -> None:
        """Done with it: finished, failed or lost."""
        with self._lock:
            self._tokens.discard(token)

    def give_back(self, token: int) -> None:
        """Return a claim untouched: due at once, and the attempt not counted."""
        returned = self._database.write(lambda session: work.give_back(session, token))
        self.drop(token)
        log.info("work_given_back", jobs=returned)

    def _held(self) -> list[int]:
        with self._lock:
            return sorted(self._tokens)

    def _renew_until_ended(self) -> None:
        while not self._ended.wait(self._lease_s / 3):
            for token in self._held():
                self._renew(token)

    def _renew(self, token: int) -> None:
        try:
            still = self._database.write(lambda session: work.renew(session, token, lease_s=self._lease_s))
        except VitrineError as error:
            # Two more tries before the lease runs out; if all fail, fencing keeps the late result from being written.
            log.warning("lease_not_renewed", code=error.code)
            return
        if still == 0:  # finished a moment ago, or lost: then finishing says so
            self.drop(token)
