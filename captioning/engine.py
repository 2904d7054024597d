"""Runs a model over pictures without gradients: one encoder pass, then words and vectors; owns no files.

On the CPU the encoder runs in float32 with channels-last pixels and folded batch norms.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from captioning import beam as beam_search
from captioning import threads
from captioning.augment import normalised
from captioning.beam import Beam, Hypothesis
from captioning.config import PreprocessConfig
from captioning.decoders.attend import AttendDecoder, State
from captioning.model import CaptionerModel

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seen:
    """What one encoder pass gives: captions (best first) for each picture, and its unit vectors."""

    captions: list[list[Hypothesis]]
    look: NDArray[np.float32]
    meaning: NDArray[np.float32]


def choose_device(wanted: str) -> str:
    """Return the device to run on: the wanted one, or for "auto" CUDA, then MPS, then the CPU."""
    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


class Engine:
    """A model on a device. Threads may share it: it keeps no state between calls."""

    def __init__(self, model: CaptionerModel, preprocess: PreprocessConfig, device: str) -> None:
        threads.apply_to_torch()
        self.device = torch.device(device)
        self._model = model.to(self.device).to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload] # torch's stub lacks this form
        self._preprocess = preprocess

    def describe(self, squares: NDArray[np.uint8], beam: Beam) -> Seen:
        """Caption and embed pictures: (n, S, S, 3) uint8; halves the batch when memory runs out."""
        parts = in_halves(squares, lambda part: [self._describe(part, beam)])
        return Seen(
            captions=[hypotheses for part in parts for hypotheses in part.captions],
            look=np.concatenate([part.look for part in parts]),
            meaning=np.concatenate([part.meaning for part in parts]),
        )

    def embed(self, squares: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return look and meaning of pictures: (n, S, S, 3) uint8, without captions."""
        parts = in_halves(squares, lambda part: [self._vectors(self._regions(part))])
        return np.concatenate([look for look, _ in parts]), np.concatenate([meaning for _, meaning in parts])

    @torch.inference_mode()
    def _describe(self, squares: NDArray[np.uint8], beam: Beam) -> Seen:
        regions = self._regions(squares)
        look, meaning = self._vectors(regions)
        return Seen(captions=decode(self._model.decoder, regions, beam), look=look, meaning=meaning)

    @torch.inference_mode()
    def _regions(self, squares: NDArray[np.uint8]) -> Tensor:
        pixels = torch.from_numpy(np.array(squares)).to(self.device)  # a copy: memory maps are read-only
        regions: Tensor = self._model.regions(normalised(pixels, self._preprocess))
        return regions

    @torch.inference_mode()
    def _vectors(self, regions: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        look, meaning = self._model.look(regions), self._model.meaning(regions)
        return look.float().cpu().numpy(), meaning.float().cpu().numpy()


@torch.inference_mode()
def decode(decoder: AttendDecoder, regions: Tensor, beam: Beam) -> list[list[Hypothesis]]:
    """Find the captions of regions: (n, R, D), by beam search; references are never seen here."""
    photos, width = len(regions), beam.width
    memory, state = decoder.begin(regions.repeat_interleave(width, dim=0))

    def step(words: NDArray[np.int64], parents: NDArray[np.int64]) -> NDArray[np.floating]:
        nonlocal state
        rows = torch.from_numpy(parents).to(regions.device)
        continued = State(h=state.h[rows], c=state.c[rows])
        logits, _, state = decoder.step(memory, continued, torch.from_numpy(words).to(regions.device))
        scores: NDArray[np.floating] = torch.log_softmax(logits, dim=1).cpu().numpy()
        return scores

    return beam_search.search(step, photos, beam)


def in_halves(squares: NDArray[np.uint8], run: Callable[[NDArray[np.uint8]], list[T]]) -> list[T]:
    """Run over a batch; when memory runs out, over its halves, down to single pictures."""
    try:
        return run(squares)
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if len(squares) == 1 or not _out_of_memory(error):
            raise
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    middle = len(squares) // 2
    return [*in_halves(squares[:middle], run), *in_halves(squares[middle:], run)]


def _out_of_memory(error: BaseException) -> bool:
    """Say whether it was memory: torch's CPU allocator raises a plain RuntimeError that only its text tells apart."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "allocate memory" in str(error)


def greedy(decoder: AttendDecoder, regions: Tensor, max_length: int) -> list[Sequence[int]]:
    """Return the words of each picture when the likeliest next one is taken every time."""
    found = decode(decoder, regions, Beam(width=1, max_length=max_length, alternatives=0))
    return [hypotheses[0].words for hypotheses in found]
