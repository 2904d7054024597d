"""Reads drawn product pictures as examples; owns which seeds are for learning, choosing and testing, not the drawing.

The sample catalogue and the test figures use seeds below 10,000; training never meets them.
"""

from collections.abc import Iterable
from functools import partial

from PIL import Image

from captioning.data.drawings import Drawing, random_drawing, render, second_view
from captioning.data.examples import Example, Labels

TRAIN_SEED, VAL_SEED, TEST_SEED = 1_000_000, 2_000_000, 0
_RENDERED = 320  # pixels high: a little more than the encoder wants, so that its resize smooths as it does for photos


def read_drawings(split: str, count: int) -> list[Example]:
    """Return `count` drawn examples of a split; every third one is a product's second view."""
    first = {"train": TRAIN_SEED, "val": VAL_SEED, "test": TEST_SEED}[split]
    return [_example(drawing, split) for drawing in _drawings(range(first, first + count))]


def _drawings(seeds: Iterable[int]) -> Iterable[Drawing]:
    for seed in seeds:
        drawing = random_drawing(seed)
        yield second_view(drawing) if seed % 3 == 2 else drawing


def _example(drawing: Drawing, split: str) -> Example:
    detail = "" if drawing.pattern == "plain" else drawing.pattern
    return Example(
        key=f"drawing:{drawing.seed}:{drawing.view}:{_RENDERED}",
        split=split,
        caption=drawing.caption,
        title=drawing.title,
        labels=Labels(kind=drawing.kind, colour=drawing.colour, detail=detail),
        load=partial(_render, drawing),
    )


def _render(drawing: Drawing) -> Image.Image:
    return render(drawing, _RENDERED)
