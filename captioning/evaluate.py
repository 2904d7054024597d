"""Measures a captioner on pictures it has not seen, decoding freely; owns no training and no thresholds.

All figures are shares from 0 to 1, higher is better, except the blind ones: they are what captions of other photos
reach, so the distance to them is what the picture is worth.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from captioning import checkpoint, threads
from captioning.captioner import Captioner
from captioning.data.drawn import read_drawings
from captioning.data.examples import Example
from captioning.data.products import read_products
from captioning.errors import TrainingDataMissing
from captioning.metrics import Answers, caption_figures, look_figures, title_to_photo

_BATCH = 64
_SHUFFLE_SEED = 1


@dataclass(frozen=True, slots=True)
class EvaluateConfig:
    """What to measure on.

    Args:
        photos: folder with `products.csv`; None to measure on drawings alone.
        split: which of its rows.
        drawings: how many unseen drawn pictures.
        checkpoint: a checkpoint's folder; None for the one that is shipped.
    """

    photos: Path | None = None
    split: str = "test"
    drawings: int = 1000
    checkpoint: Path | None = None
    device: str = "auto"
    threads: int = 2


def run(config: EvaluateConfig) -> dict[str, float]:
    """Measure and return the figures by name; those of drawings begin with `drawings_`.

    Raises:
        TrainingDataMissing: the photos' folder has no table, or no rows of the split.
    """
    threads.configure(config.threads)
    captioner = Captioner.from_checkpoint(config.checkpoint, device=config.device)
    figures: dict[str, float] = {}
    if config.photos is not None:
        photos = [example for example in read_products(config.photos) if example.split == config.split]
        if not photos:
            raise TrainingDataMissing(f"{config.photos}/products.csv has no row of the split {config.split}.")
        figures |= photo_figures(captioner, photos)
    if config.drawings:
        figures |= drawing_figures(captioner, read_drawings("test", config.drawings))
    return figures


def record(figures: dict[str, float], folder: Path) -> None:
    """Write figures into a checkpoint's manifest, beside those that are there; fingerprints stay as they are."""
    manifest = checkpoint.read_manifest(folder)
    trained = replace(manifest.trained, metrics=manifest.trained.metrics | figures)
    checkpoint.write_manifest(replace(manifest, trained=trained), folder)


def photo_figures(captioner: Captioner, examples: list[Example]) -> dict[str, float]:
    """Return everything we measure on photos with titles."""
    answers = answers_of(captioner, examples)
    titles = captioner.encode_text([example.title for example in examples])["meaning"]
    return (
        caption_figures(answers.captions, examples)
        | blind_figures(answers.captions, examples)
        | title_to_photo(titles, answers.meaning)
        | look_figures(answers.look, examples)
    )


def drawing_figures(captioner: Captioner, examples: list[Example]) -> dict[str, float]:
    """Return the caption figures on drawn pictures."""
    figures = caption_figures(answers_of(captioner, examples).captions, examples)
    return {f"drawings_{name}": value for name, value in figures.items()}


def blind_figures(captions: list[str], examples: list[Example]) -> dict[str, float]:
    """Return what the same captions are worth when each is given to another photo, drawn by lot."""
    order = np.random.default_rng(_SHUFFLE_SEED).permutation(len(captions))
    shuffled = [captions[place] for place in order]
    figures = caption_figures(shuffled, examples)
    return {f"blind_{name}": figures[name] for name in ("names_kind", "names_colour", "names_kind_and_colour")}


def answers_of(captioner: Captioner, examples: list[Example]) -> Answers:
    """Caption and embed the examples' pictures; nothing but the pictures is given to the captioner."""
    captions: list[str] = []
    looks, meanings = [], []
    for start in range(0, len(examples), _BATCH):
        seen = captioner.describe([example.load() for example in examples[start : start + _BATCH]])
        captions += [caption.text for caption in seen.captions]
        looks.append(seen.look)
        meanings.append(seen.meaning)
    return Answers(captions, np.concatenate(looks), np.concatenate(meanings))
