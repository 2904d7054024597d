"""The pool of children that decode strangers' files. Owns processes and turns; what decoding is, images.py says.

A decoder is C code fed with hostile bytes: it may crash, never end, or want all memory. A child may (confinement.py
says how much); a server thread may not.
Children are spawned, never forked: the parent may have threads, FAISS and ONNX Runtime running.
Each has a pipe of its own. A pool whose children share queues and locks breaks as a whole when one is killed while it
holds one of them (pebble's did when children were killed at random); here a killed child costs its own photo a retry.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType

import structlog
from PIL import Image

from catalogue import confinement, images
from catalogue.errors import ImageRejected, UploadsBusy
from catalogue.images import ACCEPTED, TOO_MUCH_MEMORY, Decoded, Limits

log = structlog.get_logger()

# A child is replaced after so many photos, which bounds what a leak in a decoder can cost.
PHOTOS_PER_CHILD = 500
TIME_LIMIT_S = 20.0
TURN_LIMIT_S = 30.0  # for a child to be free
START_LIMIT_S = 60.0  # for a child's imports; a quiet machine takes a third of a second

_context = multiprocessing.get_context("spawn")


class DecoderPool:
    """Decodes in children, each started when first needed. Any number of threads may call it.

    Args:
        children: how many photos are decoded at a time; more callers wait their turn.
        time_limit_s: how long one photo may take, its turn not counted.
        turn_limit_s: how long a caller waits for a child to be free.
        on_death: told of each child that died of a photo, or was killed.
    """

    def __init__(
        self,
        children: int = 2,
        time_limit_s: float = TIME_LIMIT_S,
        turn_limit_s: float = TURN_LIMIT_S,
        on_death: Callable[[], None] | None = None,
    ) -> None:
        self._on_death = on_death
        self._time_limit_s = time_limit_s
        self._turn_limit_s = turn_limit_s
        self._lock = threading.Lock()  # around starting and ending children
        self._alive: set[_Child] = set()
        self._closed = False
        # None is a place without a child yet; last in, first out, so that a warm child comes before a cold place.
        self._places: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(children):
            self._places.put(None)

    def decode(self, path: Path, limits: Limits) -> Decoded:
        """As images.decode, but whatever the file does, the caller gets an answer.

        When a child dies another one tries again: it may have been killed for another's sake (memory, a signal).

        Raises:
            ImageRejected: also when decoding took longer than the limit, or killed its process twice.
            PhotoTooLarge: as images.decode.
            UploadsBusy: no child was free in time, or none could be started.
        """
        for attempt in (1, 2):
            try:
                return self._decode_in_a_child(path, limits)
            except _ChildDied:
                log.warning("decoder_died", attempt=attempt)
                if self._on_death is not None:
                    self._on_death()
        raise ImageRejected(
            "decoder-died", f"Reading the photo crashed its decoder. Save it again as {ACCEPTED} and send that."
        )

    def close(self) -> None:
        """End the children at once; photos in their hands are given up. `decode` then raises RuntimeError."""
        with self._lock:
            self._closed = True
            for child in self._alive:
                child.kill()
            self._alive.clear()

    def __enter__(self) -> DecoderPool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _decode_in_a_child(self, path: Path, limits: Limits) -> Decoded:
        try:
            child = self._places.get(timeout=self._turn_limit_s)
        except queue.Empty:
            raise UploadsBusy("Too many photos are being read already. Send this one again in a few seconds.") from None
        healthy = False
        try:
            child = child or self._start()
            answer = child.decode(path, limits)
            healthy = not child.spent
        finally:
            if child is not None and not healthy:
                self._end(child)
            self._places.put(child if healthy else None)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _start(self) -> _Child:
        with self._lock:
            if self._closed:
                raise RuntimeError("The decoder pool is closed.")
            try:
                child = _Child(self._time_limit_s)
            except OSError as error:  # no memory, or no processes left
                raise _not_started() from error
            self._alive.add(child)
            return child

    def _end(self, child: _Child) -> None:
        with self._lock:
            child.end()
            self._alive.discard(child)


class _ChildDied(Exception):
    """The child ended while it had the photo."""


class _Child:
    """One process and the pipe to it; used by one thread at a time."""

    def __init__(self, time_limit_s: float) -> None:
        self._time_limit_s = time_limit_s
        self._pipe, theirs = _context.Pipe()
        with theirs:  # left open here, it would hide the child's death
            self._process = _context.Process(target=_serve, args=(theirs, time_limit_s), name="decoder", daemon=True)
            self._process.start()
        self._ready = False
        self._photos = 0
        self.spent = False

    def decode(self, path: Path, limits: Limits) -> Decoded | Exception:
        """The photo, or what images.decode raised, or that time was up.

        Raises:
            _ChildDied: while it had the photo.
            UploadsBusy: it never came to the photo.
        """
        try:
            self._wait_until_ready()
            self._pipe.send((path, limits))
            in_time = self._pipe.poll(self._time_limit_s)
            answer: Decoded | Exception = self._pipe.recv() if in_time else _too_slow(self._time_limit_s)
        except (EOFError, OSError) as error:
            raise _ChildDied from error
        self._photos += 1
        starved = isinstance(answer, ImageRejected) and answer.reason == TOO_MUCH_MEMORY
        self.spent = starved or not in_time or self._photos >= PHOTOS_PER_CHILD
        return answer

    def _wait_until_ready(self) -> None:
        """Its imports are no part of the photo's time."""
        if self._ready:
            return
        if not self._pipe.poll(START_LIMIT_S):
            raise _not_started()
        self._pipe.recv()
        self._ready = True

    def kill(self) -> None:
        """End the process; whoever waits at the pipe sees it break."""
        self._process.kill()
        self._process.join()

    def end(self) -> None:
        """By the thread that uses it: the pipe is closed too."""
        self.kill()
        self._pipe.close()


def _too_slow(time_limit_s: float) -> ImageRejected:
    return ImageRejected(
        "too-slow",
        f"Reading the photo took longer than {time_limit_s:g} seconds, which is the limit. "
        f"Save it again, smaller, as {ACCEPTED} and send that.",
    )


def _not_started() -> UploadsBusy:
    log.error("decoder_not_started")
    return UploadsBusy("No process to read photos could be started. Send this one again in a few seconds.")


def _serve(pipe: Connection, time_limit_s: float) -> None:
    """A child's life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends its children
    threading.Thread(target=_die_with_parent, name="die-with-parent", daemon=True).start()
    confinement.confine()
    pipe.send(None)
    while True:
        try:
            path, limits = pipe.recv()
        except EOFError:
            return
        # Pillow's own guard stands at 179 million pixels; where the shop allows more, images.decode's check is the one.
        Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS or 0, limits.max_pixels)
        confinement.allow(limits.max_pixels, time_limit_s)
        try:
            answer: Decoded | Exception = images.decode(path, limits)
        except Exception as error:  # noqa: BLE001 - raised again in the parent, where its caller is
            answer = error
        pipe.send(answer)


def _die_with_parent() -> None:
    """End at once when the parent is gone, however it went: the pipe that multiprocessing keeps for this breaks.

    Not PR_SET_PDEATHSIG: that fires when the *thread* that started the child ends, and server threads come and go.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
