"""A tiny captioning problem that learns in seconds: eight pictures as random regions, eight captions of fifty words."""

from __future__ import annotations

import torch
from torch import Tensor

from captioning.config import ModelConfig
from captioning.decoders.attend import AttendDecoder
from captioning.losses import caption_loss
from captioning.vocabulary import END, PAD, SPECIALS, START

WORDS = 50
CONFIG = ModelConfig(
    region_size=32, embedding_size=48, hidden_size=64, attention_size=32, dropout=0.0, look_size=8, meaning_size=8
)


def decoder(seed: int) -> AttendDecoder:
    """Return a fresh decoder."""
    torch.manual_seed(seed)
    return AttendDecoder(CONFIG, WORDS)


def problem() -> tuple[Tensor, Tensor]:
    """Return regions: (8, 9, 32) and tokens: (8, T), captions of four to seven words, no two alike."""
    random = torch.Generator().manual_seed(7)
    regions = torch.randn(8, 9, CONFIG.region_size, generator=random)
    tokens = torch.full((8, 9), PAD)
    for row in range(8):
        length = 4 + row % 4
        words = torch.randint(len(SPECIALS), WORDS, (length,), generator=random)
        tokens[row, : length + 2] = torch.cat([torch.tensor([START]), words, torch.tensor([END])])
    return regions, tokens


def loss_of(model: AttendDecoder, regions: Tensor, tokens: Tensor) -> Tensor:
    """Return the caption loss under teacher forcing."""
    logits, _ = model(regions, tokens[:, :-1])
    return caption_loss(logits, tokens[:, 1:])


def learned(seed: int = 0, steps: int = 200) -> AttendDecoder:
    """Return a decoder that has seen the eight captions often."""
    model = decoder(seed)
    regions, tokens = problem()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(model, regions, tokens).backward()  # type: ignore[no-untyped-call] # torch gives no types here
        optimizer.step()
    return model.eval()
