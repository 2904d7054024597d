"""Exports the sentence encoder to ONNX, once; the only place where it runs in torch."""

import sys
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from captioning.torchvision_cpu import sentence_transformer

_OPSET = 17


class _PooledEncoder(nn.Module):
    """The transformer with mean pooling and normalising behind it (Reimers and Gurevych 2019, section 3)."""

    def __init__(self, transformer: nn.Module) -> None:
        super().__init__()
        self.transformer = transformer

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return unit vectors: (B, 384) of word pieces: (B, T) int64, padded on the right."""
        hidden = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state  # (B, T, 384)
        mask = attention_mask.unsqueeze(2).to(hidden.dtype)
        mean = (hidden * mask).sum(1) / mask.sum(1).clamp_min(1e-9)
        return functional.normalize(mean, dim=1)


def export_sentence_encoder(source: Path, target: Path) -> None:
    """Write the ONNX file of the sentence encoder kept in `source`; float32, any batch, any length."""
    pooled = _PooledEncoder(sentence_transformer(source)[0].auto_model).eval()
    ids = torch.ones((2, 8), dtype=torch.int64)
    axes = {0: "batch", 1: "length"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter is deprecated, but needs no further package
        torch.onnx.export(
            pooled,
            (ids, torch.ones_like(ids)),
            str(target),
            input_names=["input_ids", "attention_mask"],
            output_names=["words"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "words": {0: "batch"}},
            opset_version=_OPSET,
            dynamo=False,
        )


if __name__ == "__main__":
    export_sentence_encoder(Path(sys.argv[1]), Path(sys.argv[2]))
