"""torchvision's MobileNetV2, the reference whose layers, names and numbers ours must keep."""

from __future__ import annotations

import torch

from captioning.torchvision_cpu import ensure_torchvision


def torchvision_features() -> torch.nn.Sequential:
    """Return its convolutional part, with random weights whose norms let a signal through every layer."""
    ensure_torchvision()
    from torchvision.models import mobilenet_v2  # noqa: TID251 - the reference itself

    layers: torch.nn.Sequential = mobilenet_v2(weights=None).features
    for module in layers.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        layers(torch.randn(32, 3, 64, 64))
    return layers.eval()
