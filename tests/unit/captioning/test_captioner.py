"""The door: any picture in, unit vectors out, whatever the batch and the number of threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from captioning.beam import Beam
from captioning.captioner import Captioner
from captioning.data.drawings import random_drawing, render
from captioning.engine import in_halves
from captioning.preprocess import square_pixels

MODES = ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "I;16"]


@pytest.fixture(scope="module")
def captioner(random_checkpoint: Path) -> Captioner:
    return Captioner.from_checkpoint(random_checkpoint, device="cpu")


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    return [render(random_drawing(seed), 200) for seed in range(5)]


def test_describing_gives_captions_and_unit_vectors_row_by_row(
    captioner: Captioner, pictures: list[Image.Image]
) -> None:
    described = captioner.describe(pictures)
    assert described.look.shape == (5, 12)
    assert described.meaning.shape == (5, 8)
    assert described.look.dtype == described.meaning.dtype == np.float32
    assert np.allclose(np.linalg.norm(described.look, axis=1), 1, atol=1e-5)
    assert np.allclose(np.linalg.norm(described.meaning, axis=1), 1, atol=1e-5)
    for caption in described.captions:
        assert caption.text
        assert 0 <= caption.confidence <= 1
        confidences = [caption.confidence, *(other.confidence for other in caption.alternatives)]
        assert confidences == sorted(confidences, reverse=True)


def test_one_pass_or_two_and_one_picture_or_many_give_the_same(
    captioner: Captioner, pictures: list[Image.Image]
) -> None:
    described = captioner.describe(pictures)
    encoded = captioner.encode_image(pictures)
    assert captioner.caption(pictures) == described.captions
    assert np.array_equal(encoded["look"], described.look)
    assert np.array_equal(encoded["meaning"], described.meaning)
    alone = captioner.describe(pictures[2:3])
    assert alone.captions[0].text == described.captions[2].text
    assert np.allclose(alone.look[0], described.look[2], atol=1e-5)
    assert np.allclose(alone.meaning[0], described.meaning[2], atol=1e-5)


def test_nothing_in_gives_nothing_out_in_the_right_shapes(captioner: Captioner) -> None:
    described = captioner.describe([])
    assert described.captions == captioner.caption([]) == []
    assert described.look.shape == captioner.encode_image([])["look"].shape == (0, 12)
    words = captioner.encode_text([])
    assert words["words"].shape == (0, 384)
    assert words["meaning"].shape == (0, 8)


@pytest.mark.parametrize("mode", MODES)
def test_a_picture_of_any_mode_is_seen(mode: str, captioner: Captioner) -> None:
    assert captioner.encode_image([Image.new(mode, (40, 60))])["look"].shape == (1, 12)


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (2500, 1800), (96, 96)])
def test_a_picture_of_any_size_is_seen(size: tuple[int, int], captioner: Captioner) -> None:
    assert captioner.encode_image([Image.new("RGB", size)])["look"].shape == (1, 12)


def test_pictures_are_padded_with_their_borders_colour_and_never_squashed() -> None:
    tall = Image.new("RGB", (30, 90), (200, 210, 220))
    tall.paste((0, 0, 0), (10, 40, 20, 50))
    pixels = square_pixels(tall, 90)
    assert (pixels[0, 0] == (200, 210, 220)).all()
    dark = np.argwhere(pixels.sum(axis=2) < 60)
    height, width = dark.max(axis=0) - dark.min(axis=0)
    assert height == width


def test_transparent_ground_becomes_white_and_sixteen_bits_are_scaled() -> None:
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert (square_pixels(clear, 8) == 255).all()
    deep = Image.fromarray(np.full((8, 8), 32768, dtype=np.uint16))
    assert (square_pixels(deep, 8) == 128).all()


def test_threads_that_come_first_together_share_one_model(random_checkpoint: Path, pictures: list[Image.Image]) -> None:
    fresh = Captioner.from_checkpoint(random_checkpoint, device="cpu")
    with ThreadPoolExecutor(4) as pool:
        looks = list(pool.map(lambda _: fresh.encode_image(pictures)["look"], range(8)))
    assert all(np.array_equal(look, looks[0]) for look in looks)


def test_a_batch_that_is_too_large_for_memory_is_halved_until_it_fits() -> None:
    seen: list[int] = []

    def run(part: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> list[int]:
        seen.append(len(part))
        if len(part) > 3:
            raise torch.OutOfMemoryError("out of memory")
        return [int(value) for value in part]

    assert in_halves(np.arange(10, dtype=np.uint8), run) == list(range(10))
    assert seen == [10, 5, 2, 3, 5, 2, 3]


def test_what_is_no_lack_of_memory_is_not_halved() -> None:
    def run(part: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> list[int]:
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        in_halves(np.arange(4, dtype=np.uint8), run)


def test_alternatives_are_other_captions_as_many_as_asked(captioner: Captioner, pictures: list[Image.Image]) -> None:
    caption = captioner.caption(pictures[:1], Beam(width=8, max_length=3, alternatives=2))[0]
    assert len(caption.alternatives) <= 2
    assert len({caption.text, *(other.text for other in caption.alternatives)}) == 1 + len(caption.alternatives)
