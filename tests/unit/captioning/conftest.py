"""A checkpoint with random weights, saved once: the real format, nothing learned."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from captioning import checkpoint
from captioning.checkpoint import Trained
from captioning.config import ModelConfig, PreprocessConfig
from captioning.encoders import learning_grid
from captioning.model import CaptionerModel
from captioning.vocabulary import build

CAPTIONS = ["navy blue men's shirt, checked", "black handbag", "red t-shirt, striped", "white women's casual shoes"]
CONFIG = ModelConfig(embedding_size=16, hidden_size=24, attention_size=16, look_size=12, meaning_size=8)
SENTENCE_ENCODER = "0" * 64


def random_model(seed: int) -> CaptionerModel:
    """Return a model that has learned nothing; the same seed gives the same one."""
    torch.manual_seed(seed)
    return CaptionerModel(learning_grid(), CONFIG, len(build(CAPTIONS, 1))).eval()


@pytest.fixture(scope="session")
def random_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a saved random model."""
    folder = tmp_path_factory.mktemp("checkpoint")
    trained = Trained(CONFIG, PreprocessConfig(size=96), build(CAPTIONS, 1), SENTENCE_ENCODER, {"names_kind": 0.5})
    checkpoint.save(random_model(0), trained, folder)
    return folder
