"""The training loop and its two stages; owns learning rates, order, resuming and choosing, not the losses.

Every epoch seeds its own random numbers from (seed, stage, epoch), so a run that was stopped and went on is the same
as one that was not.
"""

import math
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from captioning import training_state
from captioning.augment import augmented, normalised
from captioning.choose import val_figures
from captioning.config import PreprocessConfig
from captioning.model import CaptionerModel
from captioning.objective import Losses, Objective
from captioning.training_data import TrainingData

Rows = NDArray[np.int64]
Tell = Callable[[str], None]
_WARM_UP_STEPS = 100
_SHARES = (0.8, 1.0)
"""Sides to learn at, as shares of what serves: smaller is cheaper, and keeps the model from leaning on one scale."""
_LOG_EVERY = 50


class Stage(Protocol):
    """What tells two stages apart: who learns, how fast, and where regions come from."""

    name: str
    epochs: int
    batch_size: int

    def groups(self, model: CaptionerModel, objective: Objective) -> list[dict[str, object]]:
        """Return the optimizer's parameter groups, each with its highest rate as `peak`."""

    def regions(self, model: CaptionerModel, rows: Rows, random: torch.Generator) -> Tensor:
        """Return regions to learn from: (B, R, D), with gradients where the encoder learns."""

    def plain_regions(self, model: CaptionerModel, rows: Rows) -> Tensor:
        """Return regions as serving would see them: (B, R, D)."""


@dataclass
class FrozenStage:
    """Decoder and heads learn from kept regions."""

    kept: NDArray[np.float16]
    epochs: int
    name: str = "frozen"
    batch_size: int = 256
    peak: float = 1e-3

    def groups(self, model: CaptionerModel, objective: Objective) -> list[dict[str, object]]:
        """Everything but the encoder."""
        return [{"params": _after_encoder(model, objective), "peak": self.peak}]

    def regions(self, model: CaptionerModel, rows: Rows, random: torch.Generator) -> Tensor:
        """Read them: the pictures stay as they are."""
        return torch.from_numpy(self.kept[rows]).float()

    def plain_regions(self, model: CaptionerModel, rows: Rows) -> Tensor:
        """Read them."""
        return torch.from_numpy(self.kept[rows]).float()


@dataclass
class TuneStage:
    """Everything learns from varied pictures, the encoder more slowly than the rest."""

    pixels: NDArray[np.uint8]
    preprocess: PreprocessConfig
    epochs: int
    name: str = "tune"
    batch_size: int = 64
    encoder_peak: float = 4e-4
    peak: float = 7e-4

    def groups(self, model: CaptionerModel, objective: Objective) -> list[dict[str, object]]:
        """The encoder apart from the rest."""
        return [
            {"params": list(model.encoder.parameters()), "peak": self.encoder_peak},
            {"params": _after_encoder(model, objective), "peak": self.peak},
        ]

    def regions(self, model: CaptionerModel, rows: Rows, random: torch.Generator) -> Tensor:
        """See varied pictures, as large as in serving or a little smaller; the size changes from batch to batch."""
        share = _SHARES[int(torch.randint(len(_SHARES), (1,), generator=random))]
        size = max(32, 32 * round(self.preprocess.size * share / 32))
        batch = augmented(torch.from_numpy(self.pixels[rows]), size, self.preprocess, random)
        with torch.autocast("cpu", torch.bfloat16):
            return model.regions(batch)

    def plain_regions(self, model: CaptionerModel, rows: Rows) -> Tensor:
        """See the pictures as they are."""
        with torch.autocast("cpu", torch.bfloat16):
            return model.regions(normalised(torch.from_numpy(self.pixels[rows]), self.preprocess))


