"""The captioners of the model sets in use: opened from the data folder, kept, one or two at a time. Adopts none."""

from __future__ import annotations

import threading
from collections import OrderedDict

from captioning.captioner import Captioner
from catalogue.settings import Settings

KEPT = 2  # the active set's, and that of a set on trial


def open_captioner(settings: Settings, checkpoint: str) -> Captioner:
    """The captioner of an adopted checkpoint; API and workers share its folder, exported sentence encoder included."""
    folder = settings.models_folder / checkpoint
    return Captioner.from_checkpoint(folder, device=settings.device, text_folder=folder)


class Models:
    """Opens each checkpoint once and forgets the one that was used longest ago. Threads may share it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Captioner] = OrderedDict()
        self._device = settings.device

    @property
    def device(self) -> str:
        """Where pictures are run: what was asked for until the first model is warm, then what it found."""
        return self._device

    def get(self, checkpoint: str) -> Captioner:
        """The captioner of `checkpoint`; its weights load on first use.

        Raises:
            CheckpointDamaged, ModelMismatch: the data folder's copy cannot be used.
        """
        with self._lock:
            captioner = self._kept.pop(checkpoint, None) or open_captioner(self._settings, checkpoint)
            self._kept[checkpoint] = captioner
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return captioner

    def warm(self, checkpoint: str) -> None:
        """Load the weights before the first photo needs them."""
        captioner = self.get(checkpoint)
        self._device = captioner.device
        captioner.encode_text(["a photo"])
