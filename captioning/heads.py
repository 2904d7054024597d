"""The two heads that turn pooled regions into unit vectors, `look` and `meaning`; owns no CNN and no losses."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from captioning.config import ModelConfig


class LookHead(nn.Module):
    """Where pictures that look alike lie close: one linear map of the mean and the largest value of each channel."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.project = nn.Linear(2 * config.region_size, config.look_size)

    def forward(self, regions: Tensor) -> Tensor:
        """Return look: (B, look_size), unit rows, of regions: (B, R, D)."""
        return functional.normalize(self.project(pool(regions)), dim=1)


class MeaningHead(nn.Module):
    """The space that pictures share with sentences; the text side is one linear map of the sentence embedding."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.project = nn.Linear(2 * config.region_size, config.meaning_size)
        self.adapt = nn.Linear(config.words_size, config.meaning_size, bias=False)

    def forward(self, regions: Tensor) -> Tensor:
        """Return meaning: (B, meaning_size), unit rows, of regions: (B, R, D)."""
        return functional.normalize(self.project(pool(regions)), dim=1)

    def of_words(self, words: Tensor) -> Tensor:
        """Return meaning: (B, meaning_size), unit rows, of sentence embeddings: (B, words_size)."""
        return functional.normalize(self.adapt(words), dim=1)


def pool(regions: Tensor) -> Tensor:
    """Return (B, 2D): the mean, which tells colour and texture, beside the maximum, which tells parts."""
    return torch.cat([regions.mean(dim=1), regions.amax(dim=1)], dim=1)
