"""The encoder, MobileNetV2, in its two forms: one that learns and one that serves; owns no heads and no data.

Layers and their names are those of torchvision's `mobilenet_v2().features`, so that weights trained elsewhere load by
name; torchvision itself would cost each serving process 90 MB and two seconds.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from captioning.errors import TrainingDataMissing

_BLOCKS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion, channels, repeats and first stride: table 2 of Sandler et al. 2018."""
_STEM, _LAST = 32, 1280

Convolve = Callable[[int, int, int, int, int], nn.Module]
"""(channels in, channels out, kernel, stride, groups) → a convolution with whatever norms it."""


class MobileNetGrid(nn.Module):
    """MobileNetV2 without its classifier: 1280 channels, one region for 32 × 32 pixels."""

    region_size = _LAST

    def __init__(self, convolve: Convolve) -> None:
        super().__init__()
        layers: list[nn.Module] = [_activated(convolve, 3, _STEM, kernel=3, stride=2)]
        channels = _STEM
        for expansion, out, repeats, first_stride in _BLOCKS:
            for repeat in range(repeats):
                stride = first_stride if repeat == 0 else 1
                layers.append(InvertedResidual(convolve, channels, out, stride, expansion))
                channels = out
        layers.append(_activated(convolve, channels, _LAST, kernel=1, stride=1))
        self.features = nn.Sequential(*layers)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return regions: (B, R, 1280) of normalised pixels: (B, 3, S, S); R = (S / 32)²."""
        grid: Tensor = self.features(pixels)  # (B, 1280, S/32, S/32)
        return grid.flatten(2).transpose(1, 2)


class InvertedResidual(nn.Module):
    """Widen, convolve each channel by itself, narrow; added to its input where shapes allow (section 3.3)."""

    def __init__(self, convolve: Convolve, channels: int, out: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels * expansion
        widen = [_activated(convolve, channels, wide, kernel=1, stride=1)] if expansion != 1 else []
        each = _activated(convolve, wide, wide, kernel=3, stride=stride, groups=wide)
        self.conv = nn.Sequential(*widen, each, convolve(wide, out, 1, 1, 1))
        self.adds = stride == 1 and channels == out

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, out, S/stride, S/stride) of x: (B, channels, S, S)."""
        narrowed: Tensor = self.conv(x)
        return x + narrowed if self.adds else narrowed


class NormedConvolution(nn.Module):
    """A convolution with the batch norm behind it folded in at every step, so that both learn at the price of one.

    The norm's statistics stand still: small batches of one shop's photos would make them drift. A quarter of an
    encoder's training time goes into separate norms; half of the rest into strided depthwise convolutions, when they
    run in bfloat16 (120 ms backwards against 19 ms in float32), so these leave autocast.
    """

    def __init__(self, channels: int, out: int, kernel: int, stride: int, groups: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, out, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(out)
        self._full_precision = groups > 1 and stride > 1

    def folded(self) -> tuple[Tensor, Tensor]:
        """Return weight and bias of the one convolution that does the work of both."""
        norm = self.norm
        assert norm.running_mean is not None and norm.running_var is not None  # noqa: S101 - for mypy alone
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        return self.convolution.weight * scale[:, None, None, None], norm.bias - norm.running_mean * scale

    def forward(self, x: Tensor) -> Tensor:
        """Convolve and normalise."""
        weight, bias = self.folded()
        convolution, device = self.convolution, x.device.type
        with torch.autocast(device, enabled=torch.is_autocast_enabled(device) and not self._full_precision):
            source = x.float() if self._full_precision else x
            return functional.conv2d(
                source, weight, bias, convolution.stride, convolution.padding, groups=convolution.groups
            )


def learning_grid() -> MobileNetGrid:
    """Return an encoder that learns, with random weights."""
    return MobileNetGrid(NormedConvolution)


def serving_grid() -> MobileNetGrid:
    """Return an encoder that serves, without norms and with random weights, for a checkpoint to fill."""
    return MobileNetGrid(_with_bias)


def start_grid(weights: Path) -> MobileNetGrid:
    """Return an encoder that learns, with ImageNet weights to start from.

    Args:
        weights: safetensors with torchvision's key names.
    Raises:
        TrainingDataMissing: there is no such file.
    """
    from safetensors.torch import load_file

    if not weights.is_file():
        raise TrainingDataMissing(f"There are no start weights at {weights}. Give the path of a MobileNetV2 file.")
    tensors = load_file(weights)
    grid = learning_grid()
    for name, module in grid.named_modules():
        if isinstance(module, NormedConvolution):
            sequence, _, place = name.rpartition(".")
            module.convolution.load_state_dict(_below(tensors, name))
            module.norm.load_state_dict(_below(tensors, f"{sequence}.{int(place) + 1}"))  # torchvision's next in line
    return grid


def folded_state(grid: MobileNetGrid) -> dict[str, Tensor]:
    """Return the tensors of an encoder with every norm folded in, under the names that `serving_grid` takes.

    An encoder that serves already gives its own.
    """
    state = dict(grid.state_dict())
    for name, module in grid.named_modules():
        if isinstance(module, NormedConvolution):
            state = {key: value for key, value in state.items() if not key.startswith(f"{name}.")}
            state[f"{name}.weight"], state[f"{name}.bias"] = (tensor.detach() for tensor in module.folded())
    return state


def _activated(
    convolve: Convolve, channels: int, out: int, *, kernel: int, stride: int, groups: int = 1
) -> nn.Sequential:
    return nn.Sequential(convolve(channels, out, kernel, stride, groups), nn.ReLU6(inplace=True))


def _with_bias(channels: int, out: int, kernel: int, stride: int, groups: int) -> nn.Conv2d:
    return nn.Conv2d(channels, out, kernel, stride, kernel // 2, groups=groups)


def _below(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    prefix = f"{name}."
    return {key.removeprefix(prefix): tensor for key, tensor in tensors.items() if key.startswith(prefix)}
