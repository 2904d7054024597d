"""The one loss that training lowers: words, both contrastive pairs and look, weighed; owns the temperatures."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from captioning.batches import Words, likeness, phrase_matches
from captioning.losses import caption_loss, contrastive_loss, look_loss
from captioning.model import CaptionerModel
from captioning.vocabulary import PAD

_LARGEST_SCALE = math.log(100.0)


@dataclass(frozen=True, slots=True)
class Losses:
    """The parts, for the log, and their weighed sum, for the gradient."""

    total: Tensor
    caption: float
    title: float
    phrase: float
    look: float


class Objective(nn.Module):
    """Losses of a batch of rows. The scales of the contrastive losses learn with the model and are thrown away."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self.title_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        self.phrase_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def forward(
        self, model: CaptionerModel, regions: Tensor, rows: NDArray[np.int64], random: torch.Generator
    ) -> Losses:
        """Return the losses of regions: (B, R, D) that belong to the rows: (B,) of the words."""
        caption = self._caption(model, regions, rows)
        meaning = model.meaning(regions)
        title = self._title(model, meaning, rows)
        phrase = self._phrase(model, meaning, rows, random)
        alike = torch.from_numpy(likeness(self._words.labels[rows]))
        look = look_loss(model.look(regions), alike)
        total = caption + 0.5 * (title + phrase) + look
        return Losses(total, caption.item(), title.item(), phrase.item(), look.item())

    def _caption(self, model: CaptionerModel, regions: Tensor, rows: NDArray[np.int64]) -> Tensor:
        tokens = torch.from_numpy(self._words.tokens[rows])
        longest = int((tokens != PAD).sum(1).max())
        tokens = tokens[:, :longest]
        with torch.autocast("cpu", torch.bfloat16):  # twice as fast; the contrastive losses would lose digits by it
            logits, _ = model.decoder(regions, tokens[:, :-1])
        return caption_loss(logits.float(), tokens[:, 1:])

    def _title(self, model: CaptionerModel, meaning: Tensor, rows: NDArray[np.int64]) -> Tensor:
        titles = self._words.title[rows]
        texts = model.meaning.of_words(torch.from_numpy(self._words.title_vectors[titles]))
        matches = torch.from_numpy(titles[:, None] == titles[None])
        return contrastive_loss(meaning, texts, matches, self.title_scale.clamp(max=_LARGEST_SCALE).exp())

    def _phrase(
        self, model: CaptionerModel, meaning: Tensor, rows: NDArray[np.int64], random: torch.Generator
    ) -> Tensor:
        choices = self._words.phrase.shape[1]
        picked = torch.randint(choices, (len(rows),), generator=random).numpy()
        phrases = self._words.phrase[rows, picked]
        texts = model.meaning.of_words(torch.from_numpy(self._words.phrase_vectors[phrases]))
        matches = phrase_matches(self._words.labels[rows], self._words.phrase_labels[phrases])
        return contrastive_loss(
            meaning, texts, torch.from_numpy(matches), self.phrase_scale.clamp(max=_LARGEST_SCALE).exp()
        )
