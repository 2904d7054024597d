"""Training from end to end on a drawn shop: every tensor learns, and a stopped run goes on as if it had not."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from captioning.checkpoint import WEIGHTS_FILE, read_manifest, read_weights
from captioning.config import ModelConfig, PreprocessConfig
from captioning.data.drawings import random_drawing, render
from captioning.encoders import folded_state, start_grid
from captioning.train import TrainConfig, run
from tests.unit.captioning.reference import torchvision_features

ROWS = 40


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty drawn products as a shop would keep them, ten of them for choosing."""
    folder = tmp_path_factory.mktemp("shop")
    with (folder / "products.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["sku", "file", "title", "gender", "kind", "colour", "split"])
        for seed in range(5000, 5000 + ROWS):
            drawing = random_drawing(seed)
            render(drawing, 96).save(folder / f"{seed}.jpg")
            split = "val" if seed % 4 == 0 else "train"
            writer.writerow([seed, f"{seed}.jpg", drawing.title, "Unisex", drawing.kind, drawing.colour, split])
    return folder


@pytest.fixture(scope="module")
def start_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random start weights under torchvision's names, normed so that a signal reaches every layer."""
    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("start") / "start.safetensors"
    save_file({f"features.{name}": value for name, value in torchvision_features().state_dict().items()}, file)
    return file


@pytest.fixture
def config(shop: Path, start_weights: Path, tmp_path: Path) -> TrainConfig:
    small = ModelConfig(embedding_size=16, hidden_size=24, attention_size=16, look_size=12, meaning_size=8)
    return TrainConfig(
        photos=shop,
        start_weights=start_weights,
        out=tmp_path / "out",
        work=tmp_path / "work",
        drawings=6,
        frozen_epochs=2,
        tune_epochs=2,
        threads=1,
        model=small,
        preprocess=PreprocessConfig(size=64),
    )


def weights_hash(folder: Path) -> str:
    return hashlib.sha256((folder / WEIGHTS_FILE).read_bytes()).hexdigest()


@pytest.mark.slow
def test_a_run_that_was_stopped_between_epochs_ends_bitwise_as_one_that_was_not(
    config: TrainConfig, tmp_path: Path
) -> None:
    straight = run(config)

    class Stopped(Exception):
        """What stands for Ctrl-C here."""

    stopped = replace(config, out=tmp_path / "out2", work=tmp_path / "work2")
    for after in ("frozen 2 step", "tune 2 step"):

        def tell(line: str, after: str = after) -> None:
            if line.startswith(after):
                raise Stopped

        with pytest.raises(Stopped):
            run(stopped, tell)
    assert weights_hash(run(stopped)) == weights_hash(straight)


@pytest.mark.slow
def test_the_frozen_stage_leaves_the_encoder_as_it_was_and_tuning_changes_every_tensor(
    config: TrainConfig, tmp_path: Path
) -> None:
    start = {f"encoder.{name}": value for name, value in folded_state(start_grid(config.start_weights)).items()}
    frozen = run(replace(config, tune_epochs=0))
    kept = read_weights(frozen, read_manifest(frozen))
    for name, value in start.items():
        assert torch.equal(torch.from_numpy(kept[name]).float(), value.half().float() if value.dim() > 1 else value)
    tuned = run(replace(config, out=tmp_path / "tuned"))
    learned = load_file(tuned / WEIGHTS_FILE)
    assert not [name for name, value in start.items() if torch.equal(learned[name].float(), value)]
    manifest = read_manifest(tuned)
    assert 0 <= manifest.trained.metrics["score"] <= 1
