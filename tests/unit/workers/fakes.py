"""A captioner without weights, so that a test can plant what happens inside a batch."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from captioning import checkpoint
from captioning.captioner import PRETRAINED, Beam, Caption, Captioner, Description
from captioning.checkpoint import Manifest
from catalogue.settings import Settings
from workers.models import Models

Colour = tuple[int, int, int]


class FakeCaptioner(Captioner):
    """Says the colour in a picture's middle; `before` sees each batch's colours first."""

    def __init__(self, before: Callable[[list[Colour]], None]) -> None:
        self._before = before
        self.described: list[int] = []
        self.encoded: list[str] = []
        self._shipped = checkpoint.read_manifest(PRETRAINED)

    @property
    def manifest(self) -> Manifest:
        return dataclasses.replace(self._shipped)

    def describe(self, images: Sequence[Image.Image], beam: Beam = Beam()) -> Description:  # noqa: B008 - as its base
        colours = [middle(image) for image in images]
        self.described.append(len(images))
        self._before(colours)
        unit = np.zeros((len(images), 4), dtype=np.float32)
        unit[:, 0] = 1
        return Description([Caption(f"colour {colour}", 0.5, ()) for colour in colours], unit, unit)

    def encode_text(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        self.encoded += texts
        unit = np.zeros((len(texts), 4), dtype=np.float32)
        unit[:, 0] = 1
        return {"words": unit, "meaning": unit}


class FakeModels(Models):
    def __init__(self, captioner: Captioner) -> None:
        super().__init__(Settings())
        self.captioner: Captioner = captioner

    def get(self, checkpoint: str) -> Captioner:
        return self.captioner


def middle(image: Image.Image) -> Colour:
    """The colour in the middle, rounded: JPEG is off by a few."""
    pixel = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
    assert isinstance(pixel, tuple)
    red, green, blue = (round(value / 50) * 50 for value in pixel)
    return red, green, blue
