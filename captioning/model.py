"""The whole network: one encoder, the decoder and both heads over its regions; owns no weights' files."""

from torch import Tensor, nn

from captioning.config import ModelConfig
from captioning.decoders.attend import AttendDecoder
from captioning.encoders import MobileNetGrid
from captioning.heads import LookHead, MeaningHead


class CaptionerModel(nn.Module):
    """One pass of `encoder` gives the regions that everything else reads."""

    def __init__(self, encoder: MobileNetGrid, config: ModelConfig, vocabulary_size: int) -> None:
        super().__init__()
        self.config = config
        self.encoder = encoder
        self.decoder = AttendDecoder(config, vocabulary_size)
        self.look = LookHead(config)
        self.meaning = MeaningHead(config)

    def regions(self, pixels: Tensor) -> Tensor:
        """Return regions: (B, R, D) float32 of normalised pixels: (B, 3, S, S)."""
        seen: Tensor = self.encoder(pixels)
        return seen.float()
