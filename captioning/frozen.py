"""Keeps what a frozen encoder sees in every training picture, so that the rest learns in minutes; learns nothing."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from captioning.augment import normalised
from captioning.config import PreprocessConfig
from captioning.encoders import MobileNetGrid

_BATCH = 64


def cached_regions(
    encoder: MobileNetGrid,
    pixels: NDArray[np.uint8],
    preprocess: PreprocessConfig,
    file: Path,
    progress: Callable[[str, int, int], None],
) -> NDArray[np.float16]:
    """Return regions: (n, R, D) float16 of pixels: (n, S, S, 3), from the file when it is there."""
    if not file.is_file():
        aside = file.with_suffix(".part")
        _fill(encoder, pixels, preprocess, aside, progress)
        aside.replace(file)
    regions: NDArray[np.float16] = np.load(file, mmap_mode="r")
    return regions


@torch.inference_mode()
def _fill(
    encoder: MobileNetGrid,
    pixels: NDArray[np.uint8],
    preprocess: PreprocessConfig,
    file: Path,
    progress: Callable[[str, int, int], None],
) -> None:
    encoder.eval()
    regions_per_picture = (preprocess.size // 32) ** 2
    shape = (len(pixels), regions_per_picture, encoder.region_size)
    regions = np.lib.format.open_memmap(file, mode="w+", dtype=np.float16, shape=shape)
    for start in range(0, len(pixels), _BATCH):
        batch = normalised(torch.from_numpy(np.array(pixels[start : start + _BATCH])), preprocess)
        with torch.autocast("cpu", torch.bfloat16):
            seen = encoder(batch)
        regions[start : start + _BATCH] = seen.float().numpy().astype(np.float16)
        progress("frozen regions", min(start + _BATCH, len(pixels)), len(pixels))
    regions.flush()


def encoder_hash(encoder: MobileNetGrid) -> str:
    """Return a hash of every tensor, batch norm's statistics included."""
    digest = hashlib.sha256()
    for name, tensor in sorted(encoder.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
