"""Scores a model on `val` while it trains, decoding freely, to choose the epoch that is kept; never sees `test`."""

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from captioning.engine import greedy
from captioning.metrics import Answers, caption_figures, look_figures, title_to_photo
from captioning.model import CaptionerModel
from captioning.training_data import TrainingData

_BATCH = 128
_MAX_LENGTH = 16


class SeesPlainly(Protocol):
    """A stage, as far as choosing needs it."""

    def plain_regions(self, model: CaptionerModel, rows: NDArray[np.int64]) -> Tensor:
        """Return regions as serving would see them: (B, R, D)."""


def val_figures(stage: SeesPlainly, model: CaptionerModel, data: TrainingData) -> dict[str, float]:
    """Return the figures on val's photos and drawings; `score` is the mean of what we want most."""
    model.eval()
    photos = answers(stage, model, data, data.val_photos)
    examples = [data.examples[row] for row in data.val_photos]
    figures = caption_figures(photos.captions, examples) | look_figures(photos.look, examples)
    titles = torch.from_numpy(data.words.title_vectors[data.words.title[data.val_photos]])
    with torch.inference_mode():
        figures |= title_to_photo(model.meaning.of_words(titles).numpy(), photos.meaning)
    wanted = [figures[key] for key in ("names_kind_and_colour", "title_to_photo_r10", "look_p10_kind_and_colour")]
    if len(data.val_drawings):
        drawn = answers(stage, model, data, data.val_drawings)
        named = caption_figures(drawn.captions, [data.examples[row] for row in data.val_drawings])
        figures["drawings_name_kind_and_colour"] = named["names_kind_and_colour"]
        wanted.append(named["names_kind_and_colour"])
    return figures | {"score": float(np.mean(wanted))}


@torch.inference_mode()
def answers(stage: SeesPlainly, model: CaptionerModel, data: TrainingData, rows: NDArray[np.int64]) -> Answers:
    """Caption and embed the rows' pictures, greedily."""
    captions: list[str] = []
    looks, meanings = [], []
    for start in range(0, len(rows), _BATCH):
        regions = stage.plain_regions(model, rows[start : start + _BATCH])
        captions += [data.vocabulary.decode(words) for words in greedy(model.decoder, regions, _MAX_LENGTH)]
        looks.append(model.look(regions).numpy())
        meanings.append(model.meaning(regions).numpy())
    return Answers(captions, np.concatenate(looks), np.concatenate(meanings))
