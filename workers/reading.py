"""Reads working copies ahead of the model, in threads. Owns which faults are the photo's own; writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from PIL import Image

from captioning.preprocess import square_pixels
from catalogue.errors import PhotoMissing, PhotoStoreUnreachable
from catalogue.images import open_working_copy
from catalogue.storage import PhotoStore
from catalogue.work import Job

READERS = 2


@dataclass(frozen=True, slots=True)
class Picture:
    """A job's picture, squared for the model as it would square it itself."""

    job: Job
    image: Image.Image


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A job whose picture cannot be had, and the sentence that says why."""

    job: Job
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A job whose picture the photo store did not give out: its own fault, or that of the store as a whole."""

    job: Job
    error: PhotoStoreUnreachable


Reading = Future[Picture | Unreadable | Refused]


class Reader:
    """A few threads that fetch and decode. JPEG decoding and resizing let go of the interpreter's lock."""

    def __init__(self, photos: PhotoStore) -> None:
        self._photos = photos
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="read-ahead")

    def begin(self, jobs: Sequence[Job], size: int) -> list[Reading]:
        """Start reading; `size` is the side of the model's square."""
        return [self._threads.submit(self._read, job, size) for job in jobs]

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    def can_read_any(self, sha256s: Sequence[str]) -> bool:
        """Whether the store answers for one of these; for none at all, whether it is there."""
        if not sha256s:
            return self._is_there()
        return any(self._is_given_out(sha256) for sha256 in sha256s)

    def _is_given_out(self, sha256: str) -> bool:
        try:
            self._photos.read_working(sha256)
        except PhotoMissing:
            return True  # it was asked, and it has answered
        except PhotoStoreUnreachable:
            return False
        return True

    def _is_there(self) -> bool:
        try:
            self._photos.check()
        except PhotoStoreUnreachable:
            return False
        return True

    def _read(self, job: Job, size: int) -> Picture | Unreadable | Refused:
        try:
            working_copy = self._photos.read_working(job.sha256)
            # Twice the model's side: the JPEG decoder halves a working copy for nothing, and the resize stays smooth.
            image = open_working_copy(working_copy, at_least=2 * size)
        except PhotoMissing as error:
            return Unreadable(job, str(error))
        except PhotoStoreUnreachable as error:
            return Refused(job, error)
        except (OSError, SyntaxError, ValueError) as error:  # what Pillow raises for damaged bytes
            return Unreadable(job, f"The working copy of this photo cannot be read ({error}). Send the photo again.")
        return Picture(job, Image.fromarray(square_pixels(image, size)))