def run_stage(
    stage: Stage, model: CaptionerModel, objective: Objective, data: TrainingData, work: Path, seed: int, tell: Tell
) -> dict[str, float]:
    """Train through a stage, from its last kept epoch; leave the best epoch's weights in the model.

    Returns:
        the figures on `val` of that epoch.
    """
    optimizer = torch.optim.AdamW(stage.groups(model, objective), weight_decay=1e-4)
    file = work / f"{stage.name}-{stage.epochs}-{data.name}.pt"
    best_file = file.with_suffix(".best.pt")
    epoch, best = training_state.load_training_state(file, model, objective, optimizer)
    while epoch < stage.epochs:
        _seed_all(seed, stage.name, epoch)
        _train_epoch(stage, model, objective, optimizer, data, epoch, seed, tell)
        figures = val_figures(stage, model, data)
        epoch += 1
        tell(f"{stage.name} epoch {epoch} of {stage.epochs}: " + " ".join(f"{k} {v:.3f}" for k, v in figures.items()))
        if figures["score"] > best.get("score", -1.0):
            best = figures
            training_state.save_weights(best_file, model)
        training_state.save_training_state(file, model, objective, optimizer, epoch, best)
    training_state.load_weights(best_file, model)
    return best


def _train_epoch(
    stage: Stage,
    model: CaptionerModel,
    objective: Objective,
    optimizer: torch.optim.Optimizer,
    data: TrainingData,
    epoch: int,
    seed: int,
    tell: Tell,
) -> None:
    model.train()
    random = torch.Generator().manual_seed(_mixed(seed, stage.name, epoch))
    batches = list(_shuffled(data.train, stage.batch_size, random))
    began, heard = time.monotonic(), _Heard()
    for position, rows in enumerate(batches):
        _set_rates(optimizer, epoch * len(batches) + position, stage.epochs * len(batches))
        losses = objective(model, stage.regions(model, rows, random), rows, random)
        optimizer.zero_grad(set_to_none=True)
        losses.total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        heard.add(losses)
        if (position + 1) % _LOG_EVERY == 0 or position + 1 == len(batches):
            rate = (position + 1) * stage.batch_size / (time.monotonic() - began)
            tell(f"{stage.name} {epoch + 1} step {position + 1}/{len(batches)} {heard} {rate:.0f} pictures/s")


@dataclass
class _Heard:
    """Running means of the losses, for the log."""

    count: int = 0
    caption: float = 0.0
    title: float = 0.0
    phrase: float = 0.0
    look: float = 0.0

    def add(self, losses: Losses) -> None:
        self.count += 1
        share = 1 / min(self.count, _LOG_EVERY)
        self.caption += share * (losses.caption - self.caption)
        self.title += share * (losses.title - self.title)
        self.phrase += share * (losses.phrase - self.phrase)
        self.look += share * (losses.look - self.look)

    def __str__(self) -> str:
        return f"caption {self.caption:.3f} title {self.title:.3f} phrase {self.phrase:.3f} look {self.look:.3f}"


def _shuffled(rows: Rows, size: int, random: torch.Generator) -> Iterator[Rows]:
    order = torch.randperm(len(rows), generator=random).numpy()
    for start in range(0, len(rows), size):
        yield np.sort(rows[order[start : start + size]])  # sorted: a memory map reads forwards


def _set_rates(optimizer: torch.optim.Optimizer, step: int, steps: int) -> None:
    """Warm up, then fall along a cosine to a hundredth."""
    warm = min(1.0, (step + 1) / min(_WARM_UP_STEPS, max(1, steps // 10)))
    fall = 0.01 + 0.99 * (1 + math.cos(math.pi * step / max(1, steps))) / 2
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * warm * fall


def _after_encoder(model: CaptionerModel, objective: Objective) -> list[torch.nn.Parameter]:
    parts = (model.decoder, model.look, model.meaning, objective)
    return [parameter for part in parts for parameter in part.parameters()]


def _mixed(seed: int, stage: str, epoch: int) -> int:
    return zlib.crc32(f"{seed} {stage} {epoch}".encode())


def _seed_all(seed: int, stage: str, epoch: int) -> None:
    torch.manual_seed(_mixed(seed, stage, epoch))  # dropout draws from torch's global numbers
