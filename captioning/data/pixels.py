"""Decodes or draws every training picture once into a memory-mapped file of squares; owns that file, not the pictures.

The file is named after what is in it, so another list of examples or another size never meets an old cache.
"""

import hashlib
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from captioning.data.examples import Example
from captioning.preprocess import square_pixels

Progress = Callable[[str, int, int], None]
"""(what, done, of how many)"""
_CHUNK = 128
_VERSION = 1  # of `square_pixels` and the drawings: raise it when they change what they give


def cached_pixels(
    examples: Sequence[Example], size: int, folder: Path, processes: int, progress: Progress
) -> NDArray[np.uint8]:
    """Return pixels: (n, size, size, 3) uint8 of the examples, from the cache when it is there.

    The file is written aside and renamed when it is whole.
    """
    file = folder / f"pixels-{_name(examples, size)}.npy"
    if not file.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        aside = file.with_suffix(".part")
        _fill(examples, size, aside, processes, progress)
        aside.replace(file)
    pixels: NDArray[np.uint8] = np.load(file, mmap_mode="r")
    return pixels


def _name(examples: Sequence[Example], size: int) -> str:
    lines = [f"{_VERSION} {size}", *(example.key for example in examples)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _fill(examples: Sequence[Example], size: int, file: Path, processes: int, progress: Progress) -> None:
    shape = (len(examples), size, size, 3)
    pixels = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=shape)
    chunks = [examples[start : start + _CHUNK] for start in range(0, len(examples), _CHUNK)]
    spawn = multiprocessing.get_context("spawn")  # never fork what may hold torch's threads
    with ProcessPoolExecutor(processes, mp_context=spawn) as pool:
        done = 0
        for squares in pool.map(_squares, chunks, [size] * len(chunks)):
            pixels[done : done + len(squares)] = squares
            done += len(squares)
            progress("pictures", done, len(examples))
    pixels.flush()


def _squares(examples: Sequence[Example], size: int) -> NDArray[np.uint8]:
    return np.stack([square_pixels(example.load(), size) for example in examples])
