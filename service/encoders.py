"""The model as the doors use it: text and pictures encoded, pictures captioned, never more at a time than there are
cores. Owns the places before the model and the cache of encoded texts; which checkpoint, the model set says.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

import numpy as np
import structlog
from numpy.typing import NDArray
from PIL import Image

from captioning.captioner import Caption
from captioning.errors import CheckpointDamaged, ModelMismatch
from catalogue.catalogues import ModelSet
from catalogue.settings import Settings
from service.errors import ModelBusy, ModelNotReady
from workers.models import Models

log = structlog.get_logger()

Vectors = Mapping[str, NDArray[np.float32]]
WAIT_S = 1.0
CACHE_SHARE = 64  # encoded texts may take this part of VITRINE_CACHE_BYTES; the views take the rest
_ENTRY_BYTES = 300  # Python's own, beside key and vectors


class Encoders:
    """One a process; threads share it. A captioner loads on first use: its text side without torch."""

    def __init__(self, settings: Settings) -> None:
        self._models = Models(settings)
        self._device: str | None = None
        self._text_places = threading.BoundedSemaphore(settings.threads)
        # Pictures take torch and a second core's worth of memory each: one at a time.
        self._picture_places = threading.BoundedSemaphore(1)
        self._texts = _TextCache(settings.cache_bytes // CACHE_SHARE)

    @property
    def device(self) -> str | None:
        """Where this process runs pictures; None until the first one came, for torch is not loaded before."""
        return self._device

    def text(self, model_set: ModelSet, text: str) -> Vectors:
        """{"words": (384,), "meaning": (m,)} of a query. Raises ModelBusy, ModelNotReady."""
        known = self._texts.get(model_set.id, text)
        if known is not None:
            return known
        with _place(self._text_places), _refusals_named(model_set):
            encoded = self._models.get(model_set.checkpoint).encode_text([text])
        vectors = {space: rows[0] for space, rows in encoded.items()}
        self._texts.put(model_set.id, text, vectors)
        return vectors

    def reads(self, model_set: ModelSet, text: str) -> bool:
        """Whether a query's vectors say what its words say. Raises ModelNotReady."""
        with _refusals_named(model_set):
            return self._models.get(model_set.checkpoint).reads(text)

    def picture(self, model_set: ModelSet, image: Image.Image) -> Vectors:
        """{"look": (d,), "meaning": (m,)} of a picture. Raises ModelBusy, ModelNotReady."""
        with _place(self._picture_places), _refusals_named(model_set):
            captioner = self._models.get(model_set.checkpoint)
            encoded = captioner.encode_image([image])
            self._device = captioner.device
        return {space: rows[0] for space, rows in encoded.items()}

    def caption(self, model_set: ModelSet, image: Image.Image) -> Caption:
        """What the captioner says of a picture. Raises ModelBusy, ModelNotReady."""
        with _place(self._picture_places), _refusals_named(model_set):
            captioner = self._models.get(model_set.checkpoint)
            caption = captioner.caption([image])[0]
            self._device = captioner.device
        return caption

    def describe(self, model_set: ModelSet, image: Image.Image) -> tuple[Caption, Vectors]:
        """Caption and vectors of a picture from one pass. Raises ModelBusy, ModelNotReady."""
        with _place(self._picture_places), _refusals_named(model_set):
            captioner = self._models.get(model_set.checkpoint)
            seen = captioner.describe([image])
            self._device = captioner.device
        return seen.captions[0], {"look": seen.look[0], "meaning": seen.meaning[0]}


class _TextCache:
    """Vectors by model set and text, the longest unused out first, bounded in bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[UUID, str], Vectors] = OrderedDict()
        self._bytes = 0

    def get(self, set_id: UUID, text: str) -> Vectors | None:
        with self._lock:
            vectors = self._kept.get((set_id, text))
            if vectors is not None:
                self._kept.move_to_end((set_id, text))
            return vectors

    def put(self, set_id: UUID, text: str, vectors: Vectors) -> None:
        with self._lock:
            if (set_id, text) in self._kept:
                return
            self._kept[set_id, text] = vectors
            self._bytes += _size(text, vectors)
            while self._bytes > self._most_bytes and self._kept:
                (_, old_text), old = self._kept.popitem(last=False)
                self._bytes -= _size(old_text, old)


@contextmanager
def _refusals_named(model_set: ModelSet) -> Iterator[None]:
    """The text and the image side load on first use: a checkpoint may be refused in any call."""
    try:
        yield
    except (ModelMismatch, CheckpointDamaged) as error:
        log.exception("model_refused", checkpoint=model_set.checkpoint)
        raise ModelNotReady("The active model cannot be loaded; the log says why. Run `vitrine up`.") from error


def _size(text: str, vectors: Vectors) -> int:
    return _ENTRY_BYTES + 4 * len(text) + sum(vector.nbytes for vector in vectors.values())


@contextmanager
def _place(places: threading.BoundedSemaphore) -> Iterator[None]:
    if not places.acquire(timeout=WAIT_S):
        raise ModelBusy("The model is busy with other requests. Try again in a second.")
    try:
        yield
    finally:
        places.release()
