"""Keeps a training run between epochs, so that a stopped one goes on; the only reader of torch's own files."""

from pathlib import Path
from typing import Any

import torch
from torch import nn


def save_weights(file: Path, model: nn.Module) -> None:
    """Write a model's tensors aside and rename the file."""
    _write(file, model.state_dict())


def load_weights(file: Path, model: nn.Module) -> None:
    """Fill a model with tensors that `save_weights` wrote."""
    model.load_state_dict(_read(file))


def save_training_state(
    file: Path,
    model: nn.Module,
    objective: nn.Module,
    optimizer: torch.optim.Optimizer,
    epoch: int,
    best: dict[str, float],
) -> None:
    """Write everything that the next epoch needs. Random numbers are not in it: each epoch seeds its own."""
    state = {
        "model": model.state_dict(),
        "objective": objective.state_dict(),
        "optimizer": optimizer.state_dict(),
        "epoch": epoch,
        "best": best,
    }
    _write(file, state)


def load_training_state(
    file: Path, model: nn.Module, objective: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[int, dict[str, float]]:
    """Fill all three from the file; return epochs done and the best figures: (0, {}) where there is no file."""
    if not file.is_file():
        return 0, {}
    state = _read(file)
    model.load_state_dict(state["model"])
    objective.load_state_dict(state["objective"])
    optimizer.load_state_dict(state["optimizer"])
    return state["epoch"], state["best"]


def _write(file: Path, state: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(".part")
    torch.save(state, aside)
    aside.replace(file)


def _read(file: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(file, weights_only=True)  # noqa: TID251 - tensors only, and our own file
    return state
