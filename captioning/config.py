"""The frozen shapes of a model and of its input, saved as JSON beside the weights; owns no weights and no paths."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PreprocessConfig:
    """How any picture becomes the encoder's input; the same in training and in serving.

    A picture is padded to a square with its border's colour, never squashed, then resized to `size`.
    `mean` and `std` are those of the start weights, for RGB in 0..1.
    """

    size: int = 160
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Sizes of the encoder's regions, the decoder and the heads."""

    region_size: int = 1280
    embedding_size: int = 192
    hidden_size: int = 384
    attention_size: int = 192
    dropout: float = 0.3
    look_size: int = 256
    meaning_size: int = 256
    words_size: int = 384


def to_json(config: PreprocessConfig | ModelConfig) -> dict[str, Any]:
    """Return the fields as JSON takes them."""
    return asdict(config)


def preprocess_from_json(fields: dict[str, Any]) -> PreprocessConfig:
    """Read back what `to_json` wrote (JSON has no tuples)."""
    return PreprocessConfig(size=fields["size"], mean=tuple(fields["mean"]), std=tuple(fields["std"]))
