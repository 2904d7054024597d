"""The door: pictures to captions and vectors, texts to vectors; owns no training. Importing it imports no torch.

Two halves load by themselves, each on first use and under a lock: the image side (torch) and the text side (ONNX
Runtime). A process that only encodes queries never pays for torch.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from captioning import checkpoint, text
from captioning.beam import Beam, Hypothesis
from captioning.checkpoint import Fingerprints, Manifest
from captioning.preprocess import square_pixels

if TYPE_CHECKING:
    from captioning.engine import Engine

__all__ = ["Alternative", "Beam", "Caption", "Captioner", "Description"]

PRETRAINED = Path(__file__).parent / "pretrained"
_BATCH = 32  # pictures in one encoder pass; more is no faster on a CPU
_ADAPTER = "meaning.adapt.weight"


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another thing the captioner might have said, with its confidence."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Caption:
    """What the captioner says. Confidence is 0 to 1, higher is surer; see `_confidence` for what it is not."""

    text: str
    confidence: float
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """Everything that one encoder pass gives, row by row for the pictures."""

    captions: list[Caption]
    look: NDArray[np.float32]
    meaning: NDArray[np.float32]


class Captioner:
    """A checkpoint ready to use; threads may share one."""

    def __init__(self, folder: Path, device: str, text_folder: Path | None) -> None:
        self._folder = folder
        self._manifest = checkpoint.read_manifest(folder)
        self._wanted_device = device
        encoder_hash = self._manifest.trained.sentence_encoder
        self._sentences = text.SentenceEncoder(text_folder or text.default_folder(encoder_hash), encoder_hash)
        self._image_lock, self._text_lock = threading.Lock(), threading.Lock()
        self._engine: Engine | None = None
        self._adapter: NDArray[np.float32] | None = None

    @classmethod
    def from_checkpoint(
        cls, path: Path | None = None, device: str = "auto", text_folder: Path | None = None
    ) -> "Captioner":
        """Open a checkpoint; weights are read when they are first needed.

        Args:
            path: a checkpoint's folder; None for the one that is shipped.
            device: "cpu", "cuda", "mps", or "auto" for the best that is there.
            text_folder: where the exported sentence encoder is kept; None for a folder in the user's cache.
        Raises:
            CheckpointDamaged: the folder holds no readable manifest.
            ModelMismatch: its parts were not made together.
        """
        return cls(path or PRETRAINED, device, text_folder)

    @property
    def device(self) -> str:
        """The device that pictures are run on: "cpu", "cuda" or "mps". Asking loads the image side, and so torch."""
        return self._images().device.type

    @property
    def fingerprints(self) -> Fingerprints:
        """What to file captions and vectors under."""
        return self._manifest.fingerprints

    @property
    def manifest(self) -> Manifest:
        """The checkpoint's description: dimensions, figures, vocabulary."""
        return self._manifest

    def describe(self, images: Sequence[Image.Image], beam: Beam = Beam()) -> Description:  # noqa: B008 - frozen
        """Caption and embed pictures of any size and mode with one encoder pass each.

        Raises:
            CaptionEmpty: the weights give no finite score.
            CheckpointDamaged: the weights are not those of the manifest (on first use).
        """
        captions: list[Caption] = []
        looks, meanings = [self._empty("look")], [self._empty("meaning")]
        for squares in self._squares(images):
            seen = self._images().describe(squares, beam)
            captions += [self._caption(hypotheses) for hypotheses in seen.captions]
            looks.append(seen.look)
            meanings.append(seen.meaning)
        return Description(captions, np.concatenate(looks), np.concatenate(meanings))

    def caption(self, images: Sequence[Image.Image], beam: Beam = Beam()) -> list[Caption]:  # noqa: B008 - frozen
        """Caption pictures; see `describe`."""
        return self.describe(images, beam).captions

    def encode_image(self, images: Sequence[Image.Image]) -> dict[str, NDArray[np.float32]]:
        """Return {"look": (n, d), "meaning": (n, m)}, unit rows, without captions; see `describe`."""
        looks, meanings = [self._empty("look")], [self._empty("meaning")]
        for squares in self._squares(images):
            look, meaning = self._images().embed(squares)
            looks.append(look)
            meanings.append(meaning)
        return {"look": np.concatenate(looks), "meaning": np.concatenate(meanings)}

    def encode_text(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return {"words": (n, 384), "meaning": (n, m)}, unit rows; no torch. Long texts are read up to 256 pieces.

        Raises:
            ModelMismatch: another sentence encoder is installed than the checkpoint was trained with (on first use).
        """
        words = self._sentences.encode(texts)
        meaning = words @ self._text_adapter().T
        length = np.linalg.norm(meaning, axis=1, keepdims=True)
        return {"words": words, "meaning": (meaning / np.maximum(length, 1e-12)).astype(np.float32)}

    def reads(self, text: str) -> bool:
        """Return whether the vectors of a text say what it says: they say little of words with typos and of numbers."""
        return self._sentences.reads(text)

    def _images(self) -> "Engine":
        with self._image_lock:
            if self._engine is None:
                from captioning.engine import Engine, choose_device

                model = checkpoint.load_model(self._folder, self._manifest)
                device = choose_device(self._wanted_device)
                self._engine = Engine(model, self._manifest.trained.preprocess, device)
            return self._engine

    def _text_adapter(self) -> NDArray[np.float32]:
        with self._text_lock:
            if self._adapter is None:
                weights = checkpoint.read_weights(self._folder, self._manifest)
                self._adapter = weights[_ADAPTER].astype(np.float32)
            return self._adapter

    def _squares(self, images: Sequence[Image.Image]) -> list[NDArray[np.uint8]]:
        size = self._manifest.trained.preprocess.size
        batches = [images[start : start + _BATCH] for start in range(0, len(images), _BATCH)]
        return [np.stack([square_pixels(image, size) for image in batch]) for batch in batches]

    def _empty(self, space: str) -> NDArray[np.float32]:
        return np.empty((0, self._manifest.dimensions[space]), dtype=np.float32)

    def _caption(self, hypotheses: list[Hypothesis]) -> Caption:
        vocabulary = self._manifest.trained.vocabulary
        said = [Alternative(vocabulary.decode(h.words), _confidence(h)) for h in hypotheses]
        return Caption(said[0].text, said[0].confidence, tuple(said[1:]))


def _confidence(hypothesis: Hypothesis) -> float:
    """Return the probability that the model gives to exactly this caption: 0 to 1, higher is surer.

    A guess that grows with the model's certainty, not calibrated: on 600 photos of `val` it was .54 in the mean, where
    .64 of the captions named kind and colour as the shop does.
    """
    return float(np.exp(hypothesis.log_probability))
