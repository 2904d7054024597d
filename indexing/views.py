"""The views of an API process, one a catalogue: looked at in the request, loaded by a thread in the background."""

from __future__ import annotations

from collections import OrderedDict
from threading import Condition, Lock, Thread
from uuid import UUID

import structlog

from catalogue.database import Database
from catalogue.errors import VitrineError
from indexing.tail import Tail
from indexing.view import View

log = structlog.get_logger()

FOLLOW_EVERY_S = 0.5  # without requests, too: the first search after an import is not to show the shop before it
PAUSE_AFTER_FAULT_S = 1.0


class Views:
    """Made once a process, after any fork; `close` ends its thread.

    Args:
        most_bytes: above it the views that were asked for longest ago are dropped, and loaded again when asked for.
            The last one stays, whatever its size.
    """

    def __init__(self, database: Database, most_bytes: int) -> None:
        self._database = database
        self._most_bytes = most_bytes
        self._tails: OrderedDict[UUID, Tail] = OrderedDict()  # the one asked for last stands last
        self._opening: dict[UUID, Lock] = {}
        self._state = Condition()  # guards what is above and below
        self._behind: set[UUID] = set()
        self._closing = False
        self._thread: Thread | None = None

    def present(self, catalogue_id: UUID) -> View:
        """The view to search: everything hidden or gone before this call is not in it.

        What was shown since may not be in it yet; that is loaded in the background, requests or not. The first call
        of a catalogue loads its view.

        Raises:
            NotFound: there is no such catalogue.
        """
        return self._looked_at(catalogue_id).view

    def wait_for(self, catalogue_id: UUID, seq: int, timeout_s: float) -> View:
        """As `present`, but with everything up to `seq` in it.

        Raises:
            SeqNotReached: SQL has not given that number out. ViewBehind: not loaded within `timeout_s`.
        """
        return self._looked_at(catalogue_id).wait_for(seq, timeout_s)

    def is_behind(self, catalogue_id: UUID) -> bool:
        """Something that was shown is not loaded yet, as far as the last look could tell."""
        tail = self._tails.get(catalogue_id)
        return tail is not None and tail.is_behind

    def loaded_seq(self, catalogue_id: UUID) -> int | None:
        """The number that is loaded; None before the first call of a catalogue."""
        tail = self._tails.get(catalogue_id)
        return None if tail is None else tail.view.seq

    def close(self) -> None:
        with self._state:
            self._closing = True
            self._state.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _looked_at(self, catalogue_id: UUID) -> Tail:
        with self._state:
            tail = self._tails.get(catalogue_id)
            if tail is not None:
                self._tails.move_to_end(catalogue_id)
        if tail is None:
            tail = self._open(catalogue_id)
        tail.look()
        if tail.is_behind:
            self._wake(catalogue_id)
        return tail

    def _open(self, catalogue_id: UUID) -> Tail:
        with self._state:
            opening = self._opening.setdefault(catalogue_id, Lock())
        with opening:  # whoever comes second waits for the first's load instead of loading too
            tail = self._tails.get(catalogue_id)
            if tail is None:
                tail = Tail(self._database, catalogue_id)
                self._follow(catalogue_id, tail)
            return tail

    def _follow(self, catalogue_id: UUID, tail: Tail) -> None:
        with self._state:
            self._tails[catalogue_id] = tail
            self._drop_oldest()
            if self._thread is None and not self._closing:
                self._thread = Thread(target=self._load, name="views", daemon=True)
                self._thread.start()

    def _drop_oldest(self) -> None:
        """Keep within the memory that views may take; call it with `_state` held."""
        sizes = {catalogue_id: tail.view.size_bytes for catalogue_id, tail in self._tails.items()}
        while len(self._tails) > 1 and sum(sizes.values()) > self._most_bytes:
            catalogue_id, _ = self._tails.popitem(last=False)
            log.info("view_dropped", catalogue_id=str(catalogue_id), bytes=sizes.pop(catalogue_id))

    def _wake(self, catalogue_id: UUID) -> None:
        with self._state:
            self._behind.add(catalogue_id)
            self._state.notify_all()

    def _load(self) -> None:
        while (turn := self._next()) is not None:
            for catalogue_id in turn:
                tail = self._tails.get(catalogue_id)
                if tail is None:  # dropped meanwhile
                    continue
                try:
                    tail.look()
                    tail.catch_up()
                except VitrineError as error:  # a database that is away: no trace of the stack every second
                    log.warning("view_not_loaded", catalogue_id=str(catalogue_id), code=error.code)
                    self._pause()
                except Exception:  # whatever it was, the old view serves and the next try may succeed
                    log.exception("view_not_loaded", catalogue_id=str(catalogue_id))
                    self._pause()

    def _pause(self) -> None:
        with self._state:
            self._state.wait_for(lambda: self._closing, PAUSE_AFTER_FAULT_S)

    def _next(self) -> set[UUID] | None:
        """What a request found behind, at once; else, after a while, all; None when closing."""
        with self._state:
            self._state.wait_for(lambda: self._closing or bool(self._behind), FOLLOW_EVERY_S)
            self._drop_oldest()
            turn, self._behind = self._behind or set(self._tails), set()
            return None if self._closing else turn
