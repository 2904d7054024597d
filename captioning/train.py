"""Trains a captioner from start weights to a shippable checkpoint, in two stages; owns no losses and no network.

Stage "frozen": the encoder stands still, so each picture is seen once and its regions are kept; decoder and heads
learn in minutes. Stage "tune": everything learns at a low rate, on varied pictures. After each epoch the state is kept,
so that a stopped training goes on; the epoch that does best on `val` is the one that is saved.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from rich.console import Console

from captioning import checkpoint, text, threads
from captioning.config import ModelConfig, PreprocessConfig
from captioning.encoders import start_grid
from captioning.frozen import cached_regions, encoder_hash
from captioning.model import CaptionerModel
from captioning.objective import Objective
from captioning.stages import FrozenStage, Stage, TuneStage, run_stage
from captioning.training_data import TrainingData, load_training_data


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Where training reads and writes, and how long it learns.

    Args:
        photos: folder with `products.csv`.
        start_weights: MobileNetV2's safetensors.
        out: folder of the checkpoint, replaced when training is done.
        work: caches and the state that a stopped training goes on from.
        drawings: drawn pictures mixed in.
    """

    photos: Path
    start_weights: Path
    out: Path
    work: Path
    drawings: int = 3000
    frozen_epochs: int = 3
    tune_epochs: int = 8
    threads: int = 2
    seed: int = 1
    model: ModelConfig = field(default_factory=ModelConfig)
    preprocess: PreprocessConfig = field(default_factory=PreprocessConfig)


def run(config: TrainConfig, tell: Callable[[str], None] | None = None) -> Path:
    """Train, or go on training, and return the folder of the checkpoint.

    Args:
        tell: takes each line of the log; None for the terminal.
    Raises:
        TrainingDataMissing: photos or start weights are not there.
    """
    threads.configure(config.threads)
    threads.apply_to_torch()
    say = tell or Console(soft_wrap=True, highlight=False).print
    progress = _progress(say)
    encoder = start_grid(config.start_weights)
    sentence_hash = text.source_hash()
    sentences = text.SentenceEncoder(text.default_folder(sentence_hash), sentence_hash)
    data = load_training_data(
        config.photos, config.drawings, config.preprocess, config.work, config.threads, sentences.encode, progress
    )
    torch.manual_seed(config.seed)
    model = CaptionerModel(encoder, config.model, len(data.vocabulary))
    objective = Objective(data.words)
    start = {name: parameter.detach().clone() for name, parameter in model.encoder.named_parameters()}
    score: dict[str, float] = {}
    for stage in _stages(config, model, data, progress):
        score = run_stage(stage, model, objective, data, config.work, config.seed, say)
    if config.tune_epochs:
        _assert_all_learned(model, start, say)
    trained = checkpoint.Trained(config.model, config.preprocess, data.vocabulary, sentence_hash, score)
    checkpoint.save(model, trained, config.out)
    return config.out


def _stages(
    config: TrainConfig, model: CaptionerModel, data: TrainingData, progress: Callable[[str, int, int], None]
) -> list[Stage]:
    file = config.work / f"regions-{data.name}-{encoder_hash(model.encoder)[:12]}.npy"
    regions = cached_regions(model.encoder, data.pixels, config.preprocess, file, progress)
    stages: list[Stage] = [FrozenStage(regions, config.frozen_epochs)]
    if config.tune_epochs:
        stages.append(TuneStage(data.pixels, config.preprocess, config.tune_epochs))
    return stages


def _progress(say: Callable[[str], None]) -> Callable[[str, int, int], None]:
    """Say how far something is, in about ten lines."""
    tenths: dict[str, int] = {}

    def tell(what: str, done: int, total: int) -> None:
        tenth = done * 10 // total
        if tenth > tenths.get(what, 0):
            tenths[what] = tenth
            say(f"{what}: {done} of {total}")

    return tell


def _assert_all_learned(model: CaptionerModel, start: dict[str, torch.Tensor], tell: Callable[[str], None]) -> None:
    """Refuse a model with an encoder tensor that is still the start weights' own."""
    changes = {
        name: float((parameter.detach() - start[name]).norm() / start[name].norm().clamp_min(1e-12))
        for name, parameter in model.encoder.named_parameters()
    }
    least = min(changes, key=lambda name: changes[name])
    tell(f"every one of {len(changes)} encoder tensors has learned; the least, {least}, by {changes[least]:.2e}")
    if changes[least] <= 1e-5:
        raise RuntimeError(f"{least} is still that of the start weights ({changes[least]:.1e}). Train longer.")
