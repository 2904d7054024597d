"""One catalogue's present view and the feed behind it: what is masked at once, what is loaded later, what waits."""

from __future__ import annotations

import time
from dataclasses import replace
from threading import Condition, Lock
from uuid import UUID

import structlog

from catalogue import changes
from catalogue.changes import NumberedChange
from catalogue.database import Database
from catalogue.states import ChangeKind
from indexing import metrics
from indexing.delta import read_delta
from indexing.errors import SeqNotReached, ViewBehind
from indexing.loading import read_catalogue_by_id, read_everything
from indexing.looks import SharedLook
from indexing.overlay import MASKS, masked, overlaid
from indexing.view import View, empty_view

log = structlog.get_logger()


class Tail:
    """The newest view of one catalogue; its methods may be called from any thread.

    `_seen` is the last number that a look has met, `_pending` the lines after the view's number up to it. What they
    hide is masked in `_view` already; what they show is not in it yet.
    """

    def __init__(self, database: Database, catalogue_id: UUID) -> None:
        self._database = database
        self._catalogue_id = catalogue_id
        self._changed = Condition()  # guards the three below
        self._view = self._read_whole()
        self._seen = self._view.seq
        self._pending: list[NumberedChange] = []
        self._loading = Lock()  # one load at a time: columns have one writer
        self._shared_look = SharedLook(self._look)

    @property
    def view(self) -> View:
        return self._view

    @property
    def is_behind(self) -> bool:
        """Something is to be loaded."""
        with self._changed:
            return bool(self._pending)

    def look(self) -> None:
        """Meet all changes committed before this call: what they hide is hidden when it returns."""
        self._shared_look()

    def wait_for(self, seq: int, timeout_s: float) -> View:
        """A view that has loaded `seq`; call `look` before, and have somebody call `catch_up` meanwhile.

        Raises:
            SeqNotReached: SQL has not given that number out. ViewBehind: not loaded in time.
        """
        deadline = time.monotonic() + timeout_s
        with self._changed:
            if seq > self._seen:
                raise SeqNotReached(f"There is no change {seq} yet; the present number is {self._seen}.")
            while self._view.seq < seq:
                rest = deadline - time.monotonic()
                if rest <= 0 or not self._changed.wait(rest):
                    raise ViewBehind(f"Change {seq} is not loaded yet; {self._view.seq} is. Try again in a second.")
            return self._view

    def catch_up(self) -> None:
        """Load what is pending, and swap the view: requests under way keep the old one."""
        with self._loading:
            if not self.is_behind:
                return
            started = time.perf_counter()
            new = self._read_after()
            self._swap(new)
        seconds = time.perf_counter() - started
        metrics.LOAD_SECONDS.labels("changes").observe(seconds)
        log.info("view_loaded", seq=new.seq, ms=round(1e3 * seconds))

    def reload(self) -> None:
        """Read everything anew; the feed could not tell what has changed."""
        with self._loading:
            self._swap(self._read_whole())

    def _look(self) -> None:
        with self._changed:
            seen = self._seen
        with self._database.reading() as session:
            present = changes.present(session, self._catalogue_id)
            lines = [] if present == seen else changes.since(session, self._catalogue_id, seen)
        if present != seen + len(lines):
            # Pruned lines could have hidden anything, so this request cannot be served from the old view.
            log.warning("feed_has_gap", seen=seen, present=present)
            self.reload()
            return
        with self._changed:
            fresh = [line for line in lines if line.seq > self._seen]
            if fresh:
                self._seen = fresh[-1].seq
                self._pending += fresh
                self._show(masked(self._view, fresh))
            self._tell()

    def _swap(self, new: View) -> None:
        with self._changed:
            self._seen = max(self._seen, new.seq)
            self._pending = [line for line in self._pending if line.seq > new.seq]
            # Masks that a look applied while this was loading may be younger than what was loaded.
            self._show(masked(new, self._pending))
            self._tell()

    def _tell(self) -> None:
        """To whoever watches how far behind this is; call it with `_changed` held."""
        name = self._view.catalogue.name
        metrics.BEHIND.labels(name).set(len(self._pending))
        if not self._pending:
            metrics.CURRENT.labels(name).set_to_current_time()

    def _show(self, view: View) -> None:
        """Publish a view; leading lines that only hide an item are done with, being masked.

        A photo that is gone is masked, too, but its item must be read again: it had words in its caption.
        """
        done = 0
        while done < len(self._pending) and _hides_item(self._pending[done]):
            done += 1
        if done:
            view = replace(view, seq=self._pending[done - 1].seq)
            del self._pending[:done]
        self._view = view
        self._changed.notify_all()

    def _read_whole(self) -> View:
        started = time.perf_counter()
        with self._database.reading() as session:
            catalogue = read_catalogue_by_id(session, self._catalogue_id)
            seq = changes.present(session, self._catalogue_id)
            batch = read_everything(session, catalogue)
        view = overlaid(empty_view(catalogue), batch, seq)
        seconds = time.perf_counter() - started
        metrics.LOAD_SECONDS.labels("whole").observe(seconds)
        log.info("view_read", seq=seq, items=len(batch.items), photos=len(batch.fresh), ms=round(1e3 * seconds))
        return view

    def _read_after(self) -> View:
        with self._changed:
            view, lines, seen = self._view, list(self._pending), self._seen
        with self._database.reading() as session:
            seq = changes.present(session, self._catalogue_id)
            if seq > seen:
                lines += changes.since(session, self._catalogue_id, seen)
            whole = any(line.kind is ChangeKind.CATALOGUE for line in lines) or seq != view.seq + len(lines)
            batch = None if whole or view.is_worn else read_delta(session, view, lines)
        return self._read_whole() if batch is None else overlaid(view, batch, seq)


def _hides_item(line: NumberedChange) -> bool:
    return line.kind in MASKS and line.photo_id is None
