"""Our MobileNetV2 is torchvision's, number by number, whether it learns or serves."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from captioning.encoders import MobileNetGrid, folded_state, serving_grid, start_grid
from captioning.errors import TrainingDataMissing
from tests.unit.captioning.reference import torchvision_features


@pytest.fixture(scope="module")
def reference() -> torch.nn.Sequential:
    torch.manual_seed(0)
    return torchvision_features()


@pytest.fixture(scope="module")
def learning(reference: torch.nn.Sequential, tmp_path_factory: pytest.TempPathFactory) -> MobileNetGrid:
    file = tmp_path_factory.mktemp("start") / "start.safetensors"
    save_file({f"features.{name}": value for name, value in reference.state_dict().items()}, file)
    return start_grid(file)


@pytest.mark.parametrize("size", [64, 96])
def test_it_sees_what_torchvisions_sees(reference: torch.nn.Sequential, learning: MobileNetGrid, size: int) -> None:
    pixels = torch.randn(2, 3, size, size)
    with torch.inference_mode():
        expected = reference(pixels).flatten(2).transpose(1, 2)
        seen = learning(pixels)
    assert seen.shape == (2, (size // 32) ** 2, 1280)
    assert expected.abs().max() > 0.1
    assert torch.allclose(seen, expected, atol=2e-3)  # random layers amplify the last digits; values reach 6


def test_serving_it_with_the_norms_folded_in_changes_nothing(learning: MobileNetGrid) -> None:
    serving = serving_grid()
    serving.load_state_dict(folded_state(learning), strict=True)
    pixels = torch.randn(2, 3, 96, 96)
    with torch.inference_mode():
        assert torch.allclose(learning(pixels), serving(pixels), atol=1e-5)
    assert folded_state(serving).keys() == serving.state_dict().keys()


def test_training_mode_leaves_the_norms_statistics_alone(learning: MobileNetGrid) -> None:
    before = {name: tensor.clone() for name, tensor in learning.named_buffers()}
    learning.train()
    learning(torch.randn(4, 3, 64, 64)).sum().backward()
    learning.zero_grad()
    assert before
    assert all(torch.equal(tensor, before[name]) for name, tensor in learning.named_buffers())


def test_every_tensor_of_it_can_learn(learning: MobileNetGrid) -> None:
    learning(torch.randn(2, 3, 64, 64)).square().mean().backward()
    for name, parameter in learning.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().max() > 1e-8, name
    learning.zero_grad()


def test_start_weights_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataMissing, match="no start weights"):
        start_grid(tmp_path / "nowhere.safetensors")
