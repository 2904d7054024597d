"""Varies training pictures as shop photos vary: side, place, distance, light and ground; keeps the product's colour."""

import torch
from torch import Tensor
from torch.nn import functional

from captioning.config import PreprocessConfig

_NEAR_WHITE = 247
_GROUND_SHARE = 0.3


def normalised(pixels: Tensor, config: PreprocessConfig) -> Tensor:
    """Return (B, 3, S, S) float32 in channels-last order of pixels: (B, S, S, 3) uint8."""
    mean = torch.tensor(config.mean, device=pixels.device) * 255
    std = torch.tensor(config.std, device=pixels.device) * 255
    return ((pixels.float() - mean) / std).permute(0, 3, 1, 2)  # a permuted view is channels-last already


def augmented(pixels: Tensor, size: int, config: PreprocessConfig, random: torch.Generator) -> Tensor:
    """Return varied, normalised pictures.

    Args:
        pixels: (B, S, S, 3) uint8.
        size: side of what comes out; the encoder takes any multiple of 32.
    Returns:
        (B, 3, size, size) float32, channels-last.
    """
    varied = _light(_ground(pixels.float(), random), random)
    batch = normalised(varied, config)
    grid = functional.affine_grid(_placements(len(pixels), random), [len(pixels), 3, size, size], align_corners=False)
    moved = functional.grid_sample(batch, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return moved.contiguous(memory_format=torch.channels_last)


def _placements(count: int, random: torch.Generator) -> Tensor:
    """Return (count, 2, 3) affine maps: flipped half the time, 0.8 to 1.12 times the distance, moved by up to 6 %."""
    scale = 0.8 + 0.32 * torch.rand(count, generator=random)
    flip = torch.where(torch.rand(count, generator=random) < 0.5, -1.0, 1.0)
    stretch = 0.94 + 0.12 * torch.rand(count, generator=random)
    shift = 0.12 * torch.rand(count, 2, generator=random) - 0.06
    maps = torch.zeros(count, 2, 3)
    maps[:, 0, 0] = scale * flip * stretch
    maps[:, 1, 1] = scale
    maps[:, :, 2] = shift
    return maps


def _light(pixels: Tensor, random: torch.Generator) -> Tensor:
    gain = 0.9 + 0.18 * torch.rand(len(pixels), 1, 1, 1, generator=random)
    return (pixels * gain).clamp_(0, 255)


def _ground(pixels: Tensor, random: torch.Generator) -> Tensor:
    """Replace white grounds by other pale or grey ones in a share of the pictures: sellers' walls are not white."""
    tint = 255 - 70 * torch.rand(len(pixels), 1, 1, 1, generator=random) * torch.ones(3)
    tint = (tint - 18 * torch.rand(len(pixels), 1, 1, 3, generator=random)).clamp_(0, 255)
    chosen = torch.rand(len(pixels), 1, 1, 1, generator=random) < _GROUND_SHARE
    white = pixels.amin(dim=3, keepdim=True) > _NEAR_WHITE
    return torch.where(chosen & white, tint, pixels)
