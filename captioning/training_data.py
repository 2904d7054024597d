"""Gathers what a training run reads, photos and drawings alike, row by row in the same order; trains nothing."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from captioning.batches import Encode, Words, words_of
from captioning.config import PreprocessConfig
from captioning.data.drawn import read_drawings
from captioning.data.examples import Example
from captioning.data.pixels import Progress, cached_pixels
from captioning.data.products import read_products
from captioning.errors import TrainingDataMissing
from captioning.vocabulary import Vocabulary, build

_MIN_WORD_COUNT = 3
_MOST_VAL_DRAWINGS = 400


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Examples, their pixels and their words; the test split is not in it."""

    examples: list[Example]
    pixels: NDArray[np.uint8]  # (n, S, S, 3)
    words: Words
    vocabulary: Vocabulary
    train: NDArray[np.int64]
    val_photos: NDArray[np.int64]
    val_drawings: NDArray[np.int64]

    @property
    def name(self) -> str:
        """A hash of what is in it, for files made from it."""
        lines = [str(self.pixels.shape), *(example.key for example in self.examples)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def load_training_data(
    photos: Path,
    drawings: int,
    preprocess: PreprocessConfig,
    work: Path,
    processes: int,
    encode: Encode,
    progress: Progress,
) -> TrainingData:
    """Read photos of `train` and `val`, add drawings, and make the vocabulary from the training captions alone.

    Raises:
        TrainingDataMissing: the photos' folder has no table, or the table no training rows.
    """
    seen = [example for example in read_products(photos) if example.split in ("train", "val")]
    drawn = [*read_drawings("train", drawings), *read_drawings("val", min(drawings, _MOST_VAL_DRAWINGS))]
    examples = [*seen, *drawn]
    rows = np.arange(len(examples), dtype=np.int64)
    learning = np.array([example.split == "train" for example in examples], dtype=bool)
    if not learning.any():
        raise TrainingDataMissing(f"No row of {photos}/products.csv has the split “train”. Mark some rows with it.")
    vocabulary = build((e.caption for e in examples if e.split == "train"), _MIN_WORD_COUNT)
    return TrainingData(
        examples=examples,
        pixels=cached_pixels(examples, preprocess.size, work, processes, progress),
        words=words_of(examples, vocabulary, encode),
        vocabulary=vocabulary,
        train=rows[learning],
        val_photos=rows[~learning & (rows < len(seen))],
        val_drawings=rows[~learning & (rows >= len(seen))],
    )
